/** Very many connections in one stack, before the crowd of the bench (`../bench/million/`), which judges every answer. */

import { expect, test } from 'vitest';
import { manualClock } from '../../host/core/clock.js';
import { decodePacket } from '../../host/packet/packet.js';
import { createStack } from '../../host/stack/stack.js';
import { close, echo, open, shuffled } from '../bench/million/drive.mjs';
import { wholeProduct } from '../bench/million/whole.mjs';

const COUNT = 100_000;

test('100,000 idle connections cause no work, take little memory, and each still answers', async () => {
  const subject = await wholeProduct(COUNT, { createStack, manualClock, decodePacket });
  const { crowd, stack } = subject;
  const before = crowd.linear;
  await open(subject, shuffled(0, COUNT));
  await subject.pass(2000);
  expect(stack.counters()).toMatchObject({ connections: COUNT, halfOpen: 0, bufferBytes: 0, cookiesSent: 0 });
  subject.more(); // as many sockets; and no deadline
  expect((crowd.linear - before) / COUNT).toBeLessThan(396);
  await echo(subject, shuffled(0, COUNT));
  await subject.pass(2000);
  expect(stack.counters()).toMatchObject({ connections: COUNT, segmentsRetransmitted: 0, bufferBytes: 0 });
  await close(subject, shuffled(0, COUNT));
  expect(subject.left()).toBe(0);
  expect(crowd.judged).toBe(3 * COUNT);
  subject.end();
});
