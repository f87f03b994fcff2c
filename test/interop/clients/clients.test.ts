/**
 * Packages that others wrote, over `vitrine/net` and `vitrine/tls`, with real servers and clients on the other side of a TUN
 * device: the table of `rows/`. In full where nothing is lost, and less where each packet may be, unless `npm run soak`
 * asks for all.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Weather } from '../../../host/device/weather.js';
import { namespaceMissing } from '../../kit/namespace.js';
import { programMissing } from '../../kit/programs.js';
import { result } from '../../kit/result.js';
import { SOAKING } from '../../kit/soak.js';
import { FULL, LIGHT, LOSS } from './lab.js';
import { postgresMissing } from './programs.js';
import { ROWS } from './rows/all.js';

const missing = namespaceMissing() ?? programMissing('nginx', 'redis-server', 'wrk', 'curl') ?? postgresMissing();
const SCRIPT = new URL('./script.ts', import.meta.url);
const PATIENCE = SOAKING ? 1_800_000 : 300_000;

const RUNS = [
  { where: 'a TUN device', mode: 'clear', volume: FULL },
  { where: 'a TUN device that loses 2 % each way', mode: 'loss', volume: SOAKING ? FULL : LIGHT },
];

for (const { where, mode, volume } of RUNS) {
  describe.skipIf(missing)(`clients over ${where}${missing === undefined ? '' : ` (${missing})`}`, () => {
    let told: Told;

    beforeAll(async () => {
      const amount = volume === FULL ? 'full' : 'light';
      told = (await result(SCRIPT, [mode, amount], { timeout: PATIENCE })) as Told;
    }, PATIENCE);

    for (const { name, expected } of ROWS) {
      test(name, () => {
        expect(told.results[name]).toEqual(expected(volume));
      });
    }

    if (mode !== 'loss') return;

    test('2 % of many packets were lost each way', () => {
      for (const way of ['in', 'out'] as const) {
        const { packets, lost } = told.weather[way];
        expect(packets).toBeGreaterThan(10_000);
        expect(lost / packets).toBeCloseTo(LOSS, 2);
      }
    });
  });
}

interface Told {
  readonly results: Record<string, unknown>;
  readonly weather: Weather['counts'];
}
