import { describe, expect, it } from 'vitest';
import { COUNTER_NEIGHBORS } from '../../assembly/abi/constants.js';
import { address } from '../kit/driver.js';
import {
  advertisement,
  echoRequest,
  icmp6,
  LinkDriver,
  linkOption,
  OWN,
  ownHardware,
  solicitation,
  solicitedNode,
} from '../kit/link.js';
import { addressText } from '../kit/packet.js';

const PEER = '02:00:00:00:00:aa';
const OTHER = '02:00:00:00:00:bb';
const US = 'fd00::1';
const THEM = 'fd00::2';
const FROM = { from: PEER, source: THEM, destination: US };

describe('duplicate address detection (RFC 4862 §5.4)', () => {
  it('asks for the address from nobody, to its solicited-node group, and has it a second later', async () => {
    const link = await LinkDriver.create();
    link.addAddress(`${US}/64`);
    expect(state(link)).toEqual('tentative');
    const told = link.over(2100);
    expect(told).toEqual([
      [
        expect.any(Number),
        `${OWN} > 33:33:ff:00:00:01 :: > ff02::1:ff00:1 icmp6 neighbor solicitation who has fd00::1?`,
      ],
    ]);
    expect(told[0]?.[0]).toBeLessThanOrEqual(1);
    expect(state(link)).toEqual('ours');
    expect(link.over(10_000)).toEqual([]);
  });

  it('asks as often as DupAddrDetectTransmits says, and not at all when it is 0', async () => {
    const thrice = await LinkDriver.create({ duplicateTransmits: 3 });
    thrice.addAddress(`${US}/64`);
    expect(thrice.over(10_000)).toHaveLength(3);
    expect(state(thrice)).toBe('ours');
    const never = await LinkDriver.create({ duplicateTransmits: 0 });
    never.addAddress(`${US}/64`);
    expect(state(never)).toBe('ours');
    expect(never.over(10_000)).toEqual([]);
  });

  it('does not answer for a tentative address, and takes no packets for it', async () => {
    const link = await LinkDriver.create();
    link.addAddress(`${US}/64`);
    link.inject(solicitation(US, { ...FROM, destination: solicitedNode(US), sourceLink: PEER }));
    link.inject(echoRequest(PEER, OWN, THEM, US));
    expect(link.told()).toEqual([]);
    expect(state(link)).toBe('tentative');
  });

  it.each([
    ['somebody has it', advertisement(US, 'O', { from: PEER, source: US, destination: 'ff02::1', targetLink: PEER })],
    [
      'somebody asks for it at the same time',
      solicitation(US, { from: PEER, source: '::', destination: solicitedNode(US) }),
    ],
  ])('gives an address up when %s', async (_, frame) => {
    const link = await LinkDriver.create();
    link.addAddress(`${US}/64`);
    link.advance(1100);
    link.take();
    link.inject(frame);
    expect(state(link)).toBe('duplicate');
    expect(link.over(10_000)).toEqual([]);
    link.inject(echoRequest(PEER, OWN, THEM, US));
    expect(link.told()).toEqual([]);
  });

  it('makes another link-local address when somebody has the first, three times at most (RFC 7217 §6)', async () => {
    const link = await LinkDriver.create({ linkLocal: true });
    const tried = new Set<string>();
    for (let attempt = 0; attempt < 6; attempt++) {
      const own = (link.network.addresses()[0]?.address ?? '').replace('%1', '');
      tried.add(own);
      link.advance(500);
      link.inject(advertisement(own, 'O', { from: PEER, source: own, destination: 'ff02::1', targetLink: PEER }));
      link.advance(100);
    }
    expect(tried.size).toBe(4);
    expect(link.network.addresses()).toHaveLength(1);
    expect(state(link)).toBe('duplicate');
  });
});

describe('neighbour advertisements that we owe (RFC 4861 §7.2.4)', () => {
  it('answers who asks, solicited, and knows him then', async () => {
    const link = await settled();
    link.inject(solicitation(US, { ...FROM, destination: solicitedNode(US), sourceLink: PEER }));
    expect(link.told()).toEqual([
      `${OWN} > ${PEER} fd00::1 > fd00::2 icmp6 neighbor advertisement fd00::1 solicited override <target ${OWN}>`,
    ]);
    link.advance(0);
    expect(link.neighbors()).toEqual(['fd00::2 delay']);
  });

  it('answers all when a host asks that has no address yet', async () => {
    const link = await settled();
    link.inject(solicitation(US, { from: PEER, source: '::', destination: solicitedNode(US) }));
    expect(link.told()).toEqual([
      `${OWN} > 33:33:00:00:00:01 fd00::1 > ff02::1 icmp6 neighbor advertisement fd00::1 override <target ${OWN}>`,
    ]);
  });

  it('leaves the solicited-node group of an address with the address, and says so at once', async () => {
    const link = await settled();
    link.core.putAddress(address(US));
    link.calls.addressRemove(1);
    link.calls.output(link.now);
    expect(link.calls.nextDeadline()).toBeLessThan(link.now + 1001);
  });

  it('says that it is a router when it forwards', async () => {
    const link = await settled({ forwarding: true });
    link.inject(solicitation(US, { ...FROM, destination: solicitedNode(US), sourceLink: PEER }));
    expect(link.told()[0]).toContain('router');
  });

  it.each([
    ['that a router has forwarded', { lifetime: 254 }],
    ['with a wrong checksum', { damaged: true }],
    ['for a group', { target: 'ff02::1' }],
    ['from nobody with an option', { source: '::', sourceLink: PEER, destination: solicitedNode(US) }],
    ['from nobody to us alone', { source: '::', sourceLink: undefined, destination: US }],
    ['for somebody else', { target: 'fd00::9' }],
  ])('says nothing to a solicitation %s', async (_, change) => {
    const link = await settled();
    const { target = US, ...options } = change as { target?: string };
    link.inject(solicitation(target, { ...FROM, sourceLink: PEER, ...options }));
    expect(link.told()).toEqual([]);
    expect(link.neighbors()).toEqual([]);
  });

  it('meets every cut, and options of no length, without harm', async () => {
    const link = await settled();
    const target = [...address(US)];
    for (let length = 8; length < 24; length++) {
      link.inject(icmp6([135, 0, 0, 0, 0, 0, 0, 0, ...target].slice(0, length), FROM));
    }
    const head = [135, 0, 0, 0, 0, 0, 0, 0, ...target];
    for (const option of [[1, 0, 2, 0, 0, 0, 0, 9], [1, 2, 2, 0, 0, 0, 0, 9], [1, 1, 2], [1]]) {
      link.inject(icmp6([...head, ...option], FROM));
    }
    link.inject(icmp6([...head.with(1, 1), ...linkOption(1, PEER)], FROM));
    expect(link.told()).toEqual([]);
    expect(link.neighbors()).toEqual([]);
  });
});

describe('neighbour unreachability detection (RFC 4861 §7.3)', () => {
  it('INCOMPLETE: asks the group three times, a second apart, then gives up', async () => {
    const link = await settled();
    link.ping(THEM);
    const told = link.over(5000);
    expect(told.map(([at]) => at)).toEqual([0.1, 1, 2]);
    expect(told[0]?.[1]).toBe(
      `${OWN} > 33:33:ff:00:00:02 fd00::1 > ff02::1:ff00:2 icmp6 neighbor solicitation who has fd00::2? <source ${OWN}>`,
    );
    expect(link.neighbors()).toEqual([]);
  });

  it('INCOMPLETE → REACHABLE by a solicited advertisement, → STALE by another; without an address it stays', async () => {
    const solicited = await asked();
    solicited.inject(advertisement(THEM, 'S', { ...FROM, targetLink: PEER }));
    expect(solicited.neighbors()).toEqual([`${THEM} reachable`]);
    expect(solicited.told()[0]).toContain(`${OWN} > ${PEER} fd00::1 > fd00::2 icmp6 echo request`);
    const unsolicited = await asked();
    unsolicited.inject(advertisement(THEM, 'O', { ...FROM, targetLink: PEER }));
    expect(unsolicited.neighbors()).toEqual([`${THEM} delay`]);
    const empty = await asked();
    empty.inject(advertisement(THEM, 'SO', FROM));
    expect(empty.neighbors()).toEqual([`${THEM} incomplete`]);
  });

  it('REACHABLE → STALE after ReachableTime, → DELAY with a packet, → PROBE five seconds later, → gone', async () => {
    const link = await reachable();
    link.advance(14_000);
    expect(link.neighbors()).toEqual([`${THEM} reachable`]);
    link.advance(32_000);
    expect(link.neighbors()).toEqual([`${THEM} stale`]);
    link.ping(THEM);
    expect(link.neighbors()).toEqual([`${THEM} delay`]);
    link.take();
    const probes = link.over(8100);
    expect(probes.map(([at]) => at)).toEqual([5, 6, 7]);
    expect(probes[0]?.[1]).toContain(`${OWN} > ${PEER} fd00::1 > fd00::2 icmp6 neighbor solicitation`);
    expect(link.neighbors()).toEqual([]);
  });

  it('PROBE → REACHABLE by a solicited advertisement', async () => {
    const link = await reachable();
    link.advance(46_000);
    link.ping(THEM);
    link.advance(5_500);
    expect(link.neighbors()).toEqual([`${THEM} probe`]);
    link.inject(advertisement(THEM, 'S', { ...FROM, targetLink: PEER }));
    expect(link.neighbors()).toEqual([`${THEM} reachable`]);
  });

  it('another address without override makes REACHABLE STALE, and is not believed', async () => {
    const link = await reachable();
    link.inject(advertisement(THEM, 'S', { ...FROM, from: OTHER, targetLink: OTHER }));
    expect(link.neighbors()).toEqual([`${THEM} stale`]);
    link.ping(THEM);
    expect(link.told()[0]).toContain(`> ${PEER}`);
  });

  it('another address with override is believed, and looked into', async () => {
    const link = await reachable();
    link.inject(advertisement(THEM, 'O', { ...FROM, from: OTHER, targetLink: OTHER }));
    expect(link.neighbors()).toEqual([`${THEM} stale`]);
    link.ping(THEM);
    expect(link.told()[0]).toContain(`> ${OTHER}`);
  });

  it('another address in a solicitation is believed, and looked into', async () => {
    const link = await reachable();
    link.inject(solicitation(US, { ...FROM, from: OTHER, sourceLink: OTHER }));
    expect(link.neighbors()[0]).toMatch(/stale|delay/);
    link.take();
    link.ping(THEM);
    expect(link.told()[0]).toContain(`> ${OTHER}`);
  });

  it.each([
    ['that a router has forwarded', 'SO', { lifetime: 64 }],
    ['solicited, but to all', 'SO', { destination: 'ff02::1' }],
    ['with a wrong checksum', 'SO', { damaged: true }],
  ])('an advertisement %s changes nothing', async (_, flags, change) => {
    const link = await reachable();
    link.inject(advertisement(THEM, flags, { ...FROM, from: OTHER, targetLink: OTHER, ...change }));
    expect(link.neighbors()).toEqual([`${THEM} reachable`]);
    link.ping(THEM);
    expect(link.told()[0]).toContain(`> ${PEER}`);
  });

  it('an advertisement of somebody that nobody asked for makes no entry (§7.2.5)', async () => {
    const link = await settled();
    link.inject(advertisement('fd00::77', 'SO', { ...FROM, targetLink: PEER }));
    expect(link.neighbors()).toEqual([]);
  });
});

describe('floods (RFC 6583)', () => {
  it('a scan of a /64 through a router leaves memory bounded, and a neighbour in use where it is', async () => {
    const link = await LinkDriver.create({
      addresses: [`${US}/64`],
      forwarding: true,
      interfaces: 2,
      duplicateTransmits: 0,
    });
    link.addAddress('fd01::1/64', 0, 2);
    link.ping(THEM);
    link.inject(advertisement(THEM, 'S', { ...FROM, targetLink: PEER }));
    let most = 0;
    for (let host = 0; host < 20_000; host += 50) {
      const frames = Array.from({ length: 50 }, (_, index) => {
        const target = addressText(
          Uint8Array.from([0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, (host + index) >> 8, (host + index) & 255]),
        );
        return echoRequest(OTHER, ownHardware(2), 'fd01::9', target);
      });
      link.injectAt(2, ...frames);
      most = Math.max(most, link.calls.counter(COUNTER_NEIGHBORS));
      if (host % 1000 === 0) link.ping(THEM);
    }
    expect(most).toBeLessThanOrEqual(258);
    expect(link.neighbors()).toContain(`${THEM} reachable`);
    const solicitations = link.told().filter((text) => text.includes('solicitation'));
    expect(solicitations.length).toBeLessThanOrEqual(1001);
    link.advance(10_000);
    expect(link.calls.counter(COUNTER_NEIGHBORS)).toBeLessThanOrEqual(2);
  });

  it('what waits for ourselves is resolved in the middle of a scan', async () => {
    const link = await LinkDriver.create({
      addresses: [`${US}/64`],
      forwarding: true,
      interfaces: 2,
      duplicateTransmits: 0,
    });
    link.addAddress('fd01::1/64', 0, 2);
    const scan = (start: number) =>
      link.injectAt(
        2,
        ...Array.from({ length: 60 }, (_, index) =>
          echoRequest(OTHER, ownHardware(2), 'fd01::9', `fd00::9:${(start + index).toString(16)}`),
        ),
      );
    for (let start = 0; start < 3000; start += 60) scan(start);
    link.ping(THEM);
    for (let start = 3000; start < 6000; start += 60) scan(start);
    link.take();
    link.inject(advertisement(THEM, 'S', { ...FROM, targetLink: PEER }));
    expect(link.told().filter((text) => text.includes('echo request'))).toHaveLength(1);
  });

  it('ten thousand invented neighbours that ask for us push out each other, not the one in use', async () => {
    const link = await reachable();
    for (let host = 0; host < 10_000; host += 50) {
      const frames = Array.from({ length: 50 }, (_, index) => {
        const source = `fd00::9:${(host + index).toString(16)}`;
        return solicitation(US, { from: OTHER, source, destination: solicitedNode(US), sourceLink: OTHER });
      });
      link.inject(...frames);
      link.take();
      if (host % 500 === 0) link.ping(THEM);
      link.take();
    }
    expect(link.calls.counter(COUNTER_NEIGHBORS)).toBeLessThanOrEqual(1024);
    expect(link.neighbors()).toContain(`${THEM} reachable`);
  });

  it('tells who sent a packet on that its neighbour does not answer (RFC 4443 §3.1)', async () => {
    const link = await LinkDriver.create({
      addresses: [`${US}/64`],
      forwarding: true,
      interfaces: 2,
      duplicateTransmits: 0,
    });
    link.addAddress('fd01::1/64', 0, 2);
    link.injectAt(
      2,
      solicitation('fd01::1', {
        from: OTHER,
        source: 'fd01::9',
        destination: 'fd01::1',
        to: ownHardware(2),
        sourceLink: OTHER,
      }),
    );
    link.injectAt(2, echoRequest(OTHER, ownHardware(2), 'fd01::9', THEM));
    link.take(2);
    link.advance(3500);
    expect(link.told(2).join('\n')).toMatch(/fd01::1 > fd01::9 icmp6 .*unreachable/);
  });
});

async function settled(options = {}): Promise<LinkDriver> {
  const link = await LinkDriver.create({ addresses: [`${US}/64`], duplicateTransmits: 0, ...options });
  link.advance(3000);
  link.take();
  return link;
}

async function asked(): Promise<LinkDriver> {
  const link = await settled();
  link.ping(THEM);
  link.take();
  return link;
}

async function reachable(): Promise<LinkDriver> {
  const link = await asked();
  link.inject(advertisement(THEM, 'S', { ...FROM, targetLink: PEER }));
  link.take();
  return link;
}

function state(link: LinkDriver): string {
  const [first] = link.network.addresses();
  if (first === undefined) return 'gone';
  return first.duplicate ? 'duplicate' : first.tentative ? 'tentative' : 'ours';
}
