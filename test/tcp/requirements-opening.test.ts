/** OPEN and CLOSE as the user sees them (RFC 9293 §3.5, §3.6, §3.9.1.1), where no other timeline looks. */

import { describe, expect, test } from 'vitest';
import {
  ERROR_ADDRESS_IN_USE,
  ERROR_CONNECTION_REFUSED,
  ERROR_CONNECTION_RESET,
  ERROR_TIMED_OUT,
  SETTING_DATA_RETRIES,
  SETTING_SYN_RETRIES,
} from '../../assembly/abi/constants.js';
import { ANY } from '../kit/family.js';
import { accepted, type Timeline, timeline } from '../kit/timeline.js';

describe('a passive OPEN', () => {
  test('beside another on the same port fails and changes nothing of the first, nor of its connections (MUST-41)', async () => {
    const t = await timeline();
    t.listen();
    t.inject({ flags: 'S', seq: 0 });
    t.expect({ flags: 'SA', seq: 0 });
    t.inject({});
    expect(t.events()).toEqual(['open']);
    t.inject({ flags: 'S', seq: 0, peerPort: 2 });
    t.take();
    t.driver.putAddresses(ANY);
    expect(t.driver.calls.tcpListen(80, 1)).toBe(ERROR_ADDRESS_IN_USE);
    t.inject({ flags: 'S', seq: 0, peerPort: 3 });
    expect(t.take()[0]).toMatchObject({ flags: 'SA', destinationPort: 3 });
    expect(t.state).toBe('Established');
  });

  test('may wait on a port from which a connection is in SYN-SENT, and both succeed (MUST-42)', async () => {
    const t = await timeline();
    t.connect(8080, 5000);
    t.expect({ flags: 'S', seq: 0 });
    t.driver.putAddresses(ANY);
    expect(t.driver.calls.tcpListen(5000, 8)).toBeGreaterThan(0);
    const { iss } = t;
    t.inject({ flags: 'S', seq: 0, peerPort: 77 });
    expect(t.take()[0]).toMatchObject({ flags: 'SA', sourcePort: 5000, destinationPort: 77 });
    t.iss = iss;
    t.inject({ flags: 'SA', seq: 0, options: t.syn });
    t.expect({});
    expect(t.state).toBe('Established');
  });

  test('may wait on a port on which a connection is in SYN-RECEIVED (MUST-42)', async () => {
    const t = await timeline();
    t.connect(8080, 5000);
    t.expect({ flags: 'S', seq: 0 });
    t.inject({ flags: 'S', seq: 0 });
    t.expect({ flags: 'SA', seq: 0 });
    expect(t.state).toBe('SynReceived');
    t.driver.putAddresses(ANY);
    expect(t.driver.calls.tcpListen(5000, 8)).toBeGreaterThan(0);
    t.inject({});
    expect(t.state).toBe('Established');
  });
});

describe('SYN-RECEIVED', () => {
  test('remembers how it was reached: a RST is a refusal after an active OPEN, nothing after a passive one (MUST-11)', async () => {
    const active = await timeline();
    active.connect();
    active.expect({ flags: 'S', seq: 0 });
    active.inject({ flags: 'S', seq: 0 });
    active.expect({ flags: 'SA', seq: 0 });
    active.inject({ flags: 'R', seq: 1 });
    expect(active.events()).toEqual(['closed']);
    expect(active.error).toBe(ERROR_CONNECTION_REFUSED);

    const passive = await timeline();
    passive.listen();
    passive.inject({ flags: 'S', seq: 0 });
    passive.expect({ flags: 'SA', seq: 0 });
    passive.inject({ flags: 'R', seq: 1 });
    expect(passive.driver.happened()).toEqual([]);
    passive.inject({ flags: 'S', seq: 0 });
    passive.expect({ flags: 'SA', seq: 0 });
  });
});

describe('a SYN that nobody answers', () => {
  test('is handled as data is: it goes again, backs off, and the user hears of the end (MUST-22)', async () => {
    const t = await timeline({ settings: { [SETTING_SYN_RETRIES]: 3 } });
    t.connect();
    for (const at of [0, 1000, 3000, 7000]) {
      t.driver.advance(at - t.time);
      t.expect({ flags: 'S', seq: 0, at });
    }
    t.driver.advance(60_000);
    expect(t.events()).toEqual(['closed']);
    expect(t.error).toBe(ERROR_TIMED_OUT);
  });
});

describe('the user hears how it ended', () => {
  const endings: [name: string, end: (t: Timeline) => void, events: string[], error: number][] = [
    ['in good order', (t) => t.inject({ flags: 'FA', seq: 1, ack: 2 }), ['end', 'closed'], 0],
    ['by a RST', (t) => t.inject({ flags: 'R', seq: 1 }), ['closed'], ERROR_CONNECTION_RESET],
  ];
  test.each(endings)('%s, by the peer (MUST-12)', async (_, end, events, error) => {
    const t = await accepted();
    t.shutdown();
    t.take();
    end(t);
    t.take();
    expect(t.events()).toEqual(events);
    expect(t.error).toBe(error);
  });

  test('by silence (MUST-12, MUST-20)', async () => {
    const t = await accepted({ settings: { [SETTING_DATA_RETRIES]: 2 } });
    t.send(1);
    t.driver.advance(60_000);
    t.take();
    expect(t.events()).toEqual(['closed']);
    expect(t.error).toBe(ERROR_TIMED_OUT);
  });
});

test('a RST may carry text, which is not taken for data (SHLD-2)', async () => {
  const t = await accepted();
  t.inject({ flags: 'R', seq: 1, data: 'why it was' });
  t.expectNothing();
  expect(t.events()).toEqual(['closed']);
  expect(t.error).toBe(ERROR_CONNECTION_RESET);
  expect(t.receive()).toBe(0);
  t.expectGone();
});

describe('a user that has closed for good', () => {
  test('can not read any more, and the peer learns that its bytes were lost (MAY-1, SHLD-3)', async () => {
    const t = await accepted();
    t.inject({ seq: 1, data: 10 });
    const { handle } = t;
    t.release();
    t.expect({ flags: 'RA', seq: 1, ack: 11 });
    expect(t.driver.calls.tcpReceive(handle, 100)).toBeLessThan(0);
    t.expectGone();
  });
});
