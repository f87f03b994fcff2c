import { describe, expect, it } from 'vitest';
import { ADDRESS_AUTOMATIC, ADDRESS_TENTATIVE } from '../../assembly/abi/constants.js';
import { formatFrame } from '../../host/packet/print.js';
import { cut, icmp, pattern } from '../kit/fragment.js';
import { arp, BROADCAST, echoRequest, frame, LinkDriver, OWN, ownHardware } from '../kit/link.js';
import { buildIp } from '../kit/packet.js';

const PEER = '02:00:00:00:00:aa';
const OTHER = '02:00:00:00:00:bb';

describe('ARP: asking (RFC 826, RFC 1122 §2.3.2)', () => {
  it('asks everybody for a neighbour, keeps the packet, and sends it when the answer comes', async () => {
    const link = await settled();
    link.ping('10.0.0.2');
    expect(link.told()).toEqual([`${OWN} > ${BROADCAST} arp who has 10.0.0.2? tell 10.0.0.1`]);
    expect(link.neighbors()).toEqual(['10.0.0.2 incomplete']);
    link.inject(answer(PEER, '10.0.0.2'));
    expect(link.told()).toEqual([expect.stringMatching(`^${OWN} > ${PEER} .*10.0.0.1 > 10.0.0.2.*echo request`)]);
    expect(link.neighbors()).toEqual(['10.0.0.2 reachable']);
    link.ping('10.0.0.2');
    expect(link.told()).toHaveLength(1);
  });

  it('asks three times, a second apart, and then gives up', async () => {
    const link = await settled();
    link.ping('10.0.0.2');
    expect(link.over(5000).map(([at]) => at)).toEqual([0.1, 1, 2]);
    expect(link.neighbors()).toEqual([]);
  });

  it('keeps 64 packets of ours for a neighbour that is being asked for, the latest', async () => {
    const link = await settled();
    for (let count = 0; count < 100; count++) link.ping('10.0.0.2');
    link.take();
    link.inject(answer(PEER, '10.0.0.2'));
    expect(link.take()).toHaveLength(64);
  });

  it('keeps three packets of others, which push out none of ours', async () => {
    const link = await router();
    for (let count = 0; count < 20; count++) link.ping('10.0.0.2');
    const others = (host: number) => echoRequest(PEER, ownHardware(2), '10.1.0.9', `10.0.0.${host}`);
    link.injectAt(2, ...[2, 3, 3, 3, 3].map(others));
    link.take();
    link.inject(answer(PEER, '10.0.0.2'), answer(OTHER, '10.0.0.3'));
    const to = link.take().map((bytes) => formatFrame(bytes).split(' ')[2]);
    expect([PEER, OTHER].map((peer) => to.filter((text) => text === peer).length)).toEqual([20, 3]);
  });

  it('tells nobody that errors, or later fragments, were not passed on (RFC 1122 §3.2.2)', async () => {
    const link = await router();
    const ends = { source: '10.1.0.9', destination: '10.0.0.2' };
    const pass = (packet: Uint8Array) => link.injectAt(2, frame(ownHardware(2), PEER, 0x0800, packet));
    pass(icmp({ ...ends, type: 3, data: pattern(64) }));
    const [first, later] = cut(buildIp({ ...ends, protocol: 17, payload: pattern(100) }), 64) as [
      Uint8Array,
      Uint8Array,
    ];
    pass(later);
    link.advance(3500);
    expect(link.told(2)).toEqual([]);
    pass(first);
    link.advance(3500);
    expect(link.told(2)).toEqual([expect.stringContaining('host unreachable about 10.1.0.9:7')]);
  });

  it('goes to the router for what is elsewhere', async () => {
    const link = await settled();
    link.network.addRoute({ to: '0.0.0.0/0', via: '10.0.0.254' });
    link.ping('192.0.2.1');
    expect(link.told()).toEqual([`${OWN} > ${BROADCAST} arp who has 10.0.0.254? tell 10.0.0.1`]);
  });

  it('asks nobody for broadcasts and groups', async () => {
    const link = await settled();
    link.ping('10.0.0.255');
    link.ping('255.255.255.255');
    link.network.addRoute({ to: '224.0.0.0/4', interface: 1 });
    link.ping('239.129.2.3');
    expect(link.told().map((text) => text.split(' ')[2])).toEqual(expect.arrayContaining(['01:00:5e:01:02:03']));
  });

  it('looks whether a neighbour is still there when packets go to it: after five seconds it asks, three times, it alone', async () => {
    const link = await settled();
    link.ping('10.0.0.2');
    link.inject(answer(PEER, '10.0.0.2'));
    link.advance(46_000);
    expect(link.neighbors()).toEqual(['10.0.0.2 stale']);
    link.take();
    link.ping('10.0.0.2');
    expect(link.neighbors()).toEqual(['10.0.0.2 delay']);
    expect(link.take()).toHaveLength(1);
    const asked = link.over(10_000);
    expect(asked.map(([at]) => at)).toEqual([5, 6, 7]);
    expect(asked[0]?.[1]).toBe(`${OWN} > ${PEER} arp who has 10.0.0.2? tell 10.0.0.1`);
    expect(link.neighbors()).toEqual([]);
  });

  it('knows by an answer that it is', async () => {
    const link = await settled();
    link.ping('10.0.0.2');
    link.inject(answer(PEER, '10.0.0.2'));
    link.advance(46_000);
    link.ping('10.0.0.2');
    link.advance(5_000);
    expect(link.neighbors()).toEqual(['10.0.0.2 probe']);
    link.inject(answer(PEER, '10.0.0.2'));
    expect(link.neighbors()).toEqual(['10.0.0.2 reachable']);
  });
});

describe('ARP: being asked', () => {
  it('answers who asks for our address, and knows him then', async () => {
    const link = await settled();
    link.inject(arp({ from: PEER, sender: '10.0.0.2', target: '10.0.0.1' }));
    expect(link.told()).toEqual([`${OWN} > ${PEER} arp 10.0.0.1 is at ${OWN}`]);
    expect(link.neighbors()).toEqual(['10.0.0.2 stale']);
  });

  it('answers a probe (RFC 5227 §2.1.1), and learns nothing of it', async () => {
    const link = await settled();
    link.inject(arp({ from: PEER, sender: '0.0.0.0', target: '10.0.0.1' }));
    expect(link.told()).toEqual([`${OWN} > ${PEER} arp 10.0.0.1 is at ${OWN}`]);
    expect(link.neighbors()).toEqual([]);
  });

  it('says nothing for others, nor for an address that may be somebody else’s', async () => {
    const link = await settled();
    link.addAddress('10.0.0.9/24', ADDRESS_TENTATIVE);
    link.take();
    link.inject(arp({ from: PEER, sender: '10.0.0.2', target: '10.0.0.3' }));
    link.inject(arp({ from: PEER, sender: '10.0.0.2', target: '10.0.0.9' }));
    expect(link.told()).toEqual([]);
  });

  it('learns from gratuitous ARP only of whom it knows', async () => {
    const link = await settled();
    link.inject(arp({ from: PEER, sender: '10.0.0.2', target: '10.0.0.2' }));
    link.inject(arp({ operation: 2, from: PEER, sender: '10.0.0.3', target: '10.0.0.3' }));
    expect(link.neighbors()).toEqual([]);
    link.ping('10.0.0.2');
    link.inject(answer(PEER, '10.0.0.2'));
    link.take();
    link.inject(arp({ from: OTHER, sender: '10.0.0.2', target: '10.0.0.2' }));
    expect(link.neighbors()).toEqual(['10.0.0.2 stale']);
    link.ping('10.0.0.2');
    expect(link.told()[0]).toContain(`${OWN} > ${OTHER}`);
  });

  it('makes no entry for one who is not on our network', async () => {
    const link = await settled();
    link.inject(arp({ from: PEER, sender: '192.0.2.7', target: '10.0.0.1' }));
    expect(link.told()).toHaveLength(1);
    expect(link.neighbors()).toEqual([]);
  });
});

describe('IPv4 address conflicts (RFC 5227)', () => {
  it('announces an address that a program gives twice, two seconds apart', async () => {
    const link = await LinkDriver.create();
    link.network.addAddress('10.0.0.1/24');
    const told = link.over(10_000);
    expect(told.map(([at]) => at)).toEqual([0.1, 2]);
    expect(told[0]?.[1]).toBe(`${OWN} > ${BROADCAST} arp who has 10.0.0.1? tell 10.0.0.1`);
  });

  it('probes for a tentative one three times, one to two seconds apart, waits, and has it', async () => {
    const link = await LinkDriver.create();
    link.addAddress('10.0.0.1/24', ADDRESS_TENTATIVE);
    const told = link.over(20_000);
    expect(told.map(([, text]) => text.split(' arp ')[1])).toEqual([
      'who has 10.0.0.1? tell 0.0.0.0',
      'who has 10.0.0.1? tell 0.0.0.0',
      'who has 10.0.0.1? tell 0.0.0.0',
      'who has 10.0.0.1? tell 10.0.0.1',
      'who has 10.0.0.1? tell 10.0.0.1',
    ]);
    const [first, second, third, announced, again] = told.map(([at]) => at) as [number, number, number, number, number];
    expect(first).toBeLessThanOrEqual(1);
    for (const gap of [second - first, third - second]) {
      expect(gap).toBeGreaterThan(0.9);
      expect(gap).toBeLessThanOrEqual(2.1);
    }
    expect(announced - third).toBeCloseTo(2, 0);
    expect(again - announced).toBeCloseTo(2, 0);
    expect(link.network.addresses()[0]).toMatchObject({ tentative: false, duplicate: false });
  });

  it.each([
    ['who has it already answers', { operation: 2, from: PEER, sender: '10.0.0.1', target: '10.0.0.1' }],
    ['who has it asks for somebody', { from: PEER, sender: '10.0.0.1', target: '10.0.0.77' }],
    ['another one probes for it at the same time', { from: PEER, sender: '0.0.0.0', target: '10.0.0.1' }],
  ])('does not take it when %s', async (_, message) => {
    const link = await LinkDriver.create();
    link.addAddress('10.0.0.1/24', ADDRESS_TENTATIVE);
    link.advance(1500);
    link.take();
    link.inject(arp(message));
    expect(link.network.addresses()[0]).toMatchObject({ tentative: true, duplicate: true });
    expect(link.over(20_000)).toEqual([]);
  });

  it('defends its address, once in ten seconds', async () => {
    const link = await settled();
    const thief = arp({ from: PEER, sender: '10.0.0.1', target: '10.0.0.2' });
    link.inject(thief);
    expect(link.told()).toEqual([`${OWN} > ${BROADCAST} arp who has 10.0.0.1? tell 10.0.0.1`]);
    link.advance(5000);
    link.inject(thief);
    expect(link.told()).toEqual([]);
    link.advance(5001);
    link.inject(thief);
    expect(link.told()).toHaveLength(1);
    expect(link.neighbors()).toEqual([]);
  });
});

describe('an address that was given up', () => {
  it('is reached where it is now', async () => {
    const link = await settled();
    link.addAddress('10.0.0.7/24', ADDRESS_AUTOMATIC);
    link.advance(5000);
    link.ping('10.0.0.7');
    const thief = arp({ from: PEER, sender: '10.0.0.7', target: '10.0.0.2' });
    link.inject(thief, thief);
    link.take();
    link.ping('10.0.0.7');
    expect(link.told()).toEqual([expect.stringContaining('who has 10.0.0.7?')]);
  });
});

describe('frames that nobody should send', () => {
  it.each([
    ['hardware type', 1, 6],
    ['protocol type', 2, 0x86],
    ['hardware length', 4, 8],
    ['protocol length', 5, 16],
    ['group as the sender', 8, 0x01],
  ])('an ARP message with a wrong %s is dropped', async (_, offset, value) => {
    const link = await settled();
    const message = arp({ from: PEER, sender: '10.0.0.2', target: '10.0.0.1' });
    message[14 + offset] = value;
    link.inject(message);
    expect(link.told()).toEqual([]);
  });

  it('frames for others, from groups, from ourselves, with a VLAN tag and of IEEE 802.3 are dropped', async () => {
    const link = await settled();
    const request = (to: string, from: string) => echoRequest(from, to, '10.0.0.2', '10.0.0.1');
    const tagged = request(OWN, PEER);
    tagged.set([0x81, 0x00], 12);
    const raw = request(OWN, PEER);
    raw.set([0x00, 0x2e], 12);
    link.inject(
      request(OTHER, PEER),
      request(OWN, '03:00:00:00:00:aa'),
      request(OWN, OWN),
      tagged,
      raw,
      frame(OWN, PEER, 0x86dd, request(OWN, PEER).subarray(14)),
      new Uint8Array(13),
    );
    expect(link.told()).toEqual([]);
    link.inject(request(OWN, PEER));
    expect(link.told()).toHaveLength(1);
  });

  it('every cut of an ARP message is met without harm', async () => {
    const link = await settled();
    const message = arp({ from: PEER, sender: '10.0.0.2', target: '10.0.0.1' });
    for (let length = 0; length < 42; length++) link.inject(message.slice(0, length));
    expect(link.told()).toEqual([]);
    link.inject(message.slice(0, 42));
    expect(link.told()).toHaveLength(1);
  });
});

/** A link whose address has been announced. */
async function settled(): Promise<LinkDriver> {
  const link = await LinkDriver.create({ addresses: ['10.0.0.1/24'] });
  link.advance(3000);
  link.take();
  return link;
}

/** Interface 2 is the network 10.1.0.0/24, with a neighbour that is known. */
async function router(): Promise<LinkDriver> {
  const link = await LinkDriver.create({ addresses: ['10.0.0.1/24'], forwarding: true, interfaces: 2 });
  link.addAddress('10.1.0.1/24', 0, 2);
  link.advance(3000);
  link.injectAt(2, arp({ from: PEER, sender: '10.1.0.9', target: '10.1.0.1' }));
  link.take(1);
  link.take(2);
  return link;
}

function answer(from: string, sender: string): Uint8Array {
  return arp({ operation: 2, from, sender, target: '10.0.0.1', at: OWN, to: OWN });
}
