/**
 * The same scripts on Node's `tls` and on `vitrine/tls`. Where the words of OpenSSL are not ours, codes are compared.
 */
import { Duplex } from 'node:stream';
import nodeTls, { type PeerCertificate, type TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import {
  ca,
  client as clientCertificate,
  expired,
  server as known,
  rsa,
  self,
  wrong,
} from '../kit/certificates/certificates.js';
import {
  event,
  kernel,
  listening,
  run,
  type Script,
  type Transcript,
  thrown,
  vitrine,
  type World,
} from './kit/world.js';

const CERTIFICATE = { cert: known.cert, key: known.key };
const TRUST = { ca: ca.cert, servername: 'server.test' };

/** A server that sends back what comes, and notes whom it serves. */
async function echo(
  { server, host }: World,
  t: Transcript,
  options: nodeTls.TlsOptions = {},
): Promise<{ port: number; close(): void; server: nodeTls.Server }> {
  const one = server.tls.createServer({ ...CERTIFICATE, ...options }, (socket) => {
    const { servername, alpnProtocol, authorized, authorizationError, encrypted } = socket;
    t.note('server', {
      servername,
      alpnProtocol,
      authorized,
      authorizationError: authorizationError ?? null,
      encrypted,
    });
    socket.on('error', () => {}).pipe(socket);
  });
  one.on('tlsClientError', () => {});
  return { port: await listening(one, host), close: () => one.close(), server: one };
}

/** Connects, says hello, and notes what comes of it. */
async function hello(
  { client, host }: World,
  t: Transcript,
  port: number,
  options: nodeTls.ConnectionOptions = {},
): Promise<void> {
  const socket = client.tls.connect({ port, host, ...TRUST, ...options });
  socket.on('secureConnect', () => {
    t.note('client', 'secureConnect', facts(socket));
    socket.end('hello');
  });
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.on('error', (error: NodeJS.ErrnoException) => t.note('client', 'error', error.code));
  await event(socket, 'close');
  t.note('client', 'read', text);
}

function facts(socket: TLSSocket): object {
  const { authorized, authorizationError, alpnProtocol, encrypted } = socket;
  const [version, name] = [socket.getProtocol(), socket.getPeerCertificate().subject.CN];
  return { authorized, authorizationError: authorizationError ?? null, alpnProtocol, encrypted, version, name };
}

/** A server with these options, and a client with those. */
function talk(server: nodeTls.TlsOptions, ...clients: nodeTls.ConnectionOptions[]): Script {
  return async (world, t) => {
    const { port, close } = await echo(world, t, server);
    for (const options of clients) await hello(world, t, port, options);
    close();
  };
}

/** As `talk`, when the client refuses: OpenSSL finds that out later than we do, and the server hears something else. */
function refuse(server: nodeTls.TlsOptions, ...clients: nodeTls.ConnectionOptions[]): Script {
  return async (world, t) => {
    await talk(server, ...clients)(world, t);
    delete t.lines.server;
  };
}

const scripts: Record<string, Script> = {
  'a server that is trusted, in TLS 1.3 and 1.2': talk({}, {}, { maxVersion: 'TLSv1.2' }),
  'a server that nobody vouches for': refuse({}, { ca: [wrong.cert] }),
  'a certificate that is its own issuer': refuse({ cert: self.cert, key: self.key }, {}),
  'a certificate that ran out': refuse({ cert: expired.cert, key: expired.key }, {}),
  'a certificate for another name': refuse({ cert: wrong.cert, key: wrong.key }, {}),
  'all of that with rejectUnauthorized: false': async (world, t) => {
    for (const { cert, key } of [self, expired, wrong]) {
      await talk({ cert, key }, { rejectUnauthorized: false })(world, t);
    }
  },

  'a name that checkServerIdentity takes or refuses': async (world, t) => {
    const { port, close } = await echo(world, t, { cert: wrong.cert, key: wrong.key });
    const check =
      (answer: Error | undefined) =>
      (name: string, { subject }: PeerCertificate) => {
        t.note('check', name, subject.CN);
        return answer;
      };
    await hello(world, t, port, { checkServerIdentity: check(undefined) });
    await hello(world, t, port, { checkServerIdentity: check(Object.assign(new Error('no'), { code: 'MINE' })) });
    await hello(world, t, port, { checkServerIdentity: check(undefined), ca: rsa.cert });
    delete t.lines.server;
    close();
  },

  'names by addContext': async (world, t) => {
    const { port, close, server } = await echo(world, t);
    server.addContext('*.wild.test', { cert: rsa.cert, key: rsa.key });
    server.addContext('wrong.test', world.server.tls.createSecureContext({ cert: wrong.cert, key: wrong.key }));
    for (const servername of ['a.wild.test', 'wrong.test', 'server.test']) await hello(world, t, port, { servername });
    close();
  },

  'names by SNICallback': async (world, t) => {
    const context = world.server.tls.createSecureContext({ cert: wrong.cert, key: wrong.key });
    const SNICallback = (name: string, answer: (error: Error | null, context?: nodeTls.SecureContext) => void) => {
      t.note('asked', name);
      if (name === 'wrong.test') answer(null, context);
      else answer(null);
    };
    await talk({ SNICallback }, { servername: 'wrong.test' }, {})(world, t);
  },

  'names by SNICallback, which answers later': async (world, t) => {
    const context = world.server.tls.createSecureContext({ cert: wrong.cert, key: wrong.key });
    const SNICallback = (name: string, answer: (error: Error | null, context?: nodeTls.SecureContext) => void) => {
      t.note('asked', name);
      setImmediate(answer, null, name === 'wrong.test' ? context : undefined);
    };
    await talk(
      { SNICallback },
      { servername: 'wrong.test' },
      {},
      { servername: 'wrong.test', maxVersion: 'TLSv1.2' },
    )(world, t);
  },

  'an error of SNICallback, at once and later': async (world, t) => {
    for (const when of [(work: () => void) => work(), setImmediate]) {
      const SNICallback = (_name: string, answer: (error: Error | null) => void) =>
        void when(() => answer(new Error('no')));
      await refuse({ SNICallback }, { servername: 'wrong.test' })(world, t);
    }
    delete t.lines.client;
  },

  'protocols by ALPN': talk(
    { ALPNProtocols: ['h2', 'http/1.1'] },
    { ALPNProtocols: ['http/1.1'] },
    { ALPNProtocols: ['http/1.1', 'h2'] },
    {},
  ),
  'protocols by ALPNCallback': async (world, t) => {
    const ALPNCallback = ({ servername, protocols }: { servername: string; protocols: string[] }) => {
      t.note('asked', servername, protocols);
      return protocols[1];
    };
    await talk({ ALPNCallback }, { ALPNProtocols: ['a', 'b'] }, {})(world, t);
  },

  'clients with a certificate and without': async (world, t) => {
    const own = { cert: clientCertificate.cert, key: clientCertificate.key };
    const asks = { requestCert: true, ca: ca.cert };
    await talk({ ...asks, rejectUnauthorized: false }, own, {})(world, t);
    await talk(asks, own)(world, t);
  },

  'a session that resumes': async (world, t) => {
    const { port, close } = await echo(world, t);
    const { client, host } = world;
    for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
      const first = client.tls.connect({ port, host, ...TRUST, maxVersion });
      const session = (await event(first, 'session')) as Buffer;
      t.note('client', first.isSessionReused(), Buffer.isBuffer(session));
      first.end();
      const second = client.tls.connect({ port, host, ...TRUST, maxVersion, session });
      await event(second, 'secureConnect');
      t.note('client', second.isSessionReused(), second.authorized);
      second.end();
      await event(second.resume(), 'close');
    }
    delete t.lines.server; // Node forgets the name of the server with TLS 1.2.
    close();
  },

  'the order of events, and writes before the handshake': async (world, t) => {
    const { port, close } = await echo(world, t);
    const socket = world.client.tls.connect({ port, host: world.host, ...TRUST });
    t.watch('client', socket);
    t.note('client', socket.connecting, socket.authorized, socket.encrypted, socket.alpnProtocol);
    socket.write('early ');
    socket.end('end');
    await t.over();
    t.note('client', socket.getPeerCertificate(), socket.getProtocol(), socket.bytesWritten > 0);
    close();
  },

  'STARTTLS on sockets that have talked': async ({ client, server, host }, t) => {
    const secureContext = server.tls.createSecureContext(CERTIFICATE);
    const plain = server.net.createServer((socket) => {
      socket.once('data', (chunk) => {
        t.note('server', String(chunk));
        socket.write('go ahead');
        const secure = new server.tls.TLSSocket(socket, { isServer: true, secureContext });
        t.watch('secure server', secure).pipe(secure);
      });
    });
    const socket = client.net.connect(await listening(plain, host), host);
    socket.on('close', () => t.note('client', 'close'));
    socket.write('STARTTLS');
    t.note('client', String(await event(socket, 'data')));
    const secure = t.watch('secure client', client.tls.connect({ socket, ...TRUST }));
    await event(secure, 'secureConnect');
    t.note('secure client', facts(secure));
    secure.end('now in secret');
    await Promise.all([t.over(), event(socket, 'close')]);
    plain.close();
  },

  'TLS over a stream that is no socket': async ({ client, server }, t) => {
    const [left, right] = pipe();
    const secureContext = server.tls.createSecureContext(CERTIFICATE);
    const far = new server.tls.TLSSocket(right as never, { isServer: true, secureContext });
    far.pipe(far);
    const near = client.tls.connect({ socket: left, ...TRUST });
    await event(near, 'secureConnect');
    t.note('client', facts(near));
    const chunk = Buffer.alloc(100_000, 'x');
    for (let sent = 0; sent < 20; sent++) near.write(chunk);
    near.end();
    let size = 0;
    for await (const bytes of near) size += bytes.length;
    t.note('client', size);
  },

  'a stream that is handed to a server, with what was read of it already': async ({ client, server, host }, t) => {
    const secure = server.tls.createServer(CERTIFICATE, (socket) => {
      t.note('server', socket.servername);
      socket.end('served');
    });
    const plain = server.net.createServer((socket) => {
      socket.once('data', (chunk) => {
        socket.pause();
        socket.unshift(chunk);
        secure.emit('connection', socket);
      });
    });
    const port = await listening(plain, host);
    const socket = client.tls.connect({ port, host, ...TRUST });
    t.note('client', String(Buffer.concat(await socket.toArray())));
    plain.close();
  },

  'other certificates by setSecureContext': async (world, t) => {
    const { port, close, server } = await echo(world, t);
    await hello(world, t, port, { rejectUnauthorized: false });
    server.setSecureContext({ cert: wrong.cert, key: wrong.key });
    await hello(world, t, port, { rejectUnauthorized: false });
    close();
  },

  'keying material is the same on both ends, and there is none before': async ({ client, server, host }, t) => {
    let theirs: Buffer | undefined;
    const one = server.tls.createServer(CERTIFICATE, (socket) => {
      theirs = socket.exportKeyingMaterial(32, 'a label', Buffer.from('context'));
      t.note('server', socket.getFinished() !== undefined, socket.getPeerFinished() !== undefined);
      socket.end('x');
    });
    const socket = client.tls.connect({ port: await listening(one, host), host, ...TRUST });
    t.note(
      'client',
      thrown(() => socket.exportKeyingMaterial(32, 'a label', Buffer.from('context'))),
    );
    await event(socket, 'data');
    t.note('client', socket.exportKeyingMaterial(32, 'a label', Buffer.from('context')).equals(theirs as Buffer));
    t.note('client', socket.getPeerCertificate(true).issuerCertificate.subject.CN, socket.getCertificate());
    socket.end();
    await event(socket, 'close');
    one.close();
  },

  'a client that does not speak TLS': async ({ client, server, host }, t) => {
    const one = server.tls.createServer(CERTIFICATE, () => t.note('server', 'secureConnection'));
    one.on('tlsClientError', (error, socket) =>
      t.note('server', 'tlsClientError', error instanceof Error, socket.encrypted),
    );
    const socket = client.net.connect(await listening(one, host), host);
    socket.on('error', () => {}).resume();
    socket.write('GET / HTTP/1.1\r\n\r\n');
    await event(socket, 'close');
    one.close();
  },

  'a server that takes too long': async ({ client, server, host }, t) => {
    const one = server.tls.createServer({ ...CERTIFICATE, handshakeTimeout: 50 });
    one.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      t.note('server', error.code, error.message);
      socket.destroy();
    });
    const socket = client.net.connect(await listening(one, host), host);
    socket.on('error', () => {}).resume();
    await event(socket, 'close');
    one.close();
  },
};

describe('vitrine/tls tells what node:tls tells:', () => {
  for (const [name, script] of Object.entries(scripts)) {
    it(name, async () => {
      const [ours, theirs] = await Promise.all([run(await vitrine(), script), run(kernel(), script)]);
      expect(ours).toEqual(theirs);
    });
  }
});

describe('TLS of Node and of Vitrine on one connection:', () => {
  it.each(['TLSv1.3', 'TLSv1.2'] as const)('%s, each as the client of the other', async (version) => {
    const ours = await vitrine();
    for (const [client, server] of [
      [ours.client.tls, nodeTls],
      [nodeTls, ours.server.tls],
    ] as const) {
      const context = { ...CERTIFICATE, maxVersion: version };
      const plain = ours.server.net.createServer({ allowHalfOpen: true }, (socket) => {
        const secureContext = server.createSecureContext(context);
        const far = new server.TLSSocket(socket, { isServer: true, secureContext });
        far.pipe(far);
      });
      const socket = ours.client.net.connect(await listening(plain, ours.host), ours.host);
      const near = client.connect({ socket, ...TRUST });
      near.end('a'.repeat(1_000_000));
      const text = String(Buffer.concat(await near.toArray()));
      expect([text.length, near.authorized]).toEqual([1_000_000, true]);
      plain.close();
    }
    ours.close();
  });
});

describe('what is stricter than in Node:', () => {
  it('a stream that ends without close_notify is an error, not an end', async () => {
    const { client, server, host, close } = await vitrine();
    const plain = server.net.createServer((socket) => {
      const far = new server.tls.TLSSocket(socket, {
        isServer: true,
        secureContext: server.tls.createSecureContext(CERTIFICATE),
      });
      far.once('data', () => socket.end());
    });
    const [left, right] = pipe();
    plain.emit('connection', right);
    const near = client.tls.connect({ socket: left, ...TRUST });
    near.write('hello');
    near.on('end', () => expect.unreachable());
    expect(await event(near.resume(), 'error')).toMatchObject({ code: 'ERR_TLS_TRUNCATED' });
    expect(host).toBeDefined();
    close();
  });

  it('a server without a certificate does not listen', async () => {
    const { server, close } = await vitrine();
    expect(await event(server.tls.createServer().listen(0), 'error')).toMatchObject({ code: 'ERR_MISSING_ARGS' });
    close();
  });

  it('a session that was made under another idea of identity is not resumed', async () => {
    const world = await vitrine();
    const { client, host } = world;
    const one = await echo(world, { note() {} } as never, { cert: wrong.cert, key: wrong.key });
    const lenient = { port: one.port, host, ...TRUST, checkServerIdentity: () => undefined };
    const session = (await event(client.tls.connect(lenient), 'session')) as Buffer;
    const strict = client.tls.connect({ port: one.port, host, ...TRUST, session });
    expect(await event(strict, 'error')).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    world.close();
  });
});

it('options that mean nothing throw where they are given', async () => {
  const { client, server, close } = await vitrine();
  expect(thrown(() => client.tls.connect({ port: 1, ca: 'no certificate' }))).toMatch(/Invalid CA/);
  expect(thrown(() => client.tls.connect({ port: 1, minVersion: 'TLSv1.4' as never }))).toMatch(
    /ERR_TLS_INVALID_PROTOCOL_VERSION/,
  );
  expect(thrown(() => server.tls.createSecureContext({ cert: 'x', key: 'y' }))).toMatch(/ERR_OSSL/);
  expect(thrown(() => server.tls.createSecureContext({ secureProtocol: 'TLSv1_method' }))).toMatch(
    /ERR_TLS_INVALID_PROTOCOL_METHOD/,
  );
  expect(thrown(() => server.tls.createServer({ secureContext: nodeTls.createSecureContext() }))).toMatch(
    /ERR_INVALID_ARG_TYPE/,
  );
  expect(thrown(() => server.tls.createServer().addContext('', {}))).toMatch(/ERR_TLS_REQUIRED_SERVER_NAME/);
  close();
});

/** Two ends of a stream in memory. */
function pipe(): [Duplex, Duplex] {
  const end = (other: () => Duplex) =>
    new Duplex({
      read() {},
      write(chunk, _encoding, done) {
        other().push(chunk);
        setImmediate(done);
      },
      final(done) {
        other().push(null);
        done();
      },
    });
  const left: Duplex = end(() => right);
  const right: Duplex = end(() => left);
  return [left, right];
}
