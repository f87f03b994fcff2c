/**
 * One subject before a growing crowd, in a process of its own, so that its memory is that of nobody else:
 *
 *   node --expose-gc subject.mjs whole|core 100,1000,…   prints a line of JSON for each number of connections, and one for the end
 *
 * The first number is where it warms up. With every number all connections are visited, in an order that nobody can foresee.
 */
import * as product from '../../../dist/host/index.js';
import { decodePacket } from '../../../dist/host/packet/packet.js';
import { coreAlone } from './core.mjs';
import { Costs, close, echo, open, shuffled } from './drive.mjs';
import { wholeProduct } from './whole.mjs';

/** Echoes before anything is measured, and for each number at the least. */
const WARM_UP = 60_000;
const VISITS = 40_000;
/** Milliseconds after which a connection counts as idle, delays and timers included. */
const IDLE = 2000;

const [which, list] = process.argv.slice(2);
const counts = list.split(',').map(Number);
const most = counts.at(-1);
const subject = await (which === 'core' ? coreAlone(most) : wholeProduct(most, { ...product, decodePacket }));
const { crowd } = subject;

const numbers = shuffled(0, most).sort();
await open(subject, numbers.subarray(0, counts[0]));
for (let round = 0; round < WARM_UP / counts[0]; round++) await echo(subject, shuffled(0, counts[0], round));
await quiet();
const before = memory();
let have = counts[0];
for (const count of counts) {
  const opening = new Costs();
  const pause = await longestPause(() => open(subject, numbers.subarray(have, count), opening));
  have = Math.max(have, count);
  await quiet();
  const costs = { echo: new Costs(), acknowledgment: new Costs(), expiry: new Costs() };
  for (let round = 0, visits = 0; visits < VISITS; round++, visits += count) {
    await echo(subject, shuffled(0, count, round), costs);
  }
  say({
    count,
    opening: opening.each,
    echo: costs.echo.each,
    acknowledgment: costs.acknowledgment.each,
    expiry: costs.expiry.each,
    pause,
    ...(await perConnection(count)),
    ...(await subject.more?.()),
  });
}
const closing = new Costs();
await close(subject, shuffled(0, most), closing);
const first = await closed();
await open(subject, numbers);
await close(subject, shuffled(0, most));
say({ closing: closing.each, first, second: await closed(), left: subject.left(), judged: crowd.judged });
subject.end();

/** Every timer has run out, and there is no garbage. */
async function quiet() {
  await subject.pass(IDLE);
  globalThis.gc();
  globalThis.gc();
}

async function longestPause(task) {
  crowd.watches = true;
  crowd.longestPause = 0;
  await task();
  crowd.watches = false;
  return crowd.longestPause;
}

async function perConnection(count) {
  await quiet();
  const now = memory();
  const each = (what) => (now[what] - before[what]) / Math.max(count - counts[0], 1);
  return { linear: each('linear'), rss: each('rss'), heap: each('heap') };
}

async function closed() {
  await subject.pass(IDLE);
  await quiet();
  return memory();
}

function memory() {
  const { rss, heapUsed } = process.memoryUsage();
  return { linear: crowd.linear, rss, heap: heapUsed };
}

function say(result) {
  console.log(JSON.stringify(result));
}
