/** Run by `chunks.test.ts`: how much room V8 gives to the young before and after many collections that each have survivors. */
import { getHeapSpaceStatistics } from 'node:v8';
import { collectYoung } from '../../host/core/collector.js';

const room = (): number =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0;
const make = () => Array.from({ length: 2000 }, (_, index) => ({ index }));

collectYoung();
const before = room();
let kept = make();
for (let round = 0; round < 500; round++) {
  collectYoung();
  kept = kept.concat(make()).slice(-2000);
}
process.stdout.write(JSON.stringify({ before, after: room(), kept: kept.length }));
