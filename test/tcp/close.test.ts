/** How connections end: every state of RFC 9293 §3.3.2 figure 5 on the way to CLOSED. */

import { describe, expect, test } from 'vitest';
import {
  ERROR_CONNECTION_ABORTED,
  ERROR_PIPE,
  ERROR_STALE_HANDLE,
  OPTION_DISCARD,
  OPTION_PAUSED,
} from '../../assembly/abi/constants.js';
import { enter } from '../kit/enter.js';
import { PEER } from '../kit/family.js';
import { accepted, type Timeline, timeline } from '../kit/timeline.js';

const TWO_MSL = 60_000;

describe('an orderly close', () => {
  test('by us: FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT, CLOSED (RFC 9293 §3.6, figure 12)', async () => {
    const t = await accepted();
    t.shutdown();
    t.expect({ flags: 'FA', seq: 1, ack: 1 });
    expect(t.state).toBe('FinWait1');
    t.inject({ seq: 1, ack: 2 });
    expect(t.state).toBe('FinWait2');
    t.inject({ flags: 'FA', seq: 1, ack: 2 });
    t.expect({ seq: 2, ack: 2 });
    expect(t.state).toBe('TimeWait');
    expect(t.events()).toEqual(['end', 'closed']);
    t.release();
    t.pass(TWO_MSL - 1);
    expect(t.driver.connections).toBe(1);
    t.pass(2);
    t.expectGone();
  });

  test('by the peer: CLOSE-WAIT, LAST-ACK, CLOSED (§3.6, figure 12)', async () => {
    const t = await accepted();
    t.inject({ flags: 'FA', seq: 1 });
    t.expect({ ack: 2 });
    expect(t.state).toBe('CloseWait');
    t.shutdown();
    t.expect({ flags: 'FA', seq: 1, ack: 2 });
    expect(t.state).toBe('LastAck');
    t.inject({ seq: 2, ack: 2 });
    expect(t.state).toBe('Closed');
    expect(t.events()).toEqual(['end', 'closed']);
    expect(t.error).toBe(0);
    t.expectGone();
  });

  test('by both at once: CLOSING, TIME-WAIT (§3.6, figure 13)', async () => {
    const t = await accepted();
    t.shutdown();
    t.expect({ flags: 'FA', seq: 1 });
    t.inject({ flags: 'FA', seq: 1, ack: 1 });
    t.expect({ seq: 2, ack: 2 });
    expect(t.state).toBe('Closing');
    t.inject({ seq: 2, ack: 2 });
    expect(t.state).toBe('TimeWait');
    t.release();
    t.pass(TWO_MSL + 1);
    t.expectGone();
  });

  test('by both, the FIN carrying the ACK of ours: straight to TIME-WAIT (§3.6.1, figure 5 note)', async () => {
    const t = await accepted();
    t.shutdown();
    t.expect({ flags: 'FA', seq: 1 });
    t.inject({ flags: 'FA', seq: 1, ack: 2 });
    t.expect({ seq: 2, ack: 2 });
    expect(t.state).toBe('TimeWait');
  });

  test('with data queued sends all of it, then the FIN (§3.10.4)', async () => {
    const t = await accepted({ win: 2000 });
    t.send(2500);
    t.shutdown();
    t.expect({ seq: 1, data: 1000 });
    t.expect({ seq: 1001, data: 1000 });
    t.inject({ ack: 2001 });
    expect(t.take().map(({ flags, seq, data }) => [flags, seq, data.length])).toEqual([['FPA', 2001, 500]]);
    t.inject({ ack: 2502 });
    expect(t.state).toBe('FinWait2');
  });

  test('waits for the window before its FIN goes (§3.10.4: the FIN stands behind the text)', async () => {
    const t = await accepted({ win: 1000 });
    t.send(2000);
    t.shutdown();
    t.expect({ seq: 1, data: 1000 });
    t.inject({ ack: 1001 });
    t.expect({ flags: 'PA', seq: 1001, data: 1000 });
    t.inject({ ack: 2001 });
    t.expect({ flags: 'FA', seq: 2001 });
  });

  test('whose FIN is lost sends it again (RFC 6298 §5.4)', async () => {
    const t = await accepted();
    t.shutdown();
    t.expect({ flags: 'FA', seq: 1 });
    t.pass(250);
    t.expect({ flags: 'FA', seq: 1 });
    t.inject({ ack: 2 });
    expect(t.state).toBe('FinWait2');
  });

  test('leaves nothing to send with: SEND answers an error (§3.10.2)', async () => {
    const t = await accepted();
    t.shutdown();
    t.expect({ flags: 'FA', seq: 1 });
    expect(t.send('x')).toBe(ERROR_PIPE);
  });

  test('called twice sends one FIN', async () => {
    const t = await accepted();
    t.shutdown();
    t.expect({ flags: 'FA', seq: 1 });
    t.shutdown();
    t.expectNothing();
  });
});

describe('a half close', () => {
  test('of ours still takes text in FIN-WAIT-1 and FIN-WAIT-2 (§3.6, §3.10.7.4)', async () => {
    const t = await accepted();
    t.shutdown();
    t.expect({ flags: 'FA', seq: 1 });
    t.inject({ seq: 1, ack: 1, data: 10 });
    expect(t.receive()).toBe(10);
    t.inject({ seq: 11, ack: 2, data: 10 });
    expect(t.state).toBe('FinWait2');
    expect(t.receive()).toBe(10);
    t.pass(600_000);
    expect(t.take().length, 'delayed ACKs').toBeGreaterThan(0);
    expect(t.state, 'a held connection waits for its peer for ever').toBe('FinWait2');
    t.inject({ flags: 'FA', seq: 21, ack: 2 });
    t.expect({ seq: 2, ack: 22 });
  });

  test('of the peer still sends text in CLOSE-WAIT (§3.6)', async () => {
    const t = await accepted();
    t.inject({ flags: 'FA', seq: 1 });
    t.expect({ ack: 2 });
    expect(t.send(1000)).toBe(1000);
    t.expect({ flags: 'PA', seq: 1, ack: 2, data: 1000 });
    t.inject({ seq: 2, ack: 1001 });
    t.shutdown();
    t.expect({ flags: 'FA', seq: 1001, ack: 2 });
  });
});

describe('TIME-WAIT', () => {
  async function timeWait(): Promise<Timeline> {
    const t = await accepted();
    t.shutdown();
    t.expect({ flags: 'FA', seq: 1 });
    t.inject({ flags: 'FA', seq: 1, ack: 2 });
    t.expect({ seq: 2, ack: 2 });
    t.events();
    t.release();
    return t;
  }

  test('acknowledges the FIN again and starts its wait anew (§3.10.7.4, eighth)', async () => {
    const t = await timeWait();
    t.pass(50_000);
    t.inject({ flags: 'FA', seq: 1, ack: 2 });
    t.expect({ seq: 2, ack: 2 });
    t.pass(TWO_MSL - 1);
    expect(t.driver.connections).toBe(1);
    t.pass(2);
    t.expectGone();
  });

  test('is not ended by a RST (RFC 1337)', async () => {
    const t = await timeWait();
    t.inject({ flags: 'R', seq: 2 });
    t.expectNothing();
    expect(t.driver.connections).toBe(1);
  });

  test('answers old text with an ACK (§3.10.7.4, first)', async () => {
    const t = await timeWait();
    t.inject({ seq: 1, ack: 2, data: 1 });
    t.expect({ seq: 2, ack: 2 });
    t.inject({ seq: 2, ack: 2 });
    t.expectNothing();
  });

  test('gives way to a new SYN above the old numbers (§3.6.1 MAY-2)', async () => {
    const t = await timeWait();
    t.listen();
    const old = t.iss;
    t.pass(100);
    t.inject({ flags: 'S', seq: 3 });
    t.expect({ flags: 'SA', seq: 0, ack: 4 });
    expect((t.iss - old) | 0, 'the new ISN lies above all old numbers').toBeGreaterThan(2);
  });

  test('does not give way to an old SYN (§3.6.1 MAY-2)', async () => {
    const t = await timeWait();
    t.listen();
    t.inject({ flags: 'S', seq: 1 });
    t.expect({ seq: 2, ack: 2 });
    t.inject({ flags: 'S', seq: -1000 });
    t.expect({ seq: 2, ack: 2 });
  });

  test('keeps its ends from being used by a new active open', async () => {
    const t = await timeline();
    t.connect(80, 50_000);
    t.expect({ flags: 'S', seq: 0 });
    t.inject({ flags: 'SA', seq: 0 });
    t.expect({});
    t.shutdown();
    t.expect({ flags: 'FA' });
    t.inject({ flags: 'FA', seq: 1, ack: 2 });
    t.expect({ seq: 2, ack: 2 });
    t.driver.putAddresses(PEER);
    expect(t.driver.calls.tcpConnect(80, 50_000)).toBe(-98);
  });
});

describe('a RST', () => {
  test.each(['FinWait1', 'FinWait2', 'CloseWait'])('in %s resets the connection (§3.10.7.4, second)', async (state) => {
    const t = await inState(state);
    t.inject({ flags: 'R', seq: state === 'CloseWait' ? 2 : 1 });
    expect(t.error).toBe(-104);
    t.expectGone();
  });

  test.each(['Closing', 'LastAck'])('in %s ends it without an error (§3.10.7.4, second)', async (state) => {
    const t = await inState(state);
    t.inject({ flags: 'R', seq: 2 });
    expect(t.state).toBe('Closed');
    expect(t.error).toBe(0);
    t.expectGone();
  });
});

describe('ABORT', () => {
  test.each(['Established', 'FinWait1', 'FinWait2', 'CloseWait'])(
    'in %s sends a RST at SND.NXT (§3.10.5)',
    async (state) => {
      const t = await inState(state);
      const finSent = state.startsWith('FinWait');
      t.abort();
      t.expect({ flags: 'RA', seq: finSent ? 2 : 1, ack: state === 'CloseWait' ? 2 : 1 });
      expect(t.error).toBe(ERROR_CONNECTION_ABORTED);
      t.expectGone();
    },
  );

  test('in TIME-WAIT sends nothing (§3.10.5)', async () => {
    const t = await inState('TimeWait');
    t.abort();
    t.expectGone();
  });

  test('throws away what is queued', async () => {
    const t = await accepted({ win: 0 });
    t.send(10_000);
    t.abort();
    t.expect({ flags: 'RA', seq: 1 });
    t.expectGone();
  });

  test('in CLOSING with text that was never sent tells the peer (§3.10.5: it would wait for ever)', async () => {
    const t = await accepted({ win: 0 });
    t.send(1000);
    t.shutdown();
    t.inject({ flags: 'FA', seq: 1 });
    t.expect({ ack: 2 });
    expect(t.state).toBe('Closing');
    t.abort();
    t.expect({ flags: 'RA', seq: 1, ack: 2 });
    t.expectGone();
  });
});

describe('a connection that its user let go', () => {
  test('delivers what was sent and closes', async () => {
    const t = await accepted();
    t.send(1500);
    t.release();
    t.expect({ seq: 1, data: 1000 });
    t.expect({ flags: 'PA', seq: 1001, data: 500 });
    t.expect({ flags: 'FA', seq: 1501 });
    t.inject({ ack: 1502 });
    t.inject({ flags: 'FA', seq: 1, ack: 1502 });
    t.expect({ seq: 1502, ack: 2 });
    t.pass(TWO_MSL + 1);
    t.expectGone();
  });

  test('answers text that still comes with a RST (§3.6.1, RFC 2525 §2.17)', async () => {
    const t = await accepted();
    t.release();
    t.expect({ flags: 'FA', seq: 1 });
    t.inject({ seq: 1, ack: 2, data: 10 });
    t.expect({ flags: 'R', seq: 2 });
    t.expectGone();
  });

  test('resets where its peer stands, though its FIN is on its way (RFC 5961 §3.2: elsewhere it would not count)', async () => {
    const t = await accepted();
    t.release();
    t.expect({ flags: 'FA', seq: 1 });
    t.inject({ seq: 1, ack: 1, data: 10 });
    t.expect({ flags: 'R', seq: 1 });
    t.expectGone();
  });

  test('with bytes unread is reset at once (RFC 2525 §2.17)', async () => {
    const t = await accepted();
    t.inject({ seq: 1, data: 10 });
    t.release();
    t.expect({ flags: 'RA', seq: 1, ack: 11 });
    t.expectGone();
  });

  test('does not wait for ever for a peer that never closes', async () => {
    const t = await accepted();
    t.release();
    t.expect({ flags: 'FA', seq: 1 });
    t.inject({ ack: 2 });
    t.driver.advance(120_000);
    t.expectGone();
  });

  test('ends when the peer never acknowledges its FIN', async () => {
    const t = await accepted();
    t.release();
    t.driver.advance(3_600_000);
    t.take();
    t.expectGone();
  });

  test('ends when the peer keeps its window shut for ever', async () => {
    const t = await accepted({ win: 0 });
    t.send(10);
    t.release();
    for (let minute = 0; minute < 200 && t.driver.connections > 0; minute++) {
      t.driver.advance(60_000);
      if (t.take().length > 0) t.driver.input([t.build({ win: 0 })]);
      t.driver.output();
      t.take();
    }
    t.expectGone();
  });

  test('leaves a handle that names nothing', async () => {
    const t = await accepted();
    t.abort();
    t.expect({ flags: 'RA' });
    t.release();
    expect(t.driver.happened()).toEqual([]);
    expect(t.driver.calls.tcpState(t.handle)).toBe(ERROR_STALE_HANDLE);
    expect(t.send('x')).toBe(ERROR_STALE_HANDLE);
    expect(t.shutdown()).toBe(ERROR_STALE_HANDLE);
  });

  test('is not named by the ready list any more', async () => {
    const t = await accepted();
    t.driver.calls.tcpSetTimeout(t.handle, 5);
    t.pass(10);
    t.driver.calls.tcpRelease(t.handle);
    t.driver.output();
    t.expect({ flags: 'FA' });
    expect(t.driver.happened()).toEqual([]);
  });
});

describe('the events of the end', () => {
  test('wait behind unread bytes while the user is paused, also behind those in their slot', async () => {
    const t = await accepted();
    t.option(OPTION_PAUSED, 1);
    t.inject({ flags: 'FPA', seq: 1, data: 10 });
    t.expect({ ack: 12 });
    expect(t.events()).toEqual([]);
    t.option(OPTION_PAUSED, 0);
    expect(t.events()).toEqual(['data', 'end']);
  });

  test('reach a user that discards what comes', async () => {
    const t = await accepted();
    t.option(OPTION_DISCARD, 1);
    t.inject({ flags: 'FPA', seq: 1, data: 10 });
    t.expect({ ack: 12 });
    expect(t.events()).toEqual(['end']);
    expect(t.receive()).toBe(0);
  });
});

/** An accepted connection in a state, nothing owed. */
async function inState(state: string): Promise<Timeline> {
  const t = await accepted();
  enter(t, state);
  return t;
}
