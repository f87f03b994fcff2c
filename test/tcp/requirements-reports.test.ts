/** Trouble that ends nothing, as the user hears of it (RFC 9293 §3.8.3, §3.9.1.8). Not for: which ICMP errors count (`icmp.test.ts`). */
import { describe, expect, test } from 'vitest';
import { ERROR_HOST_UNREACHABLE, ERROR_TIMED_OUT, OPTION_SOFT_ERRORS } from '../../assembly/abi/constants.js';
import { HOST_UNREACHABLE, icmpError } from '../kit/icmp.js';
import { accepted, type Timeline, timeline } from '../kit/timeline.js';

/** A connection whose user wants to hear of soft errors, ten bytes under way. */
async function reporting(): Promise<Timeline> {
  const t = await accepted();
  expect(t.option(OPTION_SOFT_ERRORS, 1)).toBe(0);
  t.send(10);
  t.take();
  return t;
}

function softError(t: Timeline): number {
  return t.driver.calls.tcpSoftError(t.handle);
}

/** Lets time pass until ten bytes have gone out so many times more. */
function retransmit(t: Timeline, times: number): void {
  for (let sent = 0; sent < times; ) {
    t.driver.advance(10);
    sent += t.take().length;
  }
}

describe('a user who wants to hear of soft errors', () => {
  test('hears at once what routers say (MUST-47)', async () => {
    const t = await reporting();
    t.injectRaw(icmpError(t, { ...HOST_UNREACHABLE, seq: 1 }));
    expect([t.events(), softError(t), t.state]).toEqual([['soft error'], ERROR_HOST_UNREACHABLE, 'Established']);
    t.injectRaw(icmpError(t, { ...HOST_UNREACHABLE, seq: 1 }));
    expect(t.events(), 'each time').toEqual(['soft error']);
  });

  test('hears of the third retransmission in a row, well before the connection ends (MUST-47, SHLD-9, SHLD-10)', async () => {
    const t = await reporting();
    retransmit(t, 2);
    expect(t.events()).toEqual([]);
    retransmit(t, 1);
    expect([t.events(), softError(t), t.state]).toEqual([['soft error'], ERROR_TIMED_OUT, 'Established']);
    retransmit(t, 3);
    expect(t.events(), 'once').toEqual([]);
    t.inject({ ack: 11 });
    expect(softError(t), 'it is over').toBe(0);
    t.send(10);
    t.take();
    retransmit(t, 3);
    expect(t.events(), 'another segment').toEqual(['soft error']);
  });

  test('hears then what routers have said, if they have', async () => {
    const t = await reporting();
    t.injectRaw(icmpError(t, { ...HOST_UNREACHABLE, seq: 1 }));
    t.events();
    retransmit(t, 3);
    expect([t.events(), softError(t)]).toEqual([['soft error'], ERROR_HOST_UNREACHABLE]);
  });

  test('hears of a SYN that goes unanswered, too (MUST-22)', async () => {
    const t = await timeline();
    t.connect();
    t.option(OPTION_SOFT_ERRORS, 1);
    t.take();
    t.driver.advance(8000);
    t.take();
    expect([t.events(), softError(t), t.state]).toEqual([['soft error'], ERROR_TIMED_OUT, 'SynSent']);
  });

  test('can stop listening (SHLD-20)', async () => {
    const t = await reporting();
    t.option(OPTION_SOFT_ERRORS, 0);
    t.injectRaw(icmpError(t, { ...HOST_UNREACHABLE, seq: 1 }));
    retransmit(t, 3);
    expect(t.events()).toEqual([]);
  });
});

test('a user who does not ask hears nothing (SHLD-20)', async () => {
  const t = await accepted();
  t.send(10);
  t.take();
  t.injectRaw(icmpError(t, { ...HOST_UNREACHABLE, seq: 1 }));
  retransmit(t, 3);
  expect(t.events()).toEqual([]);
});
