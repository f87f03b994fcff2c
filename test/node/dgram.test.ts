/**
 * The same scripts on Node's `dgram` and on `vitrine/dgram`: each has to hear the same events with the same arguments, in the same
 * order. What is written down was never copied from anywhere: Node itself says it in each run.
 */
import nodeDgram, { type RemoteInfo } from 'node:dgram';
import { describe, expect, it } from 'vitest';
import { memoryWire } from '../../host/device/memory.js';
import dgram, { dgramOf } from '../../host/node/dgram.js';
import { createStack } from '../../host/stack/stack.js';
import { event, thrown } from './kit/world.js';

interface Side {
  client: typeof nodeDgram;
  server: typeof nodeDgram;
  host: string;
  close(): void;
}

type Script = (side: Side, note: (...what: unknown[]) => void) => Promise<void>;

const scripts: Record<string, Script> = {
  'a message and its answer': async ({ client, server, host }, note) => {
    const echo = server.createSocket('udp4', (message, sender) => {
      note('server', String(message), sender.family, sender.size);
      echo.send([message, '!'], sender.port, sender.address, (error, bytes) => note('sent', error, bytes));
    });
    echo.bind(0, host, () => note('bound', echo.address().family));
    await event(echo, 'listening');
    const one = client.createSocket({ type: 'udp4' });
    one.on('listening', () => note('listening'));
    one.send('hello', echo.address().port, host);
    const [message] = await told(one);
    note('client', String(message));
    await closed(one, note);
    await closed(echo, note);
  },

  'all forms of send': async ({ client, server, host }, note) => {
    const sink = await bound(server, host);
    const { port } = sink.address();
    const one = client.createSocket('udp4');
    const forms: (() => void)[] = [
      () => one.send('text', port, host),
      () => one.send(Buffer.from('bytes'), port, host, () => {}),
      () => one.send(new DataView(new ArrayBuffer(3)), port, host),
      () => one.send(['a', Buffer.from('b')], port, host),
      () => one.send([], port, host),
      () => one.send('offsets', 2, 3, port, host),
      () => one.send('offsets', 2, 3, port, host, (error, bytes) => note('sent', error, bytes)),
      () => one.send(Buffer.alloc(0), port, host),
      () => one.send('x', `${port}` as unknown as number, host),
    ];
    for (const send of forms) {
      send();
      const [message, sender] = await told(sink);
      note(String(message), sender.size);
    }
    await closed(one, note);
    await closed(sink, note);
  },

  'a connected socket': async ({ client, server, host }, note) => {
    const sink = await bound(server, host);
    const one = client.createSocket('udp4');
    one.connect(sink.address().port, host, () => note('callback'));
    note(thrown(() => one.connect(sink.address().port, host)));
    await event(one, 'connect');
    note(one.remoteAddress().family, one.remoteAddress().port === sink.address().port);
    note(thrown(() => one.send('x', 1, host)));
    one.send('one');
    note(String((await told(sink))[0]));
    one.send('two', 1, 2, (error, bytes) => note('sent', error, bytes));
    note(String((await told(sink))[0]));
    one.disconnect();
    note(thrown(() => one.remoteAddress()));
    note(thrown(() => one.disconnect()));
    await closed(one, note);
    await closed(sink, note);
  },

  'a peer that is not there': async ({ client, server, host }, note) => {
    const gone = await bound(server, host);
    const { port } = gone.address();
    await closed(gone, note);
    const one = client.createSocket('udp4');
    one.connect(port, host);
    await event(one, 'connect');
    const failed = event(one, 'error');
    one.send('anybody?');
    const { message, code, errno, syscall } = (await failed) as NodeJS.ErrnoException;
    note(message, code, errno, syscall);
    await closed(one, note);
  },

  'what can not be': async ({ client, host }, note) => {
    note(thrown(() => client.createSocket('udp5' as 'udp4')));
    note(thrown(() => client.createSocket({ type: 'udp4', lookup: 1 as never })));
    const one = client.createSocket('udp4');
    note(thrown(() => one.send('x', 0, host)));
    note(thrown(() => one.send('x', 65536, host)));
    note(thrown(() => one.send(1 as never, 9, host)));
    note(thrown(() => one.send([1] as never, 9, host)));
    note(thrown(() => one.send('x', 1, 5, 9, host)));
    note(thrown(() => one.send('x', 2, 1, 9, host)));
    note(thrown(() => one.send('x', 9, 1 as never)));
    note(thrown(() => one.connect(0)));
    note(thrown(() => one.address()));
    note(thrown(() => one.remoteAddress()));
    note(thrown(() => one.setTTL(1)));
    note(thrown(() => one.setBroadcast(true)));
    note(thrown(() => one.setTTL('1' as never)));
    note(thrown(() => one.getRecvBufferSize()));
    note(thrown(() => one.setRecvBufferSize(-1)));
    note(thrown(() => one.addMembership('' as never)));
    one.bind(0);
    note(thrown(() => one.bind(0)));
    await event(one, 'listening');
    note(
      one.setTTL(64),
      thrown(() => one.setTTL(0)),
      thrown(() => one.setTTL(256)),
    );
    note(
      one.setMulticastTTL(0),
      thrown(() => one.setMulticastTTL(256)),
    );
    note(one.setMulticastLoopback(true as never));
    note(thrown(() => one.setMulticastInterface('nonsense')));
    note(thrown(() => one.addMembership('10.0.0.1')));
    note(one.getSendQueueSize(), one.getSendQueueCount());
    await closed(one, note);
    note(
      thrown(() => one.close()),
      thrown(() => one.send('x', 9, host)),
      thrown(() => one.address()),
      thrown(() => one.bind()),
    );
  },

  'an address in use': async ({ server, host }, note) => {
    const first = await bound(server, host);
    const second = server.createSocket('udp4');
    const failed = event(second, 'error');
    second.bind(first.address().port, host, () => note('never'));
    const error = (await failed) as NodeJS.ErrnoException & { port: number; address: string };
    note(
      error.message.replace(/:\d+/, ':PORT').replace(host, 'HOST'),
      error.code,
      error.errno,
      error.syscall,
      error.address === host,
    );
    await closed(second, note);
    const [one, two] = [1, 2].map(() => server.createSocket({ type: 'udp4', reuseAddr: true }));
    one?.bind(0, host);
    await event(one as never, 'listening');
    two?.bind(one?.address().port as number, host, () => note('shared'));
    await event(two as never, 'listening');
    for (const socket of [first, one, two]) await closed(socket as nodeDgram.Socket, note);
  },

  'an address of the other family': async ({ client }, note) => {
    const one = client.createSocket('udp4');
    const told = new Promise<void>((resolve) => {
      one.send('x', 9, '::1', (error) => {
        note(error?.message);
        resolve();
      });
    });
    await Promise.all([event(one, 'listening'), told]);
    await closed(one, note);
  },

  'a lookup of its own': async ({ client, server, host }, note) => {
    const sink = await bound(server, host);
    const one = client.createSocket({
      type: 'udp4',
      lookup: ((
        name: string,
        family: number,
        found: (error: Error | null, address: string, family: number) => void,
      ) => {
        note('lookup', name === '0.0.0.0' ? 'any' : name, family);
        if (name === 'nobody') found(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), '', 0);
        else found(null, name === 'somebody' ? host : name, 4);
      }) as never,
    });
    one.send('by name', sink.address().port, 'somebody');
    note(String((await told(sink))[0]));
    one.send('x', 9, 'nobody', (error) => note(error?.message));
    const failed = event(one, 'error');
    one.send('x', 9, 'nobody');
    note(((await failed) as Error).message);
    await closed(one, note);
    await closed(sink, note);
  },

  'a signal closes the socket': async ({ client }, note) => {
    const stop = new AbortController();
    const one = client.createSocket({ type: 'udp4', signal: stop.signal });
    one.bind(0);
    await event(one, 'listening');
    const over = event(one, 'close');
    stop.abort();
    await over;
    note(thrown(() => one.address()));
    const late = client.createSocket({ type: 'udp4', signal: stop.signal });
    await event(late, 'close');
    note(thrown(() => late.bind()));
  },

  'close while binding waits for it': async ({ client }, note) => {
    const one = client.createSocket('udp4');
    one.on('listening', () => note('listening'));
    one.bind(0);
    one.close(() => note('closed'));
    await event(one, 'close');
  },
};

describe.each(Object.entries(scripts))('%s', (_, script) => {
  it('tells the same on both', async () => {
    expect(await run(await vitrine(), script)).toEqual(await run(kernel(), script));
  });
});

describe('beside Node', () => {
  it('udp6 hears both families on ::, and shows IPv4 as mapped', async () => {
    const stack = await createStack();
    const { createSocket } = dgramOf(stack);
    const six = createSocket('udp6').bind(0);
    await event(six, 'listening');
    const four = createSocket('udp4');
    four.send('four', six.address().port);
    const [message, sender] = await told(six as never);
    expect([String(message), sender.address, sender.family]).toEqual(['four', '::ffff:127.0.0.1', 'IPv6']);
    four.close();
    six.close();
    stack.close();
  });

  it('the module has what Node’s has', () => {
    expect(Object.keys(dgram).sort()).toEqual(['Socket', 'createSocket']);
    expect(new dgram.Socket('udp4')).toBeInstanceOf(dgram.Socket);
  });
});

function kernel(): Side {
  return { client: nodeDgram, server: nodeDgram, host: '127.0.0.1', close: () => {} };
}

async function vitrine(): Promise<Side> {
  const [left, right] = memoryWire();
  const one = await createStack({ device: left, addresses: ['10.9.0.1/24'] });
  const two = await createStack({ device: right, addresses: ['10.9.0.2/24'] });
  const close = () => {
    one.close();
    two.close();
  };
  return { client: dgramOf(one) as never, server: dgramOf(two) as never, host: '10.9.0.2', close };
}

async function run(side: Side, script: Script): Promise<unknown[]> {
  const lines: unknown[] = [];
  const plain = (value: unknown) => (typeof value === 'string' ? value.replaceAll(side.host, 'HOST') : value);
  try {
    await script(side, (...what) => lines.push(what.map(plain)));
    return lines;
  } finally {
    side.close();
  }
}

async function bound(module: typeof nodeDgram, host: string): Promise<nodeDgram.Socket> {
  const socket = module.createSocket('udp4');
  socket.bind(0, host);
  await event(socket, 'listening');
  return socket;
}

function told(socket: nodeDgram.Socket): Promise<[Buffer, RemoteInfo]> {
  return new Promise((resolve) => socket.once('message', (message, sender) => resolve([message, sender])));
}

async function closed(socket: nodeDgram.Socket, note: (...what: unknown[]) => void): Promise<void> {
  const over = event(socket, 'close');
  socket.close();
  await over;
  note('closed');
}
