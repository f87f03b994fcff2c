/** Names to addresses: what is asked, whom, when, and what is made of the answers. */
import { beforeEach, describe, expect, test } from 'vitest';
import { Network, OTHER, SERVER, zone } from './kit.js';

let net: Network;
beforeEach(() => {
  net = new Network();
});

describe('a lookup', () => {
  test('asks for AAAA first, then for A (RFC 8305 §3), and gives the best address', async () => {
    net.servers[SERVER] = zone({ 'host.test': ['10.1.1.1', '2001:db8::1'] });
    const resolver = net.resolver();
    expect(await net.settled(resolver.lookup('host.test'))).toEqual({ address: '2001:db8::1', family: 6 });
    expect(net.log).toEqual([`${SERVER} udp AAAA host.test 0`, `${SERVER} udp A host.test 0`]);
    expect([net.open, net.held]).toEqual([0, 0]);
  });

  test('asks for one family only if that is wanted', async () => {
    net.servers[SERVER] = zone({ 'host.test': ['10.1.1.1', '10.1.1.2', '2001:db8::1'] });
    const found = await net.settled(net.resolver().lookup('host.test', { family: 4, all: true }));
    expect(found).toEqual([
      { address: '10.1.1.1', family: 4 },
      { address: '10.1.1.2', family: 4 },
    ]);
    expect(net.log).toEqual([`${SERVER} udp A host.test 0`]);
  });

  test('follows aliases within the answer, whatever the case of their letters', async () => {
    net.servers[SERVER] = zone({ 'www.test': ['CNAME a.test'], 'a.test': ['CNAME b.test'], 'b.test': ['10.1.1.9'] });
    expect(await net.settled(net.resolver().lookup('WWW.Test', { family: 4 }))).toMatchObject({ address: '10.1.1.9' });
  });

  test('is ENOTFOUND as in Node when the name does not exist, and when it has no address', async () => {
    net.servers[SERVER] = zone({ 'empty.test': [] });
    for (const hostname of ['none.test', 'empty.test']) {
      expect(await net.settled(net.resolver().lookup(hostname))).toMatchObject({
        message: `getaddrinfo ENOTFOUND ${hostname}`,
        code: 'ENOTFOUND',
        errno: -3008,
        syscall: 'getaddrinfo',
        hostname,
      });
    }
  });

  test('without any server is EAI_AGAIN at once, and says what to do', async () => {
    const error = await net.settled(net.resolver({}).lookup('host.test'));
    expect(error).toMatchObject({ message: 'getaddrinfo EAI_AGAIN host.test', code: 'EAI_AGAIN', errno: -3001 });
    expect((error as { advice?: string }).advice).toMatch(/knows no name server: give .*dns/);
    expect(net.asked).toEqual([]);
  });

  test('asks the servers that the network has named, unless some are given', async () => {
    net.named = ['fd00::53'];
    net.servers['fd00::53'] = zone({ 'host.test': ['10.1.1.1'] });
    expect(await net.settled(net.resolver({}).lookup('host.test'))).toMatchObject({ address: '10.1.1.1' });
    const given = net.resolver({ servers: [] });
    expect(await net.settled(given.lookup('host.test'))).toMatchObject({ code: 'EAI_AGAIN' });
  });

  test('asks for names of other scripts by their A-labels', async () => {
    net.servers[SERVER] = zone({ 'xn--bcher-kva.test': ['10.1.1.1'] });
    expect(await net.settled(net.resolver().lookup('Bücher.test'))).toMatchObject({ address: '10.1.1.1' });
  });

  test('gives no IPv4 address that lies in an AAAA record', async () => {
    net.servers[SERVER] = (asked) => {
      const data = '::ffff:10.1.1.1';
      const answers = asked.type === 'AAAA' ? [{ type: 'AAAA' as const, name: asked.name, ttl: 9, data }] : [];
      asked.answer({ answers });
    };
    expect(await net.settled(net.resolver().lookup('host.test'))).toMatchObject({ code: 'ENOTFOUND' });
  });

  test('that makes no sense throws', async () => {
    await expect(net.resolver().lookup('host.test', { family: 5 })).rejects.toThrow(RangeError);
  });
});

describe('names that nobody is asked for', () => {
  test.each([
    ['10.1.2.3', { address: '10.1.2.3', family: 4 }],
    ['fd00::7', { address: 'fd00::7', family: 6 }],
    ['[fd00::7]', { address: 'fd00::7', family: 6 }],
    ['localhost', { address: '::1', family: 6 }],
    ['LocalHost.', { address: '::1', family: 6 }],
    ['a.b.localhost', { address: '::1', family: 6 }],
    ['router', { address: '10.9.0.1', family: 4 }],
    ['Router.', { address: '10.9.0.1', family: 4 }],
  ])('%s', async (hostname, expected) => {
    const resolver = net.resolver({ servers: [SERVER], hosts: { router: '10.9.0.1' }, search: ['test'] });
    expect(await net.settled(resolver.lookup(hostname))).toEqual(expected);
    expect(net.asked).toEqual([]);
  });

  test.each([
    ['invalid'],
    ['no.such.invalid'],
    ['hidden.onion'],
    ['a..b'],
    ['.'],
    [''],
    ['with space.test'],
    [`${'x'.repeat(64)}.test`],
    [`${'long.'.repeat(51)}test`],
    ['bü/cher.test'],
    ['bü:80'],
    ['ü@host.test'],
    ['back\\slash.test'],
  ])('%j is ENOTFOUND', async (hostname) => {
    expect(await net.settled(net.resolver().lookup(hostname))).toMatchObject({ code: 'ENOTFOUND', hostname });
    expect(net.asked).toEqual([]);
  });

  test('a family that a known name does not have is ENOTFOUND', async () => {
    const resolver = net.resolver({ servers: [SERVER], hosts: { router: ['10.9.0.1'] } });
    expect(await net.settled(resolver.lookup('router', { family: 6 }))).toMatchObject({ code: 'ENOTFOUND' });
    expect(await net.settled(resolver.lookup('localhost', { family: 4 }))).toMatchObject({ address: '127.0.0.1' });
  });
});

describe('a search list', () => {
  const options = { servers: [SERVER], search: ['lab.test', 'office.test'] };
  const asked = () => net.asked.filter(({ type }) => type === 'A').map(({ name }) => name);

  test('comes first for names with fewer dots than ndots, and the name itself last', async () => {
    net.servers[SERVER] = zone({ 'printer.office.test': ['10.1.1.1'] });
    expect(await net.settled(net.resolver(options).lookup('printer'))).toMatchObject({ address: '10.1.1.1' });
    expect(asked()).toEqual(['printer.lab.test', 'printer.office.test']);
    await net.settled(net.resolver(options).lookup('none'));
    expect(asked().slice(2)).toEqual(['none.lab.test', 'none.office.test', 'none']);
  });

  test('comes last for names with enough dots', async () => {
    net.servers[SERVER] = zone({});
    await net.settled(net.resolver(options).lookup('a.b'));
    expect(asked()).toEqual(['a.b', 'a.b.lab.test', 'a.b.office.test']);
    await net.settled(net.resolver({ ...options, ndots: 2 }).lookup('c.d'));
    expect(asked().slice(3)).toEqual(['c.d.lab.test', 'c.d.office.test', 'c.d']);
  });

  test('does not matter for a name with a final dot', async () => {
    net.servers[SERVER] = zone({});
    await net.settled(net.resolver(options).lookup('printer.'));
    expect(asked()).toEqual(['printer']);
  });

  test('ends at a failure: nobody has said that the first name does not exist', async () => {
    net.servers[SERVER] = (asked) => asked.answer({ rcode: 2 });
    expect(await net.settled(net.resolver(options).lookup('printer'))).toMatchObject({ code: 'EAI_AGAIN' });
    expect(asked()).toEqual(['printer.lab.test']);
  });

  test('goes on where one family failed and the other says that there is no such name (RFC 8020)', async () => {
    const other = zone({ 'printer.office.test': ['10.1.1.1'] });
    net.servers[SERVER] = (asked) => (asked.type === 'AAAA' ? asked.answer({ rcode: 2 }) : other(asked));
    expect(await net.settled(net.resolver(options).lookup('printer'))).toMatchObject({ address: '10.1.1.1' });
  });
});

describe('several servers', () => {
  const servers = [SERVER, OTHER];
  const times = () => net.asked.map(({ server, at }) => `${server} ${at}`);

  test('that say nothing are asked in turn, for timeout each, attempts times', async () => {
    const lookup = net.resolver({ servers, timeout: 2000, attempts: 2 }).lookup('host.test', { family: 4 });
    const error = await net.settled(lookup);
    expect(times()).toEqual([`${SERVER} 0`, `${OTHER} 2000`, `${SERVER} 4000`, `${OTHER} 6000`]);
    expect(net.clock.now()).toBe(9000);
    expect(error).toMatchObject({
      code: 'EAI_AGAIN',
      cause: { message: `${SERVER} did not answer within 2000 ms; ${OTHER} did not answer within 2000 ms` },
    });
    expect([net.open, net.held]).toEqual([0, 0]);
  });

  test('wait 5 seconds and are asked twice by default', async () => {
    await net.settled(net.resolver({ servers: [SERVER] }).lookup('host.test', { family: 4 }));
    expect(times()).toEqual([`${SERVER} 0`, `${SERVER} 5000`]);
    expect(net.clock.now()).toBe(11_000);
  });

  test.each([
    ['SERVFAIL', 2],
    ['NOTIMP', 4],
    ['REFUSED', 5],
    ['NOTAUTH', 9],
  ])('the next one is asked at once after %s, and the first not again', async (name, rcode) => {
    net.servers[SERVER] = (asked) => asked.answer({ rcode });
    const resolver = net.resolver({ servers, timeout: 1000 });
    const error = await net.settled(resolver.lookup('host.test', { family: 4 }));
    expect(times().at(0)).toBe(`${SERVER} 0`);
    expect(times().filter((time) => time.startsWith(OTHER))).toEqual([`${OTHER} 0`, `${OTHER} 1000`]);
    expect(error).toMatchObject({
      cause: { message: `${SERVER} answered ${name}; ${OTHER} did not answer within 1000 ms` },
    });
  });

  test('the next one is asked at once when a router or the host refuses', async () => {
    net.servers[SERVER] = (asked) => asked.fail('connection refused');
    net.servers[OTHER] = zone({ 'host.test': ['10.1.1.1'] });
    expect(await net.settled(net.resolver({ servers }).lookup('host.test'))).toMatchObject({ address: '10.1.1.1' });
    expect(net.clock.now()).toBe(1000);
  });

  test('all of which fail are EAI_AGAIN at once', async () => {
    net.servers[SERVER] = (asked) => asked.answer({ rcode: 2 });
    net.servers[OTHER] = (asked) => asked.answer({ rcode: 5 });
    expect(await net.settled(net.resolver({ servers }).lookup('host.test'))).toMatchObject({ code: 'EAI_AGAIN' });
    expect(net.clock.now()).toBe(1000);
  });

  test('a late answer to an earlier attempt is not heard any more: its port is closed', async () => {
    net.servers[SERVER] = (asked) => asked.answer({ answers: [] }, 2500);
    const resolver = net.resolver({ servers: [SERVER], timeout: 2000, attempts: 1 });
    expect(await net.settled(resolver.lookup('host.test', { family: 4 }))).toMatchObject({ code: 'EAI_AGAIN' });
  });

  test('one that sends us elsewhere instead of answering is passed over', async () => {
    net.servers[SERVER] = (asked) =>
      asked.answer({ ra: false, authorities: [{ type: 'NS', name: 'test', ttl: 9, data: 'ns.test' }] });
    net.servers[OTHER] = zone({ 'host.test': ['10.1.1.1'] });
    expect(await net.settled(net.resolver({ servers }).lookup('host.test'))).toMatchObject({ address: '10.1.1.1' });
  });
});

describe('equal questions', () => {
  test('under way are asked once', async () => {
    net.servers[SERVER] = zone({ 'host.test': ['10.1.1.1'] });
    const resolver = net.resolver();
    const lookups = ['host.test', 'HOST.test', 'host.test.'].map((name) => resolver.lookup(name, { family: 4 }));
    expect(await net.settled(Promise.all(lookups))).toHaveLength(3);
    expect(net.asked).toHaveLength(1);
  });

  test('have an error each, about the name that was given', async () => {
    const resolver = net.resolver({ servers: [SERVER], attempts: 1 });
    const lookups = ['host.test', 'HOST.test'].map((name) => resolver.lookup(name).catch((error) => error.message));
    expect(await net.settled(Promise.all(lookups))).toEqual([
      'getaddrinfo EAI_AGAIN host.test',
      'getaddrinfo EAI_AGAIN HOST.test',
    ]);
  });

  test('are given up when nobody waits any more', () => {
    const resolver = net.resolver();
    const heard = { found: () => expect.unreachable(), done: () => expect.unreachable() };
    const cancels = [resolver.find('host.test', [6, 4], heard), resolver.find('host.test', [6, 4], heard)];
    expect([net.open, net.held]).toEqual([2, 2]);
    cancels[0]?.();
    expect(net.open).toBe(2);
    cancels[1]?.();
    cancels[1]?.();
    expect([net.open, net.held]).toEqual([0, 0]);
    expect(net.clock.next).toBe(Number.POSITIVE_INFINITY);
  });

  test('no more than 256 questions are under way', async () => {
    const resolver = net.resolver();
    for (let index = 0; index < 128; index++) resolver.lookup(`h${index}.test`).catch(() => {});
    expect(net.open).toBe(256);
    expect(await net.settled(resolver.lookup('more.test'))).toMatchObject({ code: 'EAI_AGAIN' });
    expect(net.open).toBe(256);
    resolver.close();
    expect([net.open, net.held]).toEqual([0, 0]);
  });
});

describe('a query', () => {
  test('gives all records of any type', async () => {
    net.servers[SERVER] = (asked) =>
      asked.answer({
        answers: [
          { type: 'MX', name: asked.name, ttl: 60, data: { preference: 5, exchange: 'mail.test' } },
          { type: 'MX', name: asked.name, ttl: 40, data: { preference: 9, exchange: 'more.test' } },
        ],
      });
    expect(await net.settled(net.resolver().query('test', 'mx'))).toEqual([
      { name: 'test', type: 'MX', ttl: 60, data: { preference: 5, exchange: 'mail.test' } },
      { name: 'test', type: 'MX', ttl: 40, data: { preference: 9, exchange: 'more.test' } },
    ]);
  });

  test('knows types by number, gives their bytes, and takes the root', async () => {
    net.servers[SERVER] = (asked) =>
      asked.answer({ answers: [{ type: asked.type, name: asked.name, ttl: 9, data: Buffer.from('svc') } as never] });
    expect(await net.settled(net.resolver().query('.', 'TYPE65'))).toEqual([
      { name: '', type: 'TYPE65', ttl: 9, data: Buffer.from('svc') },
    ]);
  });

  test('is empty for a name without such records, and ENOTFOUND for one that does not exist', async () => {
    net.servers[SERVER] = zone({ 'host.test': [] });
    const resolver = net.resolver({ servers: [SERVER], search: ['lab.test'] });
    expect(await net.settled(resolver.query('host.test', 'TXT'))).toEqual([]);
    expect(await net.settled(resolver.query('none', 'TXT'))).toMatchObject({ code: 'ENOTFOUND' });
    expect(net.asked).toHaveLength(2);
  });
});

describe('somebody else as resolver', () => {
  test('a function like dns.lookup is asked for all addresses of the families wanted', async () => {
    const asked: unknown[] = [];
    const resolver = net.resolver({
      resolver: (hostname, options, callback) => {
        asked.push([hostname, options]);
        callback(null, [
          { address: '10.1.1.1', family: 4 },
          { address: '2001:db8::1', family: 6 },
          { address: 'nonsense', family: 4 },
        ]);
        callback(null, '10.1.1.2', 4);
      },
    });
    expect(await net.settled(resolver.lookup('host.test', { all: true }))).toEqual([
      { address: '2001:db8::1', family: 6 },
      { address: '10.1.1.1', family: 4 },
    ]);
    expect(await net.settled(resolver.lookup('host.test', { family: 4 }))).toMatchObject({ address: '10.1.1.1' });
    expect(asked).toEqual([
      ['host.test', { family: 0, all: true }],
      ['host.test', { family: 4, all: true }],
    ]);
    expect(net.held).toBe(0);
  });

  test('its error is the error, and nothing found is ENOTFOUND', async () => {
    const error = new Error('no');
    const failing = net.resolver({ resolver: (_, __, callback) => callback(error, '') });
    expect(await net.settled(failing.lookup('host.test'))).toBe(error);
    const empty = net.resolver({ resolver: (_, __, callback) => callback(null, []) });
    expect(await net.settled(empty.lookup('host.test'))).toMatchObject({ code: 'ENOTFOUND' });
  });

  test('is not asked for what is known here', async () => {
    const resolver = net.resolver({ resolver: () => expect.unreachable(), hosts: { router: '10.9.0.1' } });
    expect(await net.settled(resolver.lookup('router'))).toMatchObject({ address: '10.9.0.1' });
    expect(await net.settled(resolver.lookup('x.localhost', { family: 4 }))).toMatchObject({ address: '127.0.0.1' });
  });

  test('the host knows the names in its own hosts file', async () => {
    const resolver = net.resolver({ resolver: 'host' });
    expect(await resolver.lookup('does-not-exist.test').catch((error) => error.syscall)).toBe('getaddrinfo');
  });
});

describe('options that mean nothing throw', () => {
  test.each([
    [{ servers: ['ns.test'] }, /"ns\.test" is no address of a name server/],
    [{ servers: ['10.0.0.53:0'] }, /10\.0\.0\.53:0/],
    [{ servers: ['10.0.0.53:99999'] }, TypeError],
    [{ servers: ['[10.0.0.53'] }, TypeError],
    [{ servers: Array(9).fill(SERVER) }, RangeError],
    [{ search: ['a..b'] }, /dns\.search: "a\.\.b"/],
    [{ hosts: { router: 'x' } }, /"x", for router, is no address/],
    [{ hosts: { 'a b': '10.0.0.1' } }, /"a b" is no name/],
    [{ ndots: 1.5 }, /dns\.ndots/],
    [{ timeout: 0 }, RangeError],
    [{ attempts: 11 }, RangeError],
    [{ attemptDelay: 5 }, RangeError],
    [{ resolver: 'dns' as never }, /'stack', 'host' or a function/],
  ])('%j', (options, error) => {
    expect(() => net.resolver(options)).toThrow(error);
  });

  test('servers may have a port', () => {
    const { servers } = net.resolver({ servers: ['10.0.0.53:5353', '[fd00::53]:5353', 'fd00::54', '[fd00::55]'] });
    expect(servers).toEqual([
      { address: '10.0.0.53', port: 5353 },
      { address: 'fd00::53', port: 5353 },
      { address: 'fd00::54', port: 53 },
      { address: 'fd00::55', port: 53 },
    ]);
  });
});
