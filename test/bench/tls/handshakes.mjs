/**
 * How long handshakes of TLS 1.3 take, in full and resumed, each end by itself: X25519, ECDSA on P-256, no network. Vitrine's
 * ends are timed around their calls. Node's end, which runs behind streams, is what is left of a handshake with one of ours.
 *
 * Key exchange and signatures are OpenSSL's on both sides; what differs is everything around them.
 */
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { connect, createSecureContext, TLSSocket } from 'node:tls';
import { clientConfig, loadCore, serverConfig, TlsEngine } from '../../../dist/host/tls/engine.js';
import { CERTIFICATE, KEY, NAME } from './certificate.mjs';

/**
 * @param {{ seconds: number }} settings for each of the four measurements
 * @returns {Promise<{ columns: string[], rows: string[][] }>} handshakes a second, and Vitrine's rate as a multiple of Node's
 */
export async function measure({ seconds }) {
  const times = await measureEnds(seconds);
  const rows = ['full', 'resumed'].flatMap((kind) =>
    ['client', 'server'].map((end) => {
      const { vitrine, node } = times[kind][end];
      return [`${end}, ${kind}`, rate(vitrine), rate(node), (node / vitrine).toFixed(2)];
    }),
  );
  return { columns: ['vitrine, 1/s', 'node:tls, 1/s', '× node'], rows };
}

const rate = (microseconds) => (1e6 / microseconds).toFixed(0);

/** In µs. */
async function measureEnds(seconds) {
  const core = await loadCore();
  const result = {};
  for (const kind of ['full', 'resumed']) {
    const server = await measurePair(vitrineServer(core), nodeClient(), kind, seconds);
    const client = await measurePair(vitrineClient(core), nodeServer(), kind, seconds);
    result[kind] = {
      client: { vitrine: client.ours, node: server.others },
      server: { vitrine: server.ours, node: client.others },
    };
  }
  return result;
}

async function measurePair(ours, other, kind, seconds) {
  let session;
  for (let warmUp = 0; warmUp < 50; warmUp++) session = (await handshake(ours, other, session)).session;
  const end = performance.now() + seconds * 1000;
  let [count, own, all] = [0, 0, 0];
  while (performance.now() < end) {
    const began = performance.now();
    const outcome = await handshake(ours, other, kind === 'resumed' ? session : undefined);
    all += performance.now() - began;
    own += outcome.own;
    if (outcome.resumed !== (kind === 'resumed')) throw new Error(`a ${kind} handshake was not one`);
    session = outcome.session ?? session;
    count++;
  }
  return { ours: (own / count) * 1000, others: ((all - own) / count) * 1000 };
}

/** One handshake, tickets included. @returns {Promise<{ own: number, resumed: boolean, session: unknown }>} own: ms of our end */
async function handshake(ours, other, earlier) {
  let own = 0;
  const wire = new Duplex({
    read() {},
    write(bytes, _encoding, done) {
      take(() => engine.push(bytes));
      done();
    },
  });
  let resumed = false;
  const secured = withResolvers();
  const ticket = withResolvers();
  const engine = timed(() => ours(earlier));
  const theirs = other(wire, earlier);
  const peer = new Promise((resolve, reject) => theirs.once('secure', resolve).once('error', reject));
  take(() => {});
  await Promise.all([secured.promise, peer]);
  // A client has its ticket when it has read behind the handshake; OpenSSL gives none to who has one.
  const session = earlier ?? (await (theirs.ticket ?? ticket.promise));
  timed(() => engine.close());
  theirs.destroy();
  return { own, resumed, session };

  function take(work) {
    const out = timed(() => {
      work();
      for (let event = engine.next(); event !== undefined; event = engine.next()) {
        if (event.kind === 'session') ticket.resolve(event.session);
        if (event.kind === 'failed') secured.reject(event.error);
        if (event.kind === 'handshake') {
          resumed = engine.connection.resumed;
          secured.resolve();
        }
      }
      const pieces = [];
      for (let piece = engine.pull(); piece !== undefined; piece = engine.pull()) pieces.push(piece);
      return pieces;
    });
    for (const piece of out) wire.push(piece);
  }

  function timed(work) {
    const began = performance.now();
    const value = work();
    own += performance.now() - began;
    return value;
  }
}

function withResolvers() {
  const parts = {};
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
}

function vitrineServer(core) {
  const config = serverConfig({ cert: CERTIFICATE, key: KEY, groups: 'x25519' });
  return () => TlsEngine.create(core, config);
}

function vitrineClient(core) {
  const config = clientConfig(NAME, { ca: CERTIFICATE, groups: 'x25519' });
  return (session) => TlsEngine.create(core, { ...config, session });
}

function nodeClient() {
  const secureContext = createSecureContext({ ca: CERTIFICATE, ecdhCurve: 'X25519', minVersion: 'TLSv1.3' });
  return (socket, session) => {
    const client = connect({ socket, secureContext, servername: NAME, session });
    client.ticket = once(client, 'session').then(([bytes]) => bytes);
    return client;
  };
}

function nodeServer() {
  const secureContext = createSecureContext({
    cert: CERTIFICATE,
    key: KEY,
    ecdhCurve: 'X25519',
    minVersion: 'TLSv1.3',
  });
  return (socket) => {
    const server = new TLSSocket(socket, { isServer: true, secureContext });
    server.resume();
    return server;
  };
}
