/**
 * One subject before a growing crowd, in a process of its own, so that its memory is that of nobody else:
 *
 *   node --expose-gc subject.mjs whole|core LIMIT   does what lines on stdin say, and answers each with a line of JSON
 *
 *   grow N     opens connections until there are so many: what one cost
 *   visit N M  so many echoes, M at a time, each connection once before any comes again, in an order that nobody can foresee:
 *              what one cost
 *   weigh      memory for each connection beyond those that there were at the first call, when all of them are idle
 *   close      closes all; opens and closes all of them again: memory after each
 */
import { createInterface } from 'node:readline';
import * as product from '../../../dist/host/index.js';
import { decodePacket } from '../../../dist/host/packet/packet.js';
import { coreAlone } from './core.mjs';
import { Costs, close, echo, open, shuffled } from './drive.mjs';
import { wholeProduct } from './whole.mjs';

/** Milliseconds after which a connection counts as idle, delays and timers included. */
const IDLE = 2000;

const [which, limit] = process.argv.slice(2);
const most = Number(limit);
const subject = await (which === 'core' ? coreAlone(most) : wholeProduct(most, { ...product, decodePacket }));
const { crowd } = subject;
const numbers = shuffled(0, most).sort();
let have = 0;
let order = shuffled(0, 0);
let visited = 0;
let laps = 0;
let before;

const answers = { grow, visit, weigh, close: closeTwice };
for await (const line of createInterface({ input: process.stdin })) {
  const [what, ...amounts] = line.split(' ');
  console.log(JSON.stringify(await answers[what](...amounts.map(Number))));
}
subject.end();

async function grow(count) {
  const opening = new Costs();
  crowd.watches = true;
  crowd.longestPause = 0;
  await open(subject, numbers.subarray(have, count), opening);
  crowd.watches = false;
  have = count;
  order = shuffled(0, 0);
  visited = 0;
  await quiet();
  return { opening: opening.each, pause: crowd.longestPause };
}

async function visit(times, atATime) {
  const costs = { echo: new Costs(), acknowledgment: new Costs(), expiry: new Costs() };
  for (let left = times; left > 0; ) {
    if (visited === order.length) {
      order = shuffled(0, have, ++laps);
      visited = 0;
    }
    const next = order.subarray(visited, visited + left);
    await echo(subject, next, costs, atATime);
    visited += next.length;
    left -= next.length;
  }
  return { echo: costs.echo.each, acknowledgment: costs.acknowledgment.each, expiry: costs.expiry.each };
}

async function weigh() {
  await quiet();
  const now = memory();
  before ??= { ...now, have };
  const each = (what) => (now[what] - before[what]) / Math.max(have - before.have, 1);
  return { linear: each('linear'), rss: each('rss'), heap: each('heap'), ...(await subject.more?.()) };
}

async function closeTwice() {
  await close(subject, shuffled(0, have));
  await quiet();
  const first = memory();
  await open(subject, numbers.subarray(0, have));
  await close(subject, shuffled(0, have));
  await quiet();
  return { first, second: memory(), left: subject.left(), judged: crowd.judged };
}

/** Every timer has run out, and there is no garbage. */
async function quiet() {
  await subject.pass(IDLE);
  globalThis.gc();
  globalThis.gc();
}

function memory() {
  const { rss, heapUsed } = process.memoryUsage();
  return { linear: crowd.linear, rss, heap: heapUsed };
}
