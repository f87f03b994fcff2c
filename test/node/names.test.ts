/**
 * Names of hosts on Node's `net` and on `vitrine/net`: what `lookup` is asked, which addresses are tried, what is told of
 * it. Node says it itself in each run; what only a stack can do comes behind.
 */
import type { LookupAddress, LookupOptions } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { netOf } from '../../host/node/net.js';
import { createStack } from '../../host/stack/stack.js';
import { lab, SERVER_ADDRESS } from '../kit/stacks.js';
import { event, kernel, listening, run, type Script, thrown, vitrine } from './kit/world.js';

type Told = (error: Error | null, answer?: string | LookupAddress[], family?: number) => void;

/** Nobody listens there, in either world. */
const DEAD_PORT = 9;

const scripts: Record<string, Script> = {
  'all addresses are asked for, and one of them that works is used': async ({ client, server, host }, t) => {
    const one = server.net.createServer((socket) => socket.end());
    const port = await listening(one, host);
    const lookup = (name: string, { all, family }: LookupOptions, told: Told) => {
      t.note('asked', name, all, family);
      told(null, [
        { address: host, family: 4 },
        { address: host, family: 4 },
      ]);
    };
    const socket = client.net.connect({ port, host: 'some.test', lookup: lookup as never });
    told(t, 'client', socket, host);
    await event(socket, 'close');
    t.note('client', socket.autoSelectFamilyAttemptedAddresses?.length);
    one.close();
  },

  'a family, or autoSelectFamily: false, asks for one address': async ({ client, server, host }, t) => {
    const one = server.net.createServer((socket) => socket.end());
    const port = await listening(one, host);
    const lookup = (name: string, { all, family }: LookupOptions, told: Told) => {
      t.note('asked', name, all, family);
      told(null, host, 4);
    };
    for (const options of [{ family: 4 }, { autoSelectFamily: false }]) {
      const socket = client.net.connect({ port, host: 'some.test', lookup: lookup as never, ...options });
      told(t, 'client', socket, host);
      await event(socket, 'close');
    }
    one.close();
  },

  'addresses that nobody listens on: all their errors in one': async ({ client, host }, t) => {
    const other = host.replace(/\d+$/, '7');
    const lookup = (_: string, __: LookupOptions, told: Told) =>
      told(null, [
        { address: host, family: 4 },
        { address: other === host ? `${host}0` : host.replace(/.$/, (digit) => digit), family: 4 },
      ]);
    const socket = client.net.connect({ port: DEAD_PORT, host: 'some.test', lookup: lookup as never });
    told(t, 'client', socket, host);
    await event(socket, 'close');
  },

  'answers that make no sense': async ({ client, host }, t) => {
    const answers: [options: object, answer: unknown, family: number][] = [
      [{}, [{ address: 'nonsense', family: 4 }], 4],
      [{}, [{ address: host, family: 5 }], 4],
      [{ family: 4 }, 'nonsense', 4],
      [{ family: 6 }, host, 4],
      [{ family: 4 }, host, 5],
    ];
    for (const [options, answer, family] of answers) {
      const lookup = (_: string, __: LookupOptions, told: Told) => told(null, answer as never, family);
      const socket = client.net.connect({ port: DEAD_PORT, host: 'some.test', lookup: lookup as never, ...options });
      told(t, 'client', socket, host);
      await event(socket, 'close');
    }
  },

  'a listener that destroys the socket ends it': async ({ client, host }, t) => {
    for (const name of ['lookup', 'connectionAttempt']) {
      const lookup = (_: string, __: LookupOptions, told: Told) => told(null, [{ address: host, family: 4 }]);
      const socket = client.net.connect({ port: DEAD_PORT, host: 'some.test', lookup: lookup as never });
      told(t, name, socket, host);
      socket.on(name, () => socket.destroy());
      await event(socket, 'close');
    }
  },
};

describe('vitrine/net finds hosts as node:net does:', () => {
  it.each(Object.entries(scripts))('%s', async (_, script) => {
    const expected = await run(kernel(), script);
    expect(await run(await vitrine(), script)).toEqual(expected);
  });

  it('misuse throws the same', async () => {
    const wrong = (world: { net: { connect(options: object): unknown } }) => [
      thrown(() => world.net.connect({ port: 80, autoSelectFamily: 'yes' })),
      thrown(() => world.net.connect({ port: 80, host: 'a.test', autoSelectFamilyAttemptTimeout: 0 })),
      thrown(() => world.net.connect({ port: 80, host: 'a.test', autoSelectFamilyAttemptTimeout: '9' })),
    ];
    const { client, close } = await vitrine();
    expect(wrong(client as never)).toEqual(wrong(kernel().client as never));
    close();
  });
});

describe('without lookup the stack resolves:', () => {
  it('a name of its hosts', async () => {
    const net = await lab({ client: { dns: { hosts: { 'server.test': SERVER_ADDRESS } } } });
    const one = netOf(net.server).createServer((socket) => socket.end('here'));
    one.listen(80, SERVER_ADDRESS);
    const heard: unknown[] = [];
    const socket = netOf(net.client).connect({ port: 80, host: 'server.test' });
    socket.on('lookup', (...told) => heard.push(told));
    socket.on('data', (chunk) => heard.push(String(chunk)));
    await net.until(() => heard.length === 2);
    expect(heard).toEqual([[null, SERVER_ADDRESS, 4, 'server.test'], 'here']);
    net.close();
  });

  it("an address that is silent for 250 ms, of the stack's clock, makes way for the next", async () => {
    const hosts = { 'server.test': ['10.9.0.77', SERVER_ADDRESS] };
    const net = await lab({ client: { dns: { hosts } } });
    netOf(net.server)
      .createServer((one) => one.on('error', () => {}))
      .listen(80, SERVER_ADDRESS);
    const heard: unknown[] = [];
    const start = net.clock.now();
    const socket = netOf(net.client).connect({ port: 80, host: 'server.test' });
    const note = (name: string) => (address?: string) => heard.push([name, address, net.clock.now() - start]);
    for (const name of ['connectionAttempt', 'connectionAttemptTimeout', 'connect']) socket.on(name, note(name));
    await net.until(() => heard.length === 4);
    expect(heard).toEqual([
      ['connectionAttempt', '10.9.0.77', 0],
      ['connectionAttemptTimeout', '10.9.0.77', 250],
      ['connectionAttempt', SERVER_ADDRESS, 250],
      ['connect', undefined, 250],
    ]);
    expect(socket.autoSelectFamilyAttemptedAddresses).toEqual(['10.9.0.77:80', `${SERVER_ADDRESS}:80`]);
    expect([...net.client.sockets]).toHaveLength(1);
    socket.resetAndDestroy();
    await net.pass(1);
    expect(net.client.counters().connections).toBe(0);
    net.close();
  });

  it('one that is destroyed while its name is looked up never connects', async () => {
    const stack = await createStack({ dns: { resolver: (_, __, told) => void setImmediate(told, null, '127.0.0.1') } });
    const socket = netOf(stack).connect({ port: 80, host: 'server.test' });
    socket.on('connectionAttempt', () => expect.unreachable());
    socket.destroy();
    await event(socket, 'close');
    await new Promise((resolve) => setImmediate(resolve));
    stack.close();
  });
});

function told(
  t: { note(who: string, ...what: unknown[]): void; error(error: Error): object },
  who: string,
  socket: NodeJS.EventEmitter,
  host: string,
): void {
  const plain = (value: unknown) => (value === host ? 'HOST' : value instanceof Error ? t.error(value) : value);
  const names = ['lookup', 'connectionAttempt', 'connectionAttemptFailed', 'connect', 'close'];
  const port = (value: unknown, at: number) => (at === 1 && typeof value === 'number' ? 'PORT' : value);
  for (const name of names) {
    socket.on(name, (...given: unknown[]) =>
      t.note(
        who,
        name,
        ...given.map(plain).map((value, at) => (name.startsWith('connectionAttempt') ? port(value, at) : value)),
      ),
    );
  }
  socket.on('error', (error: Error & { errors?: Error[] }) =>
    t.note(
      who,
      'error',
      t.error(error),
      error.errors?.map((each) => t.error(each)),
    ),
  );
}
