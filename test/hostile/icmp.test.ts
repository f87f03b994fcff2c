/** ICMP errors that a hostile or broken host may send, in every state: no trap, no leak, no connection lost that is open. */
import { describe, expect, test } from 'vitest';
import { COUNTER_PACKETS_BAD } from '../../assembly/abi/constants.js';
import { SeededRandom } from '../../host/device/random.js';
import { icmpError, PARAMETER_PROBLEM, TIME_EXCEEDED, tooBig, UNREACHABLE } from '../kit/icmp.js';
import { internetChecksum } from '../kit/packet.js';
import type { Timeline } from '../kit/timeline.js';
import { STATES, Target } from './states.js';

/** Errors that are right for the connection, as far as anything of it is in flight. */
function errors(t: Timeline): Uint8Array[] {
  return [0, 1].flatMap((seq) => [
    tooBig(t, 600, seq, 1500),
    icmpError(t, { type: UNREACHABLE, code: 3, seq, options: 8 }),
    icmpError(t, { type: TIME_EXCEEDED, seq, quoted: 60 }),
    icmpError(t, { type: PARAMETER_PROBLEM, seq }),
  ]);
}

/** Writes the ICMP checksum that the bytes should have. */
function resum(bytes: Uint8Array): Uint8Array {
  bytes.set([0, 0], 22);
  const sum = internetChecksum(bytes.subarray(20));
  bytes.set([sum >> 8, sum & 255], 22);
  return bytes;
}

describe.each(STATES)('in %s', (state) => {
  test('every error with one flipped bit is dropped, and nothing else happens', async () => {
    const target = await Target.create(false);
    const { driver } = target;
    const t = target.reach(state);
    const before = [t.state, driver.connections, driver.bufferBytes, driver.deadline];
    const start = driver.calls.counter(COUNTER_PACKETS_BAD);
    let spoilt = 0;
    for (const packet of errors(t)) {
      for (let bit = 0; bit < packet.length * 8; bit++) {
        const bytes = packet.slice();
        bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
        t.injectRaw(bytes);
        spoilt++;
      }
    }
    t.expectNothing();
    expect(driver.happened()).toEqual([]);
    expect([t.state, driver.connections, driver.bufferBytes, driver.deadline]).toEqual(before);
    expect(driver.calls.counter(COUNTER_PACKETS_BAD) - start).toBe(spoilt);
  });

  test('the same with a checksum that fits harms nobody', async () => {
    const target = await Target.create(true);
    for (let which = 0; which < errors(target.reach('Listen')).length; which++) {
      const size = (errors(target.reach('Listen'))[which] as Uint8Array).length;
      for (let bit = 20 * 8; bit < size * 8; bit += 3) {
        const bytes = (errors(target.reach(state))[which] as Uint8Array).slice();
        bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
        target.driver.input([resum(bytes)]);
        target.settle();
      }
    }
    target.expectClean();
  });
});

test('errors of any content do not lower the size of segments below 512, nor end an open connection', async () => {
  const target = await Target.create(false);
  const t = target.reach('Established');
  const random = new SeededRandom(5);
  for (let round = 0; round < 5000; round++) {
    const [type] = [[3, 4, 5, 11, 12][Math.floor(random.fraction() * 5)] as number];
    const seq = random.fraction() < 0.7 ? Math.floor(random.fraction() * 102) : Math.floor(random.fraction() * 2 ** 32);
    const [code, mtu, size] = [16, 1600, 1600].map((most) => Math.floor(random.fraction() * most)) as [
      number,
      number,
      number,
    ];
    target.driver.input([icmpError(t, { type, code, mtu, seq, size })]);
    target.driver.output();
    target.driver.emitted.length = 0;
  }
  expect(t.state).toBe('Established');
  t.inject({ seq: 101, ack: 101 });
  target.driver.emitted.length = 0;
  target.driver.core.send(t.handle, new Uint8Array(2000));
  target.driver.output();
  expect(target.driver.emitted[0]?.bytes.length).toBe(552);
});
