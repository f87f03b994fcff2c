import { describe, expect, it } from 'vitest';
import { address } from '../kit/driver.js';
import { advertisement, icmp6, LinkDriver, linkOption, OWN, words32 } from '../kit/link.js';

const ROUTER = '02:00:00:00:00:fe';
const FIRST = 'fe80::1';
const SECOND = 'fe80::2';
const FOR_EVER = 0xffffffff;

describe('asking for routers (RFC 4861 §6.3.7, RFC 7559)', () => {
  it('asks once the link-local address is ours, and ever more rarely while nobody answers', async () => {
    const link = await LinkDriver.create({ autoconfigure: true });
    const asked = link.over(120_000).filter(([, text]) => text.includes('router solicitation'));
    expect(asked[0]?.[1]).toMatch(
      new RegExp(`^${OWN} > 33:33:00:00:00:02 fe80:.* > ff02::2 icmp6 router solicitation`),
    );
    expect(asked[0]?.[0]).toBeGreaterThan(1);
    const gaps = asked.slice(1).map(([at], index) => at - (asked[index]?.[0] ?? 0));
    for (const [index, wanted] of [4, 8, 16, 32].entries()) {
      expect((gaps[index] ?? 0) / wanted).toBeGreaterThan(0.75);
      expect((gaps[index] ?? 0) / wanted).toBeLessThan(1.35);
    }
  });

  it('stops when a router has answered, and asks again when the last has gone', async () => {
    const link = await configured();
    link.inject(router({ lifetime: 60 }));
    expect(link.over(59_000).filter(([, text]) => text.includes('router sol'))).toEqual([]);
    expect(link.over(10_000).filter(([, text]) => text.includes('router sol'))).not.toEqual([]);
  });
});

describe('what routers advertise (RFC 4861 §6.3.4, RFC 4191)', () => {
  it('a default route for its lifetime, renewed by each advertisement, gone with 0', async () => {
    const link = await configured();
    link.inject(router({ lifetime: 30 }));
    expect(defaults(link)).toEqual([`${FIRST}%1 1024`]);
    link.advance(20_000);
    link.inject(router({ lifetime: 30 }));
    link.advance(20_000);
    expect(defaults(link)).toHaveLength(1);
    link.inject(router({ lifetime: 0 }));
    expect(defaults(link)).toEqual([]);
    link.inject(router({ lifetime: 30 }));
    link.advance(30_001);
    expect(defaults(link)).toEqual([]);
  });

  it('prefers the router that says so', async () => {
    const link = await configured();
    link.inject(router({ preference: 3 }), router({ from: SECOND, preference: 1 }));
    expect(defaults(link)).toEqual([`${FIRST}%1 2048`, `${SECOND}%1 512`]);
  });

  it('prefers a router that answers to one that does not', async () => {
    const link = await configured();
    link.inject(router({ options: prefix({}) }), router({ from: SECOND }));
    link.advance(3000);
    link.take();
    link.ping('2001:db8:ffff::1');
    expect(link.told().join()).toContain(`who has ${FIRST}?`);
    link.advance(4000);
    link.take();
    link.ping('2001:db8:ffff::1');
    expect(link.told().join()).toContain(`who has ${SECOND}?`);
  });

  it('prefers a router again that was silent and is back', async () => {
    const link = await configured();
    const [first, second] = ['02:00:00:00:00:f1', '02:00:00:00:00:f2'];
    link.inject(router({ options: prefix({}), preference: 1 }), router({ from: SECOND }));
    link.advance(3000);
    link.ping('2001:db8:ffff::1');
    link.advance(4000);
    link.take();
    link.inject(
      router({ preference: 1, options: linkOption(1, first) }),
      router({ from: SECOND, options: linkOption(1, second) }),
    );
    link.ping('2001:db8:ffff::1');
    expect(link.told()).toEqual([expect.stringContaining(`> ${first} `)]);
  });

  it('an advertisement of a neighbour that may not change what is known of it ends no route (RFC 4861 §7.2.5)', async () => {
    const link = await configured();
    link.inject(router({ options: linkOption(1, ROUTER) }));
    const own = (link.network.addresses()[0]?.address ?? '').replace('%1', '');
    const from = '02:00:00:00:00:bb';
    const says = { from, source: FIRST, destination: own, targetLink: from };
    link.inject(advertisement(FIRST, '', says));
    expect(defaults(link)).toHaveLength(1);
    link.inject(advertisement(FIRST, 'O', says));
    expect(defaults(link)).toEqual([]);
  });

  it('nothing is said of IPv4 (RFC 4942 §2.2)', async () => {
    const link = await configured();
    const before = link.network.routes();
    const four = [...address('192.0.2.0')];
    const options = [3, 4, 120, 0x80, ...words32(600, 600, 0), ...four, 24, 3, 120, 0, ...words32(600), ...four];
    link.inject(router({ lifetime: 0, options }));
    expect(link.network.routes()).toEqual(before);
  });

  it('the network of a prefix is on the link, or not, as it says', async () => {
    const link = await configured();
    link.inject(router({ options: [...prefix({}), ...prefix({ net: '2001:db8:2::', onLink: false })] }));
    const routes = link.network.routes().map(({ to, via }) => `${to} ${via}`);
    expect(routes).toContain('2001:db8:1::/64 undefined');
    expect(routes.join()).not.toContain('2001:db8:2::');
  });

  it.each([
    ['as it says', [3000], 3],
    ['a second, where no router has said anything', [0], 1],
    ['as the last one said that did', [3000, 0], 3],
    ['ten seconds, where it is to be an hour', [3_600_000], 10],
    ['ten seconds, where it is to be for ever', [FOR_EVER], 10],
    ['a tenth of a second, where it is to be less', [1], 0.1],
  ])('the time between solicitations: %s', async (_, said, seconds) => {
    const link = await configured();
    for (const retransmit of said) link.inject(router({ retransmit, options: prefix({}) }));
    link.advance(11_000);
    expect(globals(link), 'nobody objected to the new address for so long').toEqual([
      expect.stringContaining('preferred'),
    ]);
    link.take();
    link.ping('2001:db8:1::7');
    expect(link.told()).toEqual([expect.stringContaining('who has 2001:db8:1::7?')]);
    const again = link.over(40_000).filter(([, text]) => text.includes('who has 2001:db8:1::7?'));
    expect(again.map(([at]) => at)).toEqual([seconds, 2 * seconds]);
  });

  it('routes of its own (RFC 4191 §2.3)', async () => {
    const link = await configured();
    link.inject(router({ options: [24, 2, 48, 0x08, ...words32(600), ...address('2001:db8:7::').subarray(0, 8)] }));
    expect(link.network.routes()).toContainEqual(
      expect.objectContaining({ to: '2001:db8:7::/48', via: `${FIRST}%1`, metric: 512, automatic: true }),
    );
  });

  it.each([
    ['forwarded', { lifetime: 254 }],
    ['not from a link-local address', { source: '2001:db8::1' }],
    ['with a wrong checksum', { damaged: true }],
  ])('an advertisement %s is not believed', async (_, change) => {
    const link = await configured();
    link.inject(router({ options: prefix({}), packet: change }));
    expect(defaults(link)).toEqual([]);
    expect(globals(link)).toEqual([]);
  });

  it('nobody is believed where nothing is to be configured', async () => {
    const link = await LinkDriver.create({ linkLocal: true });
    link.advance(3000);
    link.inject(router({ options: prefix({}) }));
    expect(defaults(link)).toEqual([]);
  });

  it('nor where packets of IPv6 do not fit (RFC 8200 §5)', async () => {
    const link = await LinkDriver.create({ autoconfigure: true, mtu: 1279 });
    link.advance(3000);
    link.inject(router({ options: prefix({}) }));
    expect(defaults(link)).toEqual([]);
    expect(link.network.addresses()).toEqual([]);
  });

  it('thousands of routes and prefixes leave the tables bounded', async () => {
    const link = await configured();
    for (let number = 0; number < 2000; number++) {
      const net = `2001:db8:${number.toString(16)}::`;
      link.inject(router({ from: `fe80::${(number + 1).toString(16)}`, options: prefix({ net }) }));
      link.take();
    }
    expect(link.network.routes().length).toBeLessThanOrEqual(64);
    expect(link.network.addresses().length).toBeLessThanOrEqual(17);
  });
});

describe('addresses from prefixes (RFC 4862 §5.5, RFC 7217)', () => {
  it('an address is made, probed for, deprecated and forgotten in its time', async () => {
    const link = await configured();
    link.inject(router({ options: prefix({ valid: 100, preferred: 40 }) }));
    expect(globals(link)).toEqual([expect.stringMatching(/^2001:db8:1:0?:.* tentative$/)]);
    link.advance(3000);
    expect(globals(link)).toEqual([expect.stringMatching(/ preferred$/)]);
    link.advance(40_000);
    expect(globals(link)).toEqual([expect.stringMatching(/ deprecated$/)]);
    link.advance(60_000);
    expect(globals(link)).toEqual([]);
  });

  it('its lower half is the same for the same stack and network, and another one on another network', async () => {
    const lower = async (net: string) => {
      const link = await configured();
      link.inject(router({ options: prefix({ net }) }));
      return globals(link)[0]?.split(' ')[0]?.split(':').slice(-4).join(':');
    };
    expect(await lower('2001:db8:1::')).toBe(await lower('2001:db8:1::'));
    expect(await lower('2001:db8:1::')).not.toBe(await lower('2001:db8:2::'));
    expect(await lower('2001:db8:1::')).not.toContain('ff:fe');
  });

  it('a lifetime can be made shorter than two hours by time alone (§5.5.3 e)', async () => {
    const link = await configured();
    link.inject(router({ options: prefix({ valid: 20_000, preferred: 20_000 }) }));
    link.inject(router({ options: prefix({ valid: 10, preferred: 10 }) }));
    expect(lifetime(link)).toBe(7200);
    link.advance(1_000_000);
    link.inject(router({ options: prefix({ valid: 10, preferred: 10 }) }));
    expect(lifetime(link)).toBe(6200);
    link.inject(router({ options: prefix({ valid: 6500, preferred: 10 }) }));
    expect(lifetime(link)).toBe(6500);
  });

  it.each([
    ['preferred for longer than it is valid', { valid: 10, preferred: 20 }],
    ['that is link-local', { net: 'fe80::' }],
    ['of another length', { length: 48 }],
    ['that is not autonomous', { autonomous: false }],
    ['with no lifetime', { valid: 0, preferred: 0 }],
  ])('no address is made of a prefix %s', async (_, change) => {
    const link = await configured();
    link.inject(router({ options: prefix(change) }));
    expect(globals(link)).toEqual([]);
  });

  it('another is made when somebody has it', async () => {
    const link = await configured();
    link.inject(router({ options: prefix({}) }));
    const first = globals(link)[0]?.split(' ')[0] ?? '';
    link.advance(500);
    link.inject(advertisement(first, 'O', { from: ROUTER, source: first, destination: 'ff02::1', targetLink: ROUTER }));
    link.advance(4000);
    expect(globals(link)).toHaveLength(1);
    expect(globals(link)[0]).toMatch(/ preferred$/);
    expect(globals(link)[0]).not.toContain(first);
  });
});

describe('redirects (RFC 4861 §8)', () => {
  const redirect = (options: { from?: string; target?: string; destination?: string }) => {
    const { from = FIRST, target = SECOND, destination = '2001:db8:ffff::1' } = options;
    return icmp6([137, 0, 0, 0, 0, 0, 0, 0, ...address(target), ...address(destination)], {
      from: ROUTER,
      source: from,
      destination: 'fe80::9',
      to: OWN,
    });
  };

  it('are taken from the router in use, to another router or to a destination on the link', async () => {
    const link = await configured();
    link.inject(router({}));
    const own = (link.network.addresses()[0]?.address ?? '').replace('%1', '');
    const send = (target: string) =>
      link.inject(
        icmp6([137, 0, 0, 0, 0, 0, 0, 0, ...address(target), ...address('2001:db8:ffff::1')], {
          from: ROUTER,
          source: FIRST,
          destination: own,
          to: OWN,
        }),
      );
    send(SECOND);
    expect(link.network.routes()).toContainEqual(
      expect.objectContaining({ to: '2001:db8:ffff::1/128', via: `${SECOND}%1` }),
    );
  });

  it('are not taken from anybody else', async () => {
    const link = await configured();
    link.inject(router({}));
    link.inject(redirect({ from: 'fe80::bad' }));
    expect(link.network.routes().join()).not.toContain('ffff::1/128');
  });
});

describe('name servers (RFC 8106)', () => {
  it('are kept for their lifetime', async () => {
    const link = await configured();
    const servers = [25, 5, 0, 0, ...words32(100), ...address('2001:db8::53'), ...address('2001:db8::54')];
    const domains = [31, 3, 0, 0, ...words32(100), 3, ...Buffer.from('lab'), 7, ...Buffer.from('example'), 0, 0, 0, 0];
    link.inject(router({ options: [...servers, ...domains] }));
    const { readRouterDomains, readRouterServers } = await import('../../host/stack/link.js');
    expect(readRouterServers(link.core)).toEqual(['2001:db8::53', '2001:db8::54']);
    expect(readRouterDomains(link.core)).toEqual(['lab.example']);
    link.advance(100_001);
    link.calls.input(0, link.now);
    expect(readRouterServers(link.core)).toEqual([]);
    expect(readRouterDomains(link.core)).toEqual([]);
  });
});

async function configured(): Promise<LinkDriver> {
  const link = await LinkDriver.create({ autoconfigure: true });
  link.advance(3000);
  link.take();
  return link;
}

interface Router {
  from?: string;
  lifetime?: number;
  preference?: number;
  /** Milliseconds. */
  retransmit?: number;
  options?: readonly number[];
  packet?: object;
}

function router(said: Router): Uint8Array {
  const { from = FIRST, lifetime = 1800, preference = 0, retransmit = 0, options = [], packet = {} } = said;
  const fixed = [134, 0, 0, 0, 64, preference << 3, lifetime >> 8, lifetime & 255, ...words32(0, retransmit)];
  return icmp6([...fixed, ...linkOption(1, undefined), ...options], {
    from: ROUTER,
    source: from,
    destination: 'ff02::1',
    ...packet,
  });
}

function prefix({
  net = '2001:db8:1::',
  length = 64,
  valid = FOR_EVER,
  preferred = FOR_EVER,
  onLink = true,
  autonomous = true,
}: {
  net?: string;
  length?: number;
  valid?: number;
  preferred?: number;
  onLink?: boolean;
  autonomous?: boolean;
}): number[] {
  const flags = (onLink ? 0x80 : 0) | (autonomous ? 0x40 : 0);
  return [3, 4, length, flags, ...words32(valid, preferred, 0), ...address(net)];
}

function defaults(link: LinkDriver): string[] {
  return link.network
    .routes()
    .filter(({ to }) => to === '::/0')
    .map(({ via, metric }) => `${via} ${metric}`);
}

function globals(link: LinkDriver): string[] {
  return link.network
    .addresses()
    .filter(({ address: text }) => !text.startsWith('fe80'))
    .map(
      ({ address: text, tentative, deprecated }) =>
        `${text} ${tentative ? 'tentative' : deprecated ? 'deprecated' : 'preferred'}`,
    );
}

function lifetime(link: LinkDriver): number | undefined {
  link.calls.input(0, link.now);
  return link.network.addresses().find(({ address: text }) => !text.startsWith('fe80'))?.validLifetime;
}
