/** Connections whose users have let go: how many there may be, and for how long (RFC 9293 §3.6.1). */
import { describe, expect, test } from 'vitest';
import {
  COUNTER_ORPHANS,
  OPTION_FIN_WAIT_2,
  SETTING_FIN_WAIT_2,
  SETTING_ORPHAN_LIMIT,
  SETTING_ORPHAN_RETRIES,
} from '../../assembly/abi/constants.js';
import { accepted, type Timeline, timeline } from '../kit/timeline.js';

const orphans = (t: Timeline): number => t.driver.calls.counter(COUNTER_ORPHANS);

/** Established connections from as many ports. */
async function connections(
  count: number,
  limit: number,
): Promise<{ t: Timeline; handles: number[]; numbers: number[] }> {
  const t = await timeline({ settings: { [SETTING_ORPHAN_LIMIT]: limit } });
  t.listen();
  const handles: number[] = [];
  const numbers: number[] = [];
  for (let peerPort = 1; peerPort <= count; peerPort++) {
    t.inject({ flags: 'S', seq: 0, peerPort });
    t.expect({ flags: 'SA', seq: 0 });
    t.inject({ peerPort });
    numbers.push(t.iss);
    handles.push(...t.driver.happened().map(({ handle }) => handle));
  }
  return { t, handles, numbers };
}

function release(t: Timeline, handle: number): string[] {
  t.driver.calls.tcpRelease(handle);
  t.driver.output();
  return t.take().map(({ flags }) => flags);
}

describe('beyond the limit', () => {
  test('a connection that is let go is reset, and those before it live on', async () => {
    const { t, handles } = await connections(4, 2);
    expect(handles.map((handle) => release(t, handle))).toEqual([['FA'], ['FA'], ['RA'], ['RA']]);
    expect(orphans(t)).toBe(2);
    expect(t.driver.connections).toBe(2);
  });

  test('there is room again when one has ended', async () => {
    const { t, handles, numbers } = await connections(3, 1);
    expect(release(t, handles[0] as number)).toEqual(['FA']);
    t.iss = numbers[0] as number;
    t.inject({ flags: 'R', seq: 1, peerPort: 1 });
    expect(orphans(t)).toBe(0);
    expect(release(t, handles[1] as number)).toEqual(['FA']);
    expect(release(t, handles[2] as number)).toEqual(['RA']);
  });

  test('one in TIME-WAIT costs no more than a record, and is left alone', async () => {
    const { t, handles, numbers } = await connections(2, 1);
    for (const [index, handle] of handles.entries()) {
      t.iss = numbers[index] as number;
      t.driver.calls.tcpShutdown(handle);
      t.driver.output();
      t.take();
      t.inject({ flags: 'FA', seq: 1, ack: 2, peerPort: index + 1 });
      t.take();
      t.driver.happened();
    }
    for (const handle of handles) expect(release(t, handle)).toEqual([]);
    expect(orphans(t)).toBe(0);
    expect(t.driver.connections).toBe(2);
  });

  test('0 means that every connection is reset when it is let go', async () => {
    const { t, handles } = await connections(1, 0);
    expect(release(t, handles[0] as number)).toEqual(['RA']);
    expect(t.driver.connections).toBe(0);
  });
});

describe('an orphan', () => {
  test('repeats its FIN as often as the setting says', async () => {
    const t = await accepted({ settings: { [SETTING_ORPHAN_RETRIES]: 2 } });
    t.release();
    t.driver.advance(600_000);
    expect(t.take().map(({ flags }) => flags)).toEqual(['FA', 'FA', 'FA', 'RA']);
    t.expectGone();
  });

  test.each([undefined, 1000])('stays in FIN-WAIT-2 for as long as the stack says, or the user (%s)', async (own) => {
    const t = await accepted({ settings: { [SETTING_FIN_WAIT_2]: 5000 } });
    if (own !== undefined) t.option(OPTION_FIN_WAIT_2, own);
    t.release();
    t.expect({ flags: 'FA', seq: 1 });
    t.inject({ ack: 2 });
    t.pass((own ?? 5000) - 1);
    expect(t.driver.connections).toBe(1);
    t.pass(1);
    expect(t.driver.connections).toBe(0);
    t.inject({ ack: 2 });
    t.expect({ flags: 'R', seq: 2 });
  });

  test('leaves FIN-WAIT-2 in time although its FIN was a probe, and the window opens afterwards', async () => {
    const t = await accepted({ win: 1000, settings: { [SETTING_FIN_WAIT_2]: 5000 } });
    t.send(1000);
    t.take();
    t.inject({ ack: 1001, win: 0 });
    t.release();
    t.driver.advance(1000);
    for (const { flags, seq } of t.take()) expect([flags, seq]).toEqual(['FA', 1001]);
    t.inject({ ack: 1002, win: 0 });
    t.inject({ ack: 1002, win: 1000 });
    t.pass(5000);
    expect(t.driver.connections).toBe(0);
  });
});
