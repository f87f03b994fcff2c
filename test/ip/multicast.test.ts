/**
 * Membership in groups, as RFC 2236, 3376, 2710 and 3810 have it: what routers are told, when, and which datagrams are heard.
 * Time is the driver's. Not for: sockets of programs.
 */
import { describe, expect, test } from 'vitest';
import {
  COUNTER_BUFFER_BYTES,
  COUNTER_GROUPS,
  ERROR_NO_BUFFERS,
  UDP_OPTION_MULTICAST_TIME_TO_LIVE,
  UDP_REUSE_ADDRESS,
} from '../../assembly/abi/constants.js';
import { FAMILY, LOCAL, neighbor, PEER, perFamily, testIPv4, testIPv6 } from '../kit/family.js';
import {
  buildIp,
  addressBytes as bytesOf,
  headerLength,
  internetChecksum,
  refit,
  addressText as textOf,
  transportChecksum,
} from '../kit/packet.js';
import { datagram, UDP, UdpDriver } from '../udp/driver.js';

const GROUP = perFamily('239.1.2.3', 'ff15::1:3');
const OTHER = perFamily('239.1.2.4', 'ff15::1:4');
const ALL_HOSTS = perFamily('224.0.0.1', 'ff02::1');
const ANY = perFamily('0.0.0.0', '::');
const ROUTER = perFamily('10.9.0.9', 'fe80::9');

async function member(group = GROUP) {
  const t = await UdpDriver.create();
  const handle = t.open(ANY, 7);
  expect(t.join(handle, group)).toBe(0);
  return { t, handle };
}

/** What leaves in the next `milliseconds`, each report in short. */
function over(t: UdpDriver, milliseconds: number): Report[] {
  t.driver.output();
  t.driver.advance(milliseconds);
  return t.driver.emitted.splice(0).flatMap(({ bytes, at }) => readReport(bytes, at));
}

/** The device takes nothing, and its queue is full. */
function stall(t: UdpDriver, handle: number): void {
  t.driver.deviceRoom = 0;
  while (t.send(handle, 'full', PEER, 9) === 1);
}

/** The reports that leave when the device takes packets again. */
function resumed(t: UdpDriver): Report[] {
  t.driver.deviceRoom = Number.POSITIVE_INFINITY;
  return over(t, 30_000);
}

interface Report {
  at: number;
  to: string;
  text: string;
}

describe('the newest version', () => {
  test('joining is told at once and once more within a second; leaving, too', async () => {
    const { t, handle } = await member();
    const joined = over(t, 5_000);
    expect(joined.map(({ text }) => text)).toEqual([`to exclude ${GROUP}`, `to exclude ${GROUP}`]);
    expect(joined.every(({ to }) => to === perFamily('224.0.0.22', 'ff02::16'))).toBe(true);
    expect((joined[1] as Report).at - (joined[0] as Report).at).toBeLessThanOrEqual(1_000);
    expect(t.join(handle, GROUP, undefined, 0)).toBe(0);
    expect(over(t, 5_000).map(({ text }) => text)).toEqual([`to include ${GROUP}`, `to include ${GROUP}`]);
    expect(t.calls.counter(COUNTER_GROUPS)).toBe(0);
    expect(t.driver.deadline).toBe(Number.POSITIVE_INFINITY);
  });

  test('two sockets are one member: only the first and the last are told of', async () => {
    const t = await UdpDriver.create();
    const [one, two] = [1, 2].map(() => t.open(ANY, 7, UDP_REUSE_ADDRESS)) as [number, number];
    t.join(one, GROUP);
    over(t, 5_000);
    t.join(two, GROUP);
    t.calls.udpClose(one);
    expect(over(t, 5_000)).toEqual([]);
    t.calls.udpClose(two);
    expect(over(t, 5_000).map(({ text }) => text)).toEqual([`to include ${GROUP}`, `to include ${GROUP}`]);
  });

  test('sources are allowed and blocked; whoever wants all outweighs them', async () => {
    const t = await UdpDriver.create();
    const [one, two] = [1, 2].map(() => t.open(ANY, 7, UDP_REUSE_ADDRESS)) as [number, number];
    const [first, second] = [neighbor(20), neighbor(21)];
    t.join(one, GROUP, first);
    expect(over(t, 5_000).map(({ text }) => text)).toEqual(Array(2).fill(`allow ${GROUP} ${first}`));
    t.join(one, GROUP, second);
    expect(over(t, 5_000).map(({ text }) => text)).toEqual(Array(2).fill(`allow ${GROUP} ${second}`));
    t.join(two, GROUP);
    expect(over(t, 5_000).map(({ text }) => text)).toEqual(Array(2).fill(`to exclude ${GROUP}`));
    t.calls.udpClose(two);
    const back = over(t, 5_000).map(({ text }) => text.split(' ').sort().join(' '));
    expect(back).toEqual(Array(2).fill(`to include ${GROUP} ${first} ${second}`.split(' ').sort().join(' ')));
    t.join(one, GROUP, first, 0);
    expect(over(t, 5_000).map(({ text }) => text)).toEqual(Array(2).fill(`block ${GROUP} ${first}`));
    t.calls.udpClose(one);
    over(t, 5_000);
    expect([t.calls.counter(COUNTER_GROUPS), t.calls.counter(COUNTER_BUFFER_BYTES)]).toEqual([0, 0]);
  });

  test('a general query is answered once for all groups, within the time it allows', async () => {
    const { t, handle } = await member();
    t.join(handle, OTHER);
    over(t, 5_000);
    t.driver.input([query({ version: 3, maximum: 4_000 }), query({ version: 3, maximum: 4_000 })]);
    const start = t.driver.now;
    const answers = over(t, 10_000);
    expect(answers.map(({ text }) => text).sort()).toEqual([`is exclude ${GROUP}`, `is exclude ${OTHER}`]);
    expect(new Set(answers.map(({ at }) => at)).size).toBe(1);
    expect((answers[0] as Report).at - start).toBeLessThanOrEqual(4_000);
  });

  test('a query for one group is answered by its members alone', async () => {
    const { t } = await member();
    over(t, 5_000);
    t.driver.input([query({ version: 3, maximum: 1_000, group: OTHER })]);
    expect(over(t, 5_000)).toEqual([]);
    t.driver.input([query({ version: 3, maximum: 1_000, group: GROUP })]);
    expect(over(t, 5_000).map(({ text }) => text)).toEqual([`is exclude ${GROUP}`]);
  });

  test('what found no room is told when there is some, as often as ever', async () => {
    const t = await UdpDriver.create();
    const handle = t.open(ANY, 7);
    stall(t, handle);
    t.join(handle, GROUP);
    t.join(handle, OTHER, neighbor(20));
    over(t, 60_000);
    expect(
      resumed(t)
        .map(({ text }) => text)
        .sort(),
    ).toEqual([...Array(2).fill(`allow ${OTHER} ${neighbor(20)}`), ...Array(2).fill(`to exclude ${GROUP}`)].sort());
  });

  test('a query for a source is answered by who wants it', async () => {
    const t = await UdpDriver.create();
    t.join(t.open(ANY, 7), GROUP, neighbor(20));
    over(t, 5_000);
    const asked = (source: string) => {
      t.driver.input([query({ version: 3, maximum: 1_000, group: GROUP, source })]);
      return over(t, 5_000).map(({ text }) => text);
    };
    expect([asked(neighbor(21)), asked(neighbor(20))]).toEqual([[], [`is include ${GROUP} ${neighbor(20)}`]]);
  });

  test('nobody is told of the group of all hosts', async () => {
    const { t } = await member(ALL_HOSTS);
    expect(over(t, 5_000)).toEqual([]);
  });

  test('a report goes one hop, asks routers to look, and comes from the right address', async () => {
    const { t } = await member();
    t.driver.output();
    const [bytes] = t.driver.emitted.splice(0).map((one) => one.bytes) as [Uint8Array];
    if (FAMILY === 4) {
      expect([bytes[0], bytes[1], bytes[8], bytes[9]]).toEqual([0x46, 0xc0, 1, 2]);
      expect([...bytes.slice(20, 24)]).toEqual([0x94, 4, 0, 0]);
      expect(internetChecksum(bytes.subarray(0, 24))).toBe(0);
      expect(internetChecksum(bytes.subarray(24))).toBe(0);
    } else {
      expect([bytes[6], bytes[7]]).toEqual([0, 1]);
      expect([...bytes.slice(40, 48)]).toEqual([58, 0, 5, 2, 0, 0, 1, 0]);
      // This link has no link-local address (RFC 3590).
      expect(bytes.slice(8, 24).every((byte) => byte === 0)).toBe(true);
    }
  });
});

describe('an older router', () => {
  const old = perFamily(2, 2);

  testIPv4('of version 1 is not heard from afar (RFC 1112 appendix I)', async () => {
    const { t } = await member();
    over(t, 5_000);
    const first = query({ version: 1, maximum: 0, alert: false });
    const afar = first.slice();
    afar.set(bytesOf(LOCAL), 16);
    refit(afar);
    t.driver.input([afar]);
    t.driver.input([query({ version: 3, maximum: 1_000 })]);
    expect(over(t, 20_000).map(({ text }) => text)).toEqual([`is exclude ${GROUP}`]);
    t.driver.input([first]);
    t.driver.output();
    t.driver.advance(20_000);
    expect(t.driver.emitted.splice(0).map(({ bytes }) => bytes[headerLength(bytes)])).toEqual([0x12]);
  });

  test('is told in its words, and of leaving by who told it last', async () => {
    const { t, handle } = await member();
    over(t, 5_000);
    t.driver.input([query({ version: old, maximum: 1_000 })]);
    const answers = over(t, 5_000);
    expect(answers).toEqual([{ at: expect.any(Number), to: GROUP, text: `report ${GROUP}` }]);
    t.join(handle, GROUP, undefined, 0);
    expect(over(t, 5_000)).toEqual([
      { at: expect.any(Number), to: perFamily('224.0.0.2', 'ff02::2'), text: `leave ${GROUP}` },
    ]);
  });

  test('hears that we leave as soon as there is room to say so', async () => {
    const { t, handle } = await member();
    t.driver.input([query({ version: old, maximum: 1_000 })]);
    over(t, 30_000);
    stall(t, handle);
    t.join(handle, GROUP, undefined, 0);
    over(t, 30_000);
    expect(resumed(t).map(({ text }) => text)).toEqual([`leave ${GROUP}`]);
  });

  test('hears of a group once: who has heard another tell keeps silent, and leaves in silence', async () => {
    const { t, handle } = await member();
    over(t, 5_000);
    t.driver.input([query({ version: old, maximum: 10_000 })]);
    t.driver.input([oldReport(GROUP)]);
    expect(over(t, 20_000)).toEqual([]);
    t.join(handle, GROUP, undefined, 0);
    expect(over(t, 20_000)).toEqual([]);
  });

  test('is forgotten when it has not been heard for long', async () => {
    const { t } = await member();
    t.driver.input([query({ version: old, maximum: 1_000 })]);
    over(t, 300_000);
    t.driver.input([query({ version: 3, maximum: 1_000 })]);
    expect(over(t, 5_000).map(({ text }) => text)).toEqual([`is exclude ${GROUP}`]);
  });
});

describe('what is heard', () => {
  test('is what goes to groups that somebody here has joined', async () => {
    const { t, handle } = await member();
    const to = (destination: string) => datagram({ source: PEER, destination, data: destination });
    t.driver.input([to(GROUP), to(OTHER)]);
    expect(t.received(handle).map(({ data }) => data)).toEqual([GROUP]);
    t.join(handle, GROUP, undefined, 0);
    t.driver.input([to(GROUP)]);
    expect(t.received(handle)).toEqual([]);
  });

  test('comes to every socket on the port, from the sources that it wants', async () => {
    const t = await UdpDriver.create();
    const [all, some, none] = [1, 2, 3].map(() => t.open(ANY, 7, UDP_REUSE_ADDRESS)) as [number, number, number];
    t.join(all, GROUP);
    t.join(some, GROUP, neighbor(20));
    t.driver.input(
      [20, 21].map((number) => datagram({ source: neighbor(number), destination: GROUP, data: `${number}` })),
    );
    const heard = [all, some, none].map((handle) => t.received(handle).map(({ data }) => data));
    // As on kernels, one that is in no such group by itself hears what the host has joined.
    expect(heard).toEqual([['20', '21'], ['20'], ['20', '21']]);
  });

  testIPv6(
    'is what a link-local source sends, on the link of the group (RFC 4007 §6), and a router that asks hears of it',
    async () => {
      const t = await UdpDriver.create();
      const handle = t.open(ANY, 7);
      expect(t.join(handle, GROUP, 'fe80::20')).toBe(0);
      expect(over(t, 5_000).map(({ text }) => text)).toEqual(Array(2).fill(`allow ${GROUP} fe80::20`));
      t.driver.input(['fe80::20', 'fe80::21'].map((source) => datagram({ source, destination: GROUP, data: source })));
      expect(t.received(handle).map(({ data }) => data)).toEqual(['fe80::20']);
      const asked = (source: string) => {
        t.driver.input([query({ version: 3, maximum: 1_000, group: GROUP, source })]);
        return over(t, 5_000).map(({ text }) => text);
      };
      expect([asked('fe80::21'), asked('fe80::20')]).toEqual([[], [`is include ${GROUP} fe80::20`]]);
      expect(t.join(handle, GROUP, 'fe80::20', 0)).toBe(0);
    },
  );

  test('is what we send ourselves, too, unless that is not wanted', async () => {
    const { t, handle } = await member();
    t.driver.output();
    t.driver.emitted.length = 0;
    expect(t.send(handle, 'mine', GROUP, 7)).toBe(1);
    const [packet] = t.packets() as [Uint8Array];
    expect(packet[perFamily(8, 7)]).toBe(1);
    expect(t.received(handle)).toMatchObject([{ data: 'mine', from: LOCAL, to: GROUP }]);
    t.calls.udpOption(handle, 4, 0);
    t.send(handle, 'mine', GROUP, 7);
    t.packets();
    expect(t.received(handle)).toEqual([]);
  });
});

test.each([4, 3000])('a lifetime of 0 keeps a datagram of %i bytes on this host (RFC 1112 §6.1)', async (length) => {
  const { t, handle } = await member();
  t.packets();
  t.calls.udpOption(handle, UDP_OPTION_MULTICAST_TIME_TO_LIVE, 0);
  expect(t.send(handle, new Uint8Array(length), GROUP, 7)).toBe(1);
  expect(t.packets()).toEqual([]);
  expect(t.received(handle).map(({ data }) => data.length)).toEqual([length]);
});

describe('hostile', () => {
  test.each([
    ['without the Router Alert option', { alert: false }],
    ['with a wrong checksum', { broken: true }],
    ['cut short', { cut: 6 }],
    ['that claims more sources than it has', { sources: 400 }],
  ])('a query %s is not answered', async (_, fault) => {
    const { t } = await member();
    over(t, 5_000);
    t.driver.input([query({ version: 3, maximum: 1_000, group: GROUP, ...fault })]);
    expect(over(t, 5_000)).toEqual([]);
  });

  test('groups have a bound, and all of them are told in packets that fit', async () => {
    const t = await UdpDriver.create();
    const handle = t.open(ANY, 7);
    let joined = 0;
    while (
      t.join(handle, perFamily(`239.9.${joined >> 8}.${joined & 255}`, `ff15::9:${(joined + 1).toString(16)}`)) === 0
    )
      joined++;
    expect(joined).toBe(256);
    expect(t.join(handle, GROUP)).toBe(ERROR_NO_BUFFERS);
    over(t, 5_000);
    t.driver.input([query({ version: 3, maximum: 1_000 })]);
    const answers = over(t, 5_000);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(256);
    t.calls.udpClose(handle);
    over(t, 5_000);
    expect(t.calls.counter(COUNTER_GROUPS)).toBe(0);
  });
});

interface Query {
  version: number;
  /** Milliseconds. */
  maximum: number;
  group?: string;
  alert?: boolean;
  broken?: boolean;
  cut?: number;
  sources?: number;
  /** The one that is asked for. */
  source?: string;
}

function query({ version, maximum, group, alert = true, broken, cut = 0, sources, source }: Query): Uint8Array {
  const asked = source === undefined ? [] : [...bytesOf(source)];
  const count = sources ?? (source === undefined ? 0 : 1);
  const target = group === undefined ? new Uint8Array(perFamily(4, 16)) : bytesOf(group);
  if (FAMILY === 4) {
    const message = new Uint8Array(version === 3 ? 12 + asked.length : 8);
    message.set([0x11, maximum / 100]);
    message.set(target, 4);
    if (version === 3) message.set([2, 125, count >> 8, count & 255, ...asked], 8);
    new DataView(message.buffer).setUint16(2, internetChecksum(message) ^ (broken ? 1 : 0));
    const packet = buildIp({
      source: ROUTER,
      destination: group ?? ALL_HOSTS,
      protocol: 2,
      payload: message.slice(0, message.length - cut),
      lifetime: 1,
    });
    return alert ? withAlert(packet) : packet;
  }
  const message = new Uint8Array(version === 3 ? 28 + asked.length : 24);
  message.set([130, 0, 0, 0, maximum >> 8, maximum & 255]);
  message.set(target, 8);
  if (version === 3) message.set([2, 125, count >> 8, count & 255, ...asked], 24);
  return mld(message, ROUTER, group ?? ALL_HOSTS, alert, broken, cut);
}

function oldReport(group: string): Uint8Array {
  if (FAMILY === 4) {
    const message = Uint8Array.of(0x16, 0, 0, 0, ...bytesOf(group));
    new DataView(message.buffer).setUint16(2, internetChecksum(message));
    return withAlert(buildIp({ source: neighbor(30), destination: group, protocol: 2, payload: message, lifetime: 1 }));
  }
  return mld(Uint8Array.of(131, 0, 0, 0, 0, 0, 0, 0, ...bytesOf(group)), 'fe80::30', group);
}

/** Behind a header of hop-by-hop options (RFC 2711). */
function mld(
  message: Uint8Array,
  source: string,
  destination: string,
  alert = true,
  broken = false,
  cut = 0,
): Uint8Array {
  const bare = buildIp({ source, destination, protocol: 58, payload: message, lifetime: 1 });
  new DataView(message.buffer).setUint16(2, transportChecksum(bare, 58) ^ (broken ? 1 : 0));
  const options = alert ? [58, 0, 5, 2, 0, 0, 1, 0] : [58, 0, 1, 4, 0, 0, 0, 0];
  const payload = Uint8Array.of(...options, ...message.slice(0, message.length - cut));
  return buildIp({ source, destination, protocol: 0, payload, lifetime: 1 });
}

/** With IPv4's Router Alert option (RFC 2113). */
function withAlert(packet: Uint8Array): Uint8Array {
  const longer = Uint8Array.of(...packet.slice(0, 20), 0x94, 4, 0, 0, ...packet.slice(20));
  const view = new DataView(longer.buffer);
  longer[0] = 0x46;
  view.setUint16(2, longer.length);
  view.setUint16(10, 0);
  view.setUint16(10, internetChecksum(longer.subarray(0, 24)));
  return longer;
}

function readReport(bytes: Uint8Array, at: number): Report[] {
  if (bytes[perFamily(9, 6)] === UDP) return [];
  const size = perFamily(4, 16);
  const start = FAMILY === 4 ? headerLength(bytes) : 48;
  const to = textOf(bytes.slice(perFamily(16, 24), perFamily(20, 40)));
  const message = bytes.subarray(start);
  const view = new DataView(bytes.buffer, bytes.byteOffset + start);
  const type = message[0] as number;
  const single = textOf(message.slice(perFamily(4, 8), perFamily(8, 24)));
  if (type === 0x16 || type === 131) return [{ at, to, text: `report ${single}` }];
  if (type === 0x17 || type === 132) return [{ at, to, text: `leave ${single}` }];
  const reports: Report[] = [];
  for (let record = 0, place = 8; record < view.getUint16(6); record++) {
    const count = view.getUint16(place + 2);
    const addresses = Array.from({ length: 1 + count }, (_, index) =>
      textOf(message.slice(place + 4 + index * size, place + 4 + (index + 1) * size)),
    );
    reports.push({ at, to, text: `${WORDS[message[place] as number]} ${addresses.join(' ')}` });
    place += 4 + (1 + count) * size;
  }
  return reports;
}

const WORDS = ['', 'is include', 'is exclude', 'to include', 'to exclude', 'allow', 'block'];
