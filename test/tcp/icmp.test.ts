/** ICMP errors reach the connection that caused them (RFC 9293 §3.9.2.2, RFC 5461), and forged ones do not (RFC 5927 §4). */

import { describe, expect, test } from 'vitest';
import {
  COUNTER_PACKETS_BAD,
  ERROR_ACCESS,
  ERROR_CONNECTION_REFUSED,
  ERROR_HOST_DOWN,
  ERROR_HOST_UNREACHABLE,
  ERROR_NETWORK_UNREACHABLE,
  ERROR_NO_NETWORK,
  ERROR_NOT_SUPPORTED,
  ERROR_PROTOCOL,
  ERROR_PROTOCOL_OPTION,
  ERROR_STALE_HANDLE,
  ERROR_TIMED_OUT,
  ICMP_ABORT_HARD,
  ICMP_ABORT_NEVER,
  SETTING_DATA_RETRIES,
  SETTING_ICMP_ABORT,
  SETTING_SYN_RETRIES,
} from '../../assembly/abi/constants.js';
import { IP_HEADER, neighbor, perFamily } from '../kit/family.js';
import {
  HOST_UNREACHABLE,
  type IcmpError,
  icmpError,
  icmpResum,
  NET_UNREACHABLE,
  PARAMETER_PROBLEM,
  PORT_UNREACHABLE,
  PROTOCOL_UNREACHABLE,
  REDIRECT,
  SOURCE_QUENCH,
  TIME_EXCEEDED,
  TOO_BIG,
  UNREACHABLE,
} from '../kit/icmp.js';
import { accepted, connected, type Timeline, type TimelineOptions, timeline } from '../kit/timeline.js';

/** A connection in SYN-SENT. */
async function connecting(abort?: number, settings: TimelineOptions['settings'] = {}): Promise<Timeline> {
  const t = await timeline({
    settings: { ...settings, ...(abort === undefined ? {} : { [SETTING_ICMP_ABORT]: abort }) },
  });
  t.connect();
  t.expect({ flags: 'S', seq: 0 });
  return t;
}

/** Lets time pass until nothing more happens; everything that is sent is thrown away. */
function wait(t: Timeline): void {
  while (Number.isFinite(t.driver.deadline)) {
    t.take();
    t.pass(t.driver.deadline - t.driver.now);
  }
  t.take();
}

/** RFC 792, RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1. */
const ENDINGS_4: [what: string, error: IcmpError, number: number][] = [
  ['net unreachable', NET_UNREACHABLE, ERROR_NETWORK_UNREACHABLE],
  ['host unreachable', HOST_UNREACHABLE, ERROR_HOST_UNREACHABLE],
  ['protocol unreachable', PROTOCOL_UNREACHABLE, ERROR_PROTOCOL_OPTION],
  ['port unreachable', PORT_UNREACHABLE, ERROR_CONNECTION_REFUSED],
  ['source route failed', { type: UNREACHABLE, code: 5 }, ERROR_NOT_SUPPORTED],
  ['net unknown', { type: UNREACHABLE, code: 6 }, ERROR_NETWORK_UNREACHABLE],
  ['host unknown', { type: UNREACHABLE, code: 7 }, ERROR_HOST_DOWN],
  ['source host isolated', { type: UNREACHABLE, code: 8 }, ERROR_NO_NETWORK],
  ['net prohibited', { type: UNREACHABLE, code: 9 }, ERROR_NETWORK_UNREACHABLE],
  ['host prohibited', { type: UNREACHABLE, code: 10 }, ERROR_HOST_UNREACHABLE],
  ['net unreachable for this service', { type: UNREACHABLE, code: 11 }, ERROR_NETWORK_UNREACHABLE],
  ['host unreachable for this service', { type: UNREACHABLE, code: 12 }, ERROR_HOST_UNREACHABLE],
  ['prohibited', { type: UNREACHABLE, code: 13 }, ERROR_HOST_UNREACHABLE],
  ['time exceeded in transit', { type: TIME_EXCEEDED }, ERROR_HOST_UNREACHABLE],
  ['time exceeded in reassembly', { type: TIME_EXCEEDED, code: 1 }, ERROR_HOST_UNREACHABLE],
  ['parameter problem', { type: PARAMETER_PROBLEM }, ERROR_PROTOCOL],
];

/** RFC 4443 §3.1, §3.3, §3.4. */
const ENDINGS_6: typeof ENDINGS_4 = [
  ['no route', { type: UNREACHABLE, code: 0 }, ERROR_NETWORK_UNREACHABLE],
  ['prohibited', { type: UNREACHABLE, code: 1 }, ERROR_ACCESS],
  ['beyond scope', { type: UNREACHABLE, code: 2 }, ERROR_HOST_UNREACHABLE],
  ['address unreachable', HOST_UNREACHABLE, ERROR_HOST_UNREACHABLE],
  ['port unreachable', PORT_UNREACHABLE, ERROR_CONNECTION_REFUSED],
  ['policy failed', { type: UNREACHABLE, code: 5 }, ERROR_ACCESS],
  ['route rejected', { type: UNREACHABLE, code: 6 }, ERROR_ACCESS],
  ['time exceeded in transit', { type: TIME_EXCEEDED }, ERROR_HOST_UNREACHABLE],
  ['time exceeded in reassembly', { type: TIME_EXCEEDED, code: 1 }, ERROR_HOST_UNREACHABLE],
  ['a wrong header field', { type: PARAMETER_PROBLEM }, ERROR_PROTOCOL],
  ['protocol unreachable', PROTOCOL_UNREACHABLE, ERROR_CONNECTION_REFUSED],
];

describe('in SYN-SENT', () => {
  const endings: [what: string, error: IcmpError, number: number][] = perFamily(ENDINGS_4, ENDINGS_6);
  test.each(endings)('%s ends the connection at once, with its own error (RFC 5461 §4.1)', async (_, error, number) => {
    const t = await connecting();
    t.injectRaw(icmpError(t, error));
    expect([t.state, t.error, t.events()]).toEqual(['Closed', number, ['closed']]);
    t.expectGone();
  });

  test.each(endings)(
    '%s is remembered when nothing may end it, and told when it gives up (SHLD-25)',
    async (...row) => {
      const [, error, number] = row;
      const t = await connecting(ICMP_ABORT_NEVER, { [SETTING_SYN_RETRIES]: 1 });
      t.injectRaw(icmpError(t, error));
      expect([t.state, t.error, t.events()]).toEqual(['SynSent', 0, []]);
      wait(t);
      expect([t.state, t.error, t.events()]).toEqual(['Closed', number, ['closed']]);
    },
  );

  describe('where only hard errors may end it', () => {
    const hard = new Map([
      ['protocol unreachable', ERROR_CONNECTION_REFUSED],
      ['port unreachable', ERROR_CONNECTION_REFUSED],
      ['net prohibited', ERROR_CONNECTION_REFUSED],
      ['host prohibited', ERROR_CONNECTION_REFUSED],
      ['prohibited', ERROR_CONNECTION_REFUSED],
      ['policy failed', ERROR_CONNECTION_REFUSED],
      ['route rejected', ERROR_CONNECTION_REFUSED],
      ['time exceeded in transit', ERROR_HOST_UNREACHABLE],
    ]);

    test.each(endings.filter(([name]) => hard.has(name)))('%s does (SHLD-26)', async (name, error) => {
      const t = await connecting(ICMP_ABORT_HARD);
      t.injectRaw(icmpError(t, error));
      expect([t.state, t.error]).toEqual(['Closed', hard.get(name)]);
    });

    test.each(endings.filter(([name]) => !hard.has(name)))('%s does not (MUST-56)', async (_, error, number) => {
      const t = await connecting(ICMP_ABORT_HARD, { [SETTING_SYN_RETRIES]: 1 });
      t.injectRaw(icmpError(t, error));
      expect(t.state).toBe('SynSent');
      wait(t);
      expect(t.error).toBe(number);
    });
  });

  test('an error is forgotten when the peer answers after all', async () => {
    const t = await connecting(ICMP_ABORT_NEVER, { [SETTING_DATA_RETRIES]: 1 });
    t.injectRaw(icmpError(t, HOST_UNREACHABLE));
    t.inject({ flags: 'SA', seq: 0, options: t.syn });
    t.expect({});
    t.send(10);
    wait(t);
    expect(t.error).toBe(ERROR_TIMED_OUT);
  });

  const ignored: [string, IcmpError][] = perFamily(
    [
      ['source quench (MUST-55)', { type: SOURCE_QUENCH }],
      ['redirect', { type: REDIRECT, code: 1 }],
      ['an unknown type', { type: 40 }],
    ],
    [['an unknown type that is no error (RFC 4443 §2.4 (b))', { type: 200 }]],
  );
  test.each<[string, IcmpError]>([
    ...ignored,
    ['an unknown code of destination unreachable', { type: UNREACHABLE, code: 16 }],
    ['fragmentation needed of what is smaller than every path', { ...TOO_BIG, mtu: 1234, size: 60 }],
  ])('%s is dropped in silence', async (_, error) => {
    const t = await connecting(undefined, { [SETTING_SYN_RETRIES]: 1 });
    t.injectRaw(icmpError(t, error));
    t.expectNothing();
    expect(t.state).toBe('SynSent');
    wait(t);
    expect(t.error).toBe(ERROR_TIMED_OUT);
  });
});

describe('in SYN-RECEIVED', () => {
  test('an error forgets a half-open connection of a listener, in silence', async () => {
    const t = await timeline();
    t.listen();
    t.inject({ flags: 'S', seq: 0 });
    t.expect({ flags: 'SA', seq: 0 });
    t.injectRaw(icmpError(t, HOST_UNREACHABLE));
    t.expectNothing();
    t.events();
    expect(t.driver.connections).toBe(0);
    t.inject({});
    t.expect({ flags: 'R', seq: 1 });
  });

  test('a forged one does not', async () => {
    const t = await timeline();
    t.listen();
    t.inject({ flags: 'S', seq: 0 });
    t.expect({ flags: 'SA', seq: 0 });
    t.injectRaw(icmpError(t, { ...PORT_UNREACHABLE, seq: 1 }), icmpError(t, { ...PORT_UNREACHABLE, seq: -1 }));
    t.inject({});
    expect(t.events()).toEqual(['open']);
  });

  test('an error ends a simultaneous open', async () => {
    const t = await connecting();
    t.inject({ flags: 'S', seq: 0, options: t.syn });
    t.expect({ flags: 'SA', seq: 0 });
    t.injectRaw(icmpError(t, PORT_UNREACHABLE));
    expect([t.state, t.error]).toEqual(['Closed', ERROR_CONNECTION_REFUSED]);
  });
});

describe('in a synchronized state', () => {
  const errors: [string, IcmpError][] = [
    ['a soft error (MUST-56)', HOST_UNREACHABLE],
    ['a hard error (RFC 5927 §5.2)', PORT_UNREACHABLE],
    ['protocol unreachable (RFC 5927 §5.2)', PROTOCOL_UNREACHABLE],
    ['time exceeded (MUST-56)', { type: TIME_EXCEEDED }],
    ['a parameter problem (MUST-56)', { type: PARAMETER_PROBLEM }],
  ];
  test.each(errors)('%s ends nothing and changes nothing', async (_, error) => {
    const t = await accepted();
    t.send(10);
    t.expect({ flags: 'PA', data: 10 });
    t.injectRaw(icmpError(t, { ...error, seq: 1 }));
    t.expectNothing();
    expect([t.state, t.events()]).toEqual(['Established', []]);
    t.inject({ ack: 11 });
    t.send(10);
    t.expect({ flags: 'PA', seq: 11, data: 10 });
  });

  test('what routers said last is told in place of a timeout (SHLD-25, MUST-47)', async () => {
    const t = await connected({ settings: { [SETTING_DATA_RETRIES]: 2 } });
    t.send(10);
    t.expect({ flags: 'PA', data: 10 });
    t.injectRaw(icmpError(t, { ...NET_UNREACHABLE, seq: 1 }));
    t.injectRaw(icmpError(t, { ...HOST_UNREACHABLE, seq: 1 }));
    wait(t);
    expect([t.error, t.events()]).toEqual([ERROR_HOST_UNREACHABLE, ['closed']]);
  });

  test('the user who asks hears of soft errors, who does not ask hears nothing (MUST-47, SHLD-20)', async () => {
    const t = await accepted();
    const { calls } = t.driver;
    t.send(10);
    t.expect({ flags: 'PA', data: 10 });
    expect(calls.tcpSoftError(t.handle)).toBe(0);
    t.injectRaw(icmpError(t, { ...NET_UNREACHABLE, seq: 1 }));
    expect([calls.tcpSoftError(t.handle), t.error, t.events()]).toEqual([ERROR_NETWORK_UNREACHABLE, 0, []]);
    t.inject({ ack: 11 });
    expect(calls.tcpSoftError(t.handle)).toBe(0);
    expect(calls.tcpSoftError(t.handle + 1)).toBe(ERROR_STALE_HANDLE);
  });

  test('it is forgotten when something is acknowledged', async () => {
    const t = await connected({ settings: { [SETTING_DATA_RETRIES]: 2 } });
    t.send(10);
    t.expect({ flags: 'PA', data: 10 });
    t.injectRaw(icmpError(t, { ...HOST_UNREACHABLE, seq: 1 }));
    t.inject({ ack: 11 });
    t.send(10);
    wait(t);
    expect(t.error).toBe(ERROR_TIMED_OUT);
  });
});

describe('an error is believed only if', () => {
  /** 10 bytes at 1 are acknowledged, 20 from 11 on are in flight. */
  async function inFlight(): Promise<Timeline> {
    const t = await connected({ settings: { [SETTING_DATA_RETRIES]: 1 } });
    t.send(10);
    t.expect({ flags: 'PA', data: 10 });
    t.inject({ ack: 11 });
    t.send(20);
    t.expect({ flags: 'PA', seq: 11, data: 20 });
    return t;
  }

  const places: [seq: number, believed: boolean][] = [
    [10, false],
    [11, true],
    [30, true],
    [31, false],
    [11 - 2 ** 31, false],
    [11 + 2 ** 31, false],
  ];
  test.each(places)('the segment it quotes is in flight: %i (RFC 5927 §4.1)', async (seq, believed) => {
    const t = await inFlight();
    t.injectRaw(icmpError(t, { ...HOST_UNREACHABLE, seq }));
    wait(t);
    expect(t.error).toBe(believed ? ERROR_HOST_UNREACHABLE : ERROR_TIMED_OUT);
  });

  const spoilt: [string, Partial<IcmpError>, bad: number][] = [
    ['quotes our port', { localPort: 9 }, 0],
    ['quotes the peer’s port', { peerPort: 9 }, 0],
    ['quotes the peer’s address', { peer: neighbor(9) }, 0],
    ['quotes our address', { local: neighbor(3) }, 1],
    ['quotes TCP', { protocol: 17 }, 0],
    ['quotes the first fragment', { fragment: 1 }, 1],
    ['quotes the whole IP header and eight bytes', { quoted: IP_HEADER + 7 }, 1],
    ['quotes anything at all', { quoted: 0 }, 1],
    ['quotes a whole IP header', { quoted: IP_HEADER - 1 }, 1],
  ];
  test.each(spoilt)('it %s', async (_, change, bad) => {
    const t = await inFlight();
    t.injectRaw(icmpError(t, { ...HOST_UNREACHABLE, seq: 11, ...change }));
    t.expectNothing();
    expect(t.driver.calls.counter(COUNTER_PACKETS_BAD)).toBe(bad);
    wait(t);
    expect(t.error).toBe(ERROR_TIMED_OUT);
  });

  test.each<[string, (bytes: Uint8Array) => void]>([
    ['its checksum is right', (bytes) => bytes.set([1], IP_HEADER + 6)],
    ['the header it quotes is of its own version', (bytes) => bytes.set([perFamily(0x65, 0x45)], IP_HEADER + 8)],
    ...perFamily<[string, (bytes: Uint8Array) => void][]>(
      [
        ['the IPv4 header it quotes is not shorter than any', (bytes) => bytes.set([0x44], 28)],
        ['the IPv4 header it quotes is not longer than the quote', (bytes) => bytes.set([0x4f], 28)],
      ],
      [['the headers it quotes are not longer than the quote', (bytes) => bytes.set([60], 48 + 6)]],
    ),
  ])('%s', async (name, spoil) => {
    const t = await inFlight();
    const bytes = icmpError(t, { ...HOST_UNREACHABLE, seq: 11 });
    spoil(bytes);
    if (!name.includes('checksum')) icmpResum(bytes);
    t.injectRaw(bytes);
    expect(t.driver.calls.counter(COUNTER_PACKETS_BAD)).toBe(1);
    wait(t);
    expect(t.error).toBe(ERROR_TIMED_OUT);
  });

  test('nothing else is asked: options in the quoted header and a longer quote do no harm', async () => {
    for (const more of [
      { options: 8 },
      { options: 40 },
      { quoted: IP_HEADER + 28 },
      { fragment: perFamily(0x2000, 0) },
    ]) {
      const t = await inFlight();
      t.injectRaw(icmpError(t, { ...HOST_UNREACHABLE, seq: 11, ...more }));
      wait(t);
      expect(t.error, JSON.stringify(more)).toBe(ERROR_HOST_UNREACHABLE);
    }
  });

  test('nothing is in flight in TIME-WAIT, nor on an idle connection', async () => {
    const t = await accepted();
    t.injectRaw(icmpError(t, { ...PORT_UNREACHABLE, seq: 1 }), icmpError(t, { ...PORT_UNREACHABLE, seq: 0 }));
    t.shutdown();
    t.expect({ flags: 'FA' });
    t.inject({ flags: 'FA', ack: 2 });
    t.expect({ seq: 2, ack: 2 });
    t.injectRaw(icmpError(t, { ...PORT_UNREACHABLE, seq: 1 }));
    expect(t.state).toBe('TimeWait');
  });
});
