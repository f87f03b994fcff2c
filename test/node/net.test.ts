/**
 * The same scripts on Node's `net` and on `vitrine/net`: each has to hear the same events with the same arguments, in the
 * same order. What is written down was never copied from anywhere: Node itself says it in each run.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { LookupOptions } from 'node:dns';
import type { RequestOptions } from 'node:http';
import type { AddressInfo, Server, Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { TLSSocket, Server as TlsServer } from 'node:tls';
import { describe, expect, it } from 'vitest';
import net, { netOf } from '../../host/node/net.js';
import tls from '../../host/node/tls.js';
import { event, kernel, listening, run, type Script, thrown, vitrine } from './kit/world.js';

const scripts: Record<string, Script> = {
  'an echo, ended by the client': async ({ client, server, host }, t) => {
    const echo = server.net.createServer((socket) => t.watch('server', socket, 'no data').pipe(socket));
    const socket = t.watch('client', client.net.connect(await listening(echo, host), host));
    socket.write('hello ');
    socket.end('world');
    await event(socket, 'close');
    t.note('client', socket.bytesRead, socket.bytesWritten, socket.destroyed, socket.readyState, socket.pending);
    echo.close();
  },

  'a server that ends when the client does, without allowHalfOpen': async ({ client, server, host }, t) => {
    const one = server.net.createServer((socket) => t.watch('server', socket));
    const socket = t.watch('client', client.net.connect(await listening(one, host), host));
    socket.end('bye');
    await t.over();
    one.close();
  },

  'a server that goes on after the client has ended, with allowHalfOpen': async ({ client, server, host }, t) => {
    const one = server.net.createServer({ allowHalfOpen: true }, (socket) => {
      t.watch('server', socket);
      socket.on('end', () => {
        t.note('server', socket.readyState, socket.writable);
        socket.write('still ');
        setImmediate(() => socket.end('here'));
      });
    });
    const socket = t.watch('client', client.net.connect(await listening(one, host), host));
    socket.end('bye', () => t.note('client', 'ended'));
    await t.over();
    one.close();
  },

  'a client that goes on after the server has ended, with allowHalfOpen': async ({ client, server, host }, t) => {
    const one = server.net.createServer((socket) => t.watch('server', socket).end('first'));
    const port = await listening(one, host);
    const socket = t.watch('client', client.net.connect({ port, host, allowHalfOpen: true }));
    await event(socket, 'end');
    t.note('client', socket.readyState);
    socket.end('second');
    await t.over();
    one.close();
  },

  'a write after the server has ended': async ({ client, server, host }, t) => {
    const one = server.net.createServer((socket) => t.watch('server', socket).end('first'));
    const socket = t.watch('client', client.net.connect(await listening(one, host), host));
    socket.on('close', () => socket.write('late', (error) => t.note('write', error?.message)));
    await t.over();
    one.close();
  },

  'destroy with an error, and what the peer sees of it': async ({ client, server, host }, t) => {
    const one = server.net.createServer((socket) => t.watch('server', socket));
    const socket = t.watch('client', client.net.connect(await listening(one, host), host));
    await event(socket, 'connect');
    socket.destroy(new Error('mine'));
    socket.write('never', (error) => t.note('client', 'write', (error as NodeJS.ErrnoException).code));
    await t.over();
    one.close();
  },

  'a reset by resetAndDestroy': async ({ client, server, host }, t) => {
    const one = server.net.createServer((socket) => {
      t.watch('server', socket);
      socket.once('data', () => socket.resetAndDestroy());
    });
    const socket = t.watch('client', client.net.connect(await listening(one, host), host));
    socket.write('x');
    await t.over();
    one.close();
  },

  'a reset because something was left unread': async ({ client, server, host }, t) => {
    const one = server.net.createServer({ pauseOnConnect: true }, (socket) => {
      t.watch('server', socket, 'no data');
      setTimeout(() => socket.destroy(), 50);
    });
    const socket = t.watch('client', client.net.connect(await listening(one, host), host));
    socket.write('unread');
    await t.over();
    one.close();
  },

  'a connection that is refused': async ({ client, server, host }, t) => {
    const one = server.net.createServer();
    const port = await listening(one, host);
    await new Promise((resolve) => one.close(resolve));
    const socket = t.watch('client', client.net.connect({ port, host }));
    t.note('client', socket.readyState, socket.pending, socket.connecting);
    socket.write('x', (error) => t.note('write', (error as NodeJS.ErrnoException).code));
    await t.over();
    t.note('client', socket.readyState, socket.pending, socket.connecting, socket.address());
  },

  'an idle timeout, put off by traffic, that closes nothing': async ({ client, server, host }, t) => {
    const one = server.net.createServer((socket) => t.watch('server', socket).pipe(socket));
    const socket = t.watch('client', client.net.connect(await listening(one, host), host));
    const start = performance.now();
    // So far apart that a busy machine does not take the place of an idle peer.
    socket.setTimeout(300, () => {
      const late = performance.now() - start > 450;
      t.note('client', 'timed out', socket.timeout, late, socket.destroyed);
      socket.setTimeout(0);
      setTimeout(() => socket.end(), 350);
    });
    for (const delay of [100, 200]) setTimeout(() => socket.write('tick'), delay);
    await t.over();
    one.close();
  },

  'a signal that is aborted': async ({ client, server, host }, t) => {
    const one = server.net.createServer((socket) => t.watch('server', socket));
    const port = await listening(one, host);
    const controller = new AbortController();
    const socket = t.watch('client', client.net.connect({ port, host, signal: controller.signal }));
    await event(socket, 'ready');
    controller.abort();
    await t.over();
    one.close();
  },

  '16 MiB against a reader that pauses': async ({ client, server, host }, t) => {
    const one = server.net.createServer((socket) => {
      socket.on('data', () => {
        socket.pause();
        setImmediate(() => socket.resume());
      });
      t.watch('server', socket);
    });
    const socket = client.net.connect(await listening(one, host), host);
    const chunk = Buffer.alloc(65536, 'a');
    let [refused, drained] = [0, 0];
    for (let sent = 0; sent < 256; sent++) {
      if (socket.write(chunk)) continue;
      refused += 1;
      await event(socket, 'drain');
      drained += 1;
    }
    t.note('client', refused > 0, refused === drained, socket.writableLength, socket.bytesWritten);
    socket.end();
    await event(socket, 'close');
    one.close();
  },

  'cork, and writes of many kinds': async ({ client, server, host }, t) => {
    const one = server.net.createServer((socket) => t.watch('server', socket));
    const socket = t.watch('client', client.net.connect(await listening(one, host), host));
    socket.cork();
    socket.write('é', 'latin1', () => t.note('client', 'first'));
    socket.write('68656c6c6f', 'hex');
    socket.write(new Uint8Array([0x20, 0x21]));
    socket.write('', () => t.note('client', 'empty'));
    socket.write('ü');
    t.note('client', socket.writableLength > 0, socket.bytesWritten);
    socket.uncork();
    socket.end(() => t.note('client', socket.bytesWritten));
    await t.over();
    one.close();
  },

  'a pipeline of 4 MiB there and back': async ({ client, server, host }, t) => {
    const one = server.net.createServer((socket) => void pipeline(socket, socket));
    const socket = client.net.connect(await listening(one, host), host);
    const bytes = randomBytes(4 << 20);
    const hash = createHash('sha256');
    await Promise.all([pipeline(Readable.from([bytes]), socket), pipeline(socket, hash)]);
    t.note('client', hash.digest('hex') === createHash('sha256').update(bytes).digest('hex'));
    one.close();
  },

  'reading by for await': async ({ client, server, host }, t) => {
    const one = server.net.createServer((socket) => t.watch('server', socket).end('a'.repeat(100_000)));
    const socket = t.watch('client', client.net.connect(await listening(one, host), host), 'no data');
    socket.setEncoding('utf8');
    let text = '';
    for await (const chunk of socket) text += chunk;
    t.note('client', text.length, text === 'a'.repeat(100_000));
    await t.over();
    one.close();
  },

  'a server that is closed waits for its connections': async ({ client, server, host }, t) => {
    const one = server.net.createServer((socket) => socket.resume());
    const port = await listening(one, host);
    const socket = client.net.connect(port, host);
    await event(one, 'connection');
    one.on('close', () => t.note('server', 'close'));
    one.close((error) => t.note('server', 'callback', error));
    t.note('server', one.listening, one.address());
    one.close((error) => t.note('server', 'second callback', (error as NodeJS.ErrnoException).code));
    await event(t.watch('late', client.net.connect(port, host)), 'close');
    socket.end();
    await event(one, 'close');
  },

  'getConnections and maxConnections': async ({ client, server, host }, t) => {
    const one = server.net.createServer((socket) => socket.resume());
    one.maxConnections = 1;
    const port = await listening(one, host);
    one.on('drop', (dropped) => t.note('server', 'drop', Object.keys(dropped ?? {}).sort()));
    const first = client.net.connect(port, host);
    await event(one, 'connection');
    const second = t.watch('second', client.net.connect(port, host));
    await event(second, 'close');
    t.note('server', await new Promise((resolve) => one.getConnections((error, count) => resolve([error, count]))));
    first.end();
    await event(first, 'close');
    await new Promise((resolve) => one.close(resolve));
    t.note('server', await new Promise((resolve) => one.getConnections((error, count) => resolve([error, count]))));
  },

  'a listener at a port that is taken, and one that listens twice': async ({ server, host }, t) => {
    const one = server.net.createServer();
    const port = await listening(one, host);
    t.note(
      'one',
      thrown(() => one.listen(0)),
    );
    const two = server.net.createServer();
    const error = await new Promise<Error>((resolve) => two.on('error', resolve).listen(port, host));
    t.note('two', t.error(error), two.listening);
    one.close();
    t.note('two', await new Promise((resolve) => two.close((reason) => resolve(reason && t.error(reason)))));
  },

  'servers that listen without a host, whatever the form, and on ::': async ({ client, server, host }, t) => {
    const forms: ((server: Server) => Server)[] = [
      (one) => one.listen(),
      (one) => one.listen(0),
      (one) => one.listen(0, ''),
      (one) => one.listen({ port: 0 }),
      (one) => one.listen({ port: 0, host: '', backlog: 5 }),
      (one) => one.listen({ port: 0, host: '::', ipv6Only: true }),
    ];
    for (const [index, listen] of forms.entries()) {
      const one = server.net.createServer((socket) => {
        const { localAddress = '', remoteAddress = '', localFamily, remoteFamily } = socket;
        const { address, family } = socket.address() as AddressInfo;
        const who = `server ${index}, ${remoteAddress.replace(/\d+\.\d+\.\d+\.\d+/, 'IPv4')}`;
        t.note(who, localAddress.replace(host, 'HOST'), localFamily, address === localAddress, family, remoteFamily);
        socket.end();
      });
      await event(listen(one), 'listening');
      const { address, family, port } = one.address() as AddressInfo;
      t.note('bound', address, family);
      const [far, near] = [client.net.connect(port, host), server.net.connect(port, '::1')];
      t.watch(`far ${index}`, far).on('connect', () => t.note(`far ${index}`, far.remoteAddress === host));
      t.watch(`near ${index}`, near).on('connect', () => t.note(`near ${index}`, near.localAddress));
      await t.over();
      one.close();
    }
  },

  'what a server without a host leaves to others of its port, and one for IPv6 alone': async ({ server, host }, t) => {
    for (const options of [{}, { host: '::', ipv6Only: true }]) {
      const one = server.net.createServer().listen({ port: 0, ...options });
      await event(one, 'listening');
      const { port } = one.address() as AddressInfo;
      for (const where of [undefined, '::', '::1', '0.0.0.0', host]) {
        const two = server.net.createServer();
        const failed = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
          two.on('error', resolve).listen({ port, host: where }, () => resolve(undefined));
        });
        const message = failed?.message.replace(`${port}`, 'PORT').replace(host, 'HOST');
        t.note('two', options, where === host ? 'HOST' : where, message ?? 'listens');
        two.close();
      }
      one.close();
    }
  },

  'a listener that a signal closes': async ({ server, host }, t) => {
    const controller = new AbortController();
    const one = server.net.createServer();
    one.listen({ port: 0, host, signal: controller.signal });
    one.on('listening', () => t.note('server', 'listening')).on('close', () => t.note('server', 'close'));
    await event(one, 'listening');
    controller.abort();
    await event(one, 'close');
    t.note('server', one.listening);
  },

  'a socket that is not connected': async ({ client }, t) => {
    const socket = t.watch('socket', new client.net.Socket());
    const { connecting, pending, readyState, bytesRead, bytesWritten, remoteAddress, localPort, timeout } = socket;
    t.note('socket', { connecting, pending, readyState, bytesRead, bytesWritten, remoteAddress, localPort, timeout });
    t.note('socket', socket.address(), socket.setNoDelay() === socket, socket.setKeepAlive(true) === socket);
    t.note('socket', socket.ref() === socket, socket.unref() === socket, socket.setTimeout(5) === socket);
    socket.write('x', (error) => t.note('socket', 'write', (error as NodeJS.ErrnoException).code));
  },

  'a socket that is destroyed before it is connected': async ({ client, host }, t) => {
    const socket = t.watch('socket', client.net.connect(9, host));
    socket.write('x', (error) => t.note('socket', 'write', (error as NodeJS.ErrnoException).code));
    socket.destroy();
    t.note('socket', socket.connecting, socket.destroyed);
    const reset = t.watch('reset', new client.net.Socket());
    reset.resetAndDestroy();
  },

  'a socket that ends before it is connected': async ({ client, server, host }, t) => {
    const one = server.net.createServer((socket) => t.watch('server', socket).end('answer'));
    const socket = t.watch('client', client.net.connect(await listening(one, host), host));
    socket.end('question');
    await t.over();
    one.close();
  },

  'a socket that connects again after it was closed': async ({ client, server, host }, t) => {
    const one = server.net.createServer((socket) => socket.end('answer'));
    const port = await listening(one, host);
    const socket = t.watch('client', new client.net.Socket());
    for (let round = 0; round < 2; round++) {
      socket.connect(port, host, () => t.note('client', 'listener'));
      await event(socket, 'close');
    }
    one.close();
  },

  'a name that a lookup finds, and one that it does not': async ({ client, server, host }, t) => {
    const one = server.net.createServer((socket) => socket.end());
    const port = await listening(one, host);
    const asked =
      (answer: Error | null) => (name: string, _options: LookupOptions, told: (...answer: never[]) => void) => {
        t.note('lookup', name);
        setImmediate(told as (...answer: unknown[]) => void, answer, answer === null ? host : undefined, 4);
      };
    const found = client.net.connect({ port, host: 'some.test', lookup: asked(null), autoSelectFamily: false });
    found.on('lookup', (error, address, family, name) => t.note('found', error, address === host, family, name));
    t.watch('found', found).removeAllListeners('lookup');
    found.on('lookup', (error, address, family, name) => t.note('found', error, address === host, family, name));
    await event(found, 'close');
    const error = Object.assign(new Error('getaddrinfo ENOTFOUND none.test'), { code: 'ENOTFOUND' });
    const lookup = asked(error);
    const failed = t.watch('failed', client.net.connect({ port, host: 'none.test', lookup, autoSelectFamily: false }));
    await event(failed, 'close');
    one.close();
  },

  'connections that start paused': async ({ client, server, host }, t) => {
    const one = server.net.createServer({ pauseOnConnect: true }, (socket) => {
      t.watch('server', socket);
      t.note('server', socket.isPaused());
      setTimeout(() => socket.resume(), 50);
    });
    const socket = t.watch('client', client.net.connect(await listening(one, host), host));
    socket.end('patience');
    await t.over();
    one.close();
  },

  'destroySoon sends what was written': async ({ client, server, host }, t) => {
    const one = server.net.createServer((socket) => t.watch('server', socket));
    const socket = t.watch('client', client.net.connect(await listening(one, host), host));
    await event(socket, 'connect');
    socket.write('a'.repeat(500_000));
    socket.destroySoon();
    await t.over();
    one.close();
  },

  'addresses on both ends': async ({ client, server, host }, t) => {
    const one: Server = server.net.createServer((socket) => {
      const { address, family, port } = socket.address() as AddressInfo;
      t.note('server', address === host, family, port === socket.localPort, socket.localAddress === host);
      socket.resume();
    });
    const port = await listening(one, host);
    const socket = client.net.connect(port, host);
    await event(socket, 'connect');
    t.note(
      'client',
      socket.remoteAddress === host,
      socket.remotePort === port,
      socket.remoteFamily,
      socket.localFamily,
    );
    t.note('client', typeof socket.localPort, (socket.address() as AddressInfo).port === socket.localPort);
    socket.end();
    await event(socket, 'close');
    one.close();
  },
};

describe('vitrine/net tells what node:net tells:', () => {
  for (const [name, script] of Object.entries(scripts)) {
    it(name, async () => {
      const [ours, theirs] = await Promise.all([run(await vitrine(), script), run(kernel(), script)]);
      expect(ours).toEqual(theirs);
    });
  }

  it('what is wrong with arguments', async () => {
    const { client, close } = await vitrine();
    const wrong = ({ net }: typeof client) => {
      const server = net.createServer();
      const any = net as unknown as Record<string, (...given: unknown[]) => unknown>;
      const socket = new net.Socket() as unknown as Record<string, (...given: unknown[]) => unknown>;
      const listen = (...given: unknown[]) =>
        thrown(() => (server.listen as (...given: unknown[]) => unknown)(...given));
      const connect = (...given: unknown[]) => thrown(() => any.connect?.(...given));
      return [
        connect({ port: 70000 }),
        connect({ port: 'x' }),
        connect({}),
        connect(),
        connect({ port: 80, lookup: 5 }),
        connect({ port: 80, localAddress: 'x' }),
        listen({}),
        listen({ port: 70000 }),
        listen(-1),
        listen({ port: 0, signal: 5 }),
        thrown(() => any.createServer?.(5)),
        thrown(() => socket.setTimeout?.('x')),
        thrown(() => socket.setTimeout?.(-1)),
        thrown(() => socket.setTimeout?.(1, 5)),
        thrown(() => socket.write?.(5)),
        thrown(() => socket.write?.(null)),
      ];
    };
    expect(wrong(client)).toEqual(wrong(kernel().client));
    close();
  });
});

it('a signal that was aborted before destroys the socket, which never connects', async () => {
  const { client, server, host, close } = await vitrine();
  const one = server.net.createServer(() => expect.unreachable());
  const port = await listening(one, host);
  const socket = client.net.connect({ port, host, signal: AbortSignal.abort() });
  const closed = event(socket, 'close');
  expect(await event(socket, 'error')).toMatchObject({ name: 'AbortError' });
  await closed;
  expect(socket.destroyed).toBe(true);
  close();
});

describe('what a stack does not have:', () => {
  it('names are not found where nobody can be asked, and the error says what to do', async () => {
    const { client, close } = await vitrine();
    const socket = client.net.connect(80, 'example.test');
    const error = (await event(socket, 'error')) as NodeJS.ErrnoException & { advice?: string };
    expect(error).toMatchObject({ code: 'EAI_AGAIN', errno: -3001, syscall: 'getaddrinfo', hostname: 'example.test' });
    expect(error.message).toBe('getaddrinfo EAI_AGAIN example.test');
    expect(error.advice).toMatch(/name server/);
    close();
  });

  it('paths of Unix domain sockets and descriptors throw at once', async () => {
    const { client, close } = await vitrine();
    const { net } = client;
    expect(thrown(() => net.connect('/run/some.sock'))).toMatch(/ERR_NOT_SUPPORTED.*port/);
    expect(thrown(() => net.connect({ path: '/run/some.sock' }))).toMatch(/ERR_NOT_SUPPORTED.*port/);
    expect(thrown(() => net.createServer().listen('/run/some.sock'))).toMatch(/ERR_NOT_SUPPORTED/);
    expect(thrown(() => net.createServer().listen({ fd: 3 }))).toMatch(/ERR_NOT_SUPPORTED/);
    expect(thrown(() => new net.Socket({ fd: 3 }))).toMatch(/ERR_NOT_SUPPORTED/);
    expect(thrown(() => net.connect({ port: 1, onread: {} as never }))).toMatch(/ERR_NOT_SUPPORTED/);
    expect(thrown(() => net.connect({ port: 1, localPort: 2 }))).toMatch(/ERR_NOT_SUPPORTED/);
    close();
  });

  it('ipv6Only keeps IPv4 out, without a host too, where Node 20 forgets it', async () => {
    const { client, server, host, close } = await vitrine();
    const one = server.net.createServer((socket) => socket.end('here')).listen({ port: 0, ipv6Only: true });
    const { port } = one.address() as AddressInfo;
    expect(await event(client.net.connect(port, host), 'error')).toMatchObject({ code: 'ECONNREFUSED' });
    expect(String(await server.net.connect(port, '::1').toArray())).toBe('here');
    close();
  });

  it('a path beside a port is the path of a request, not of a socket', async () => {
    const { client, server, host, close } = await vitrine();
    const one = server.net.createServer((socket) => socket.end('here'));
    const socket = client.net.connect({ port: await listening(one, host), host, path: '/index.html' } as never);
    const [chunk] = await socket.toArray();
    expect(String(chunk)).toBe('here');
    close();
  });
});

describe('types, which tsc checks:', () => {
  it('sockets and servers have those of Node', () => {
    const socket: Socket = new net.Socket();
    const server: Server = net.createServer();
    const secure: TLSSocket = new tls.TLSSocket();
    const secureServer: TlsServer = tls.createServer();
    expect([socket.pending, server.listening, secure.encrypted, secureServer.listening]).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  it('createConnection is what a request takes', () => {
    const options: RequestOptions[] = [
      { createConnection: net.createConnection },
      { createConnection: tls.connect },
      { createConnection: netOf().connect },
    ];
    expect(options).toHaveLength(3);
  });
});
