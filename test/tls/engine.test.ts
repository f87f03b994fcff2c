/** TLS over any byte stream. */
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { createSecureContext, connect as nodeConnect, TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { COUNTER_BUFFER_BYTES, COUNTER_TLS } from '../../assembly/abi/constants.js';
import { TlsError } from '../../host/tls/alert.js';
import type { TlsEvent } from '../../host/tls/connection.js';
import { clientConfig, loadCore, serverConfig, TlsEngine } from '../../host/tls/engine.js';
import { ca, server as certified } from '../kit/certificates/certificates.js';
import { bytes } from './records/kit.js';

const CLIENT = () => clientConfig('server.test', { ca: ca.cert });
const SERVER = () => serverConfig({ cert: certified.cert, key: certified.key });

describe('two engines', () => {
  it('shake hands and exchange data, whatever pieces the stream cuts', async () => {
    for (const size of [1, 7, 1000, 65_536]) {
      const { client, server } = await pair();
      const [up, down] = [bytes(size === 1 ? 500 : 100_000, 1), bytes(size === 1 ? 700 : 300_000, 2)];
      const heard = talk(client, server, size, { up, down });
      expect(heard.client.map(({ kind }) => kind)).toContain('handshake');
      expect(heard.server[0]?.kind).toBe('handshake');
      expect(data(heard.server).equals(up)).toBe(true);
      expect(data(heard.client).equals(down)).toBe(true);
      expect(heard.client.at(-1)?.kind).toBe('end');
      expect(heard.server.at(-1)?.kind).toBe('end');
      expect(client.connection.authorized).toBe(true);
      expect(client.connection.serverName).toBe('server.test');
      client.close();
      server.close();
    }
  });

  it('leave nothing behind in a core that they share', async () => {
    const core = await loadCore();
    const before = core.calls.counter(COUNTER_BUFFER_BYTES);
    const [config, peer] = [CLIENT(), SERVER()];
    for (let round = 0; round < 3; round++) {
      const [client, server] = [TlsEngine.create(core, config), TlsEngine.create(core, peer)];
      talk(client, server, 1000, { up: bytes(10), down: bytes(10) });
      expect(core.calls.counter(COUNTER_TLS)).toBe(2);
      client.close();
      server.close();
    }
    expect(core.calls.counter(COUNTER_TLS)).toBe(0);
    expect(core.calls.counter(COUNTER_BUFFER_BYTES)).toBe(before);
  });

  it('take no more than their bounds, and go on when there is room', async () => {
    const { client, server } = await pair();
    talk(client, server, 65_536, { keep: true });
    const plenty = bytes(1_000_000, 3);
    let taken = client.write(plenty);
    expect(taken).toBeGreaterThan(200_000);
    expect(taken).toBeLessThanOrEqual(1 << 18);
    expect(client.write(plenty)).toBe(0);
    const ciphertext: Uint8Array[] = [];
    for (let chunk = client.pull(); chunk !== undefined; chunk = client.pull()) ciphertext.push(chunk);
    expect(ciphertext.every(({ length }) => length <= 65_536)).toBe(true);
    // The other end takes 64 KiB at least before anything is read.
    const stream = Buffer.concat(ciphertext);
    let pushed = server.push(stream);
    expect(pushed).toBeGreaterThanOrEqual(65_536);
    expect(pushed).toBeLessThan(100_000);
    const heard: TlsEvent[] = [];
    while (pushed < stream.length) {
      heard.push(...events(server));
      pushed += server.push(stream.subarray(pushed));
    }
    heard.push(...events(server));
    expect(data(heard).equals(plenty.subarray(0, taken))).toBe(true);
    taken = client.write(plenty);
    expect(taken).toBeGreaterThan(200_000);
  });

  it('tell truncation from an end (RFC 8446 §6.1)', async () => {
    const { client, server } = await pair();
    talk(client, server, 1000, { keep: true });
    server.pushEnd();
    const [event] = events(server);
    expect(event).toMatchObject({ kind: 'failed', error: { code: 'ERR_TLS_TRUNCATED' } });
    expect(events(server)).toEqual([]);
    expect(server.write(bytes(1))).toBe(-1);
    expect(() => server.push(bytes(1))).toThrow('has ended');
    // The other end hears of it by an alert.
    const heard: TlsEvent[] = [];
    pour(server, client, 1000, heard);
    expect(heard.map(({ kind }) => kind)).toEqual(['end']);
    client.pushEnd();
    expect(events(client)).toEqual([]);
  });

  it('tell of a stream that ends during the handshake', async () => {
    const { client } = await pair();
    expect(client.pull()).toBeInstanceOf(Uint8Array);
    client.pushEnd();
    expect(events(client)).toMatchObject([{ kind: 'failed', error: { code: 'ECONNRESET', reason: 'DISCONNECTED' } }]);
  });

  it('are deaf when they have ended during the handshake', async () => {
    const { client } = await pair();
    client.next();
    client.end();
    for (let index = 0; index < 100; index++) expect(client.push(bytes(10_000))).toBe(10_000);
    client.pushEnd();
    expect(events(client)).toEqual([]);
  });

  it('say what is wrong when the peer does not speak TLS, and take the rest of what it says', async () => {
    const { server } = await pair();
    server.push(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    expect(events(server)).toMatchObject([{ kind: 'failed', error: { reason: 'HTTP_REQUEST' } }]);
    for (let index = 0; index < 100; index++) expect(server.push(bytes(10_000))).toBe(10_000);
    const alert = server.pull();
    expect(Buffer.from(alert ?? []).toString('hex')).toBe('15030300020246');
  });

  it('can be broken off', async () => {
    const { client, server } = await pair();
    talk(client, server, 1000, { keep: true });
    client.abort(new TlsError('access_denied', 'NOT_WANTED', 'not wanted (access_denied)'));
    expect(client.next()).toBeUndefined();
    const heard: TlsEvent[] = [];
    pour(client, server, 1000, heard);
    expect(heard).toMatchObject([{ kind: 'failed', error: { alert: 'access_denied', remote: true } }]);
  });

  it('throw once they are closed', async () => {
    const { client } = await pair();
    client.close();
    client.close();
    for (const call of ['push', 'pull', 'next', 'write', 'end', 'abort', 'pushEnd'] as const) {
      expect(() => (client[call] as (argument: unknown) => unknown).call(client, bytes(1)), call).toThrow('closed');
    }
  });

  it('refuse a server that nobody vouches for', async () => {
    const core = await loadCore();
    const client = TlsEngine.create(core, clientConfig('other.test', { ca: ca.cert }));
    const heard = talk(client, TlsEngine.create(core, SERVER()), 1000, {});
    const failure = heard.client.find((event) => event.kind === 'failed');
    expect(failure?.kind === 'failed' && failure.error).toBeInstanceOf(TlsError);
    expect(heard.server.at(-1)).toMatchObject({ kind: 'failed', error: { remote: true } });
  });

  it('as clients want to know who the server has to be', () => {
    expect(() => clientConfig('', { ca: ca.cert })).toThrow(TypeError);
    expect(clientConfig('', { ca: ca.cert, serverName: 'server.test' }).serverName).toBe('server.test');
  });

  it('may have a core of their own', async () => {
    const client = await TlsEngine.load(CLIENT());
    expect(client.pull()?.[0]).toBe(22);
    client.close();
  });
});

describe('an engine and Node', () => {
  it('as client', async () => {
    const stream = new EngineStream(TlsEngine.create(await loadCore(), CLIENT()));
    const peer = new TLSSocket(stream.far, {
      isServer: true,
      secureContext: createSecureContext({ cert: certified.cert, key: certified.key }),
    });
    peer.on('data', (chunk) => peer.write(chunk));
    expect(await echo(stream, bytes(50_000, 4))).toBe(true);
    peer.destroy();
  });

  it('as server', async () => {
    const stream = new EngineStream(TlsEngine.create(await loadCore(), SERVER()));
    stream.pump();
    const peer = nodeConnect({ socket: stream.far, servername: 'server.test', ca: ca.cert });
    await once(peer, 'secureConnect');
    expect(peer.authorized).toBe(true);
    peer.on('data', (chunk) => peer.write(chunk));
    expect(await echo(stream, bytes(50_000, 5))).toBe(true);
    peer.destroy();
  });
});

async function pair(): Promise<{ client: TlsEngine; server: TlsEngine }> {
  const core = await loadCore();
  return { client: TlsEngine.create(core, CLIENT()), server: TlsEngine.create(core, SERVER()) };
}

interface Plan {
  up?: Uint8Array;
  down?: Uint8Array;
  /** Neither side says that it is done. */
  keep?: boolean;
}

/** Lets two engines talk through a stream that cuts `size` bytes, until both rest. */
function talk(
  client: TlsEngine,
  server: TlsEngine,
  size: number,
  plan: Plan,
): { client: TlsEvent[]; server: TlsEvent[] } {
  const heard = { client: [] as TlsEvent[], server: [] as TlsEvent[] };
  const feeders = [feeder(client, plan.up, plan.keep), feeder(server, plan.down, plan.keep)];
  for (let moved = 1; moved > 0; ) {
    for (const feed of feeders) feed();
    moved = pour(client, server, size, heard.server) + pour(server, client, size, heard.client);
  }
  return heard;
}

/** Writes bytes as there is room, once the handshake is complete, then says that it is done. */
function feeder(engine: TlsEngine, all: Uint8Array = new Uint8Array(), keep = false): () => void {
  let sent = 0;
  return () => {
    if (engine.connection.phase !== 'open') return;
    while (sent < all.length) {
      const taken = engine.write(all.subarray(sent));
      if (taken <= 0) return;
      sent += taken;
    }
    if (!keep) engine.end();
  };
}

/** Brings all ciphertext over. @returns how many bytes */
function pour(from: TlsEngine, to: TlsEngine, size = 65_536, heard: TlsEvent[] = []): number {
  let moved = 0;
  for (let chunk = from.pull(); chunk !== undefined; chunk = from.pull()) {
    for (let at = 0; at < chunk.length; at += size) {
      const part = chunk.subarray(at, at + size);
      expect(to.push(part)).toBe(part.length);
      heard.push(...events(to));
    }
    moved += chunk.length;
  }
  return moved;
}

function events(engine: TlsEngine): TlsEvent[] {
  const all: TlsEvent[] = [];
  for (let event = engine.next(); event !== undefined; event = engine.next()) all.push(event);
  return all;
}

function data(heard: readonly TlsEvent[]): Buffer {
  return Buffer.concat(heard.flatMap((event) => (event.kind === 'data' ? [event.bytes] : [])));
}

/** An engine with a stream of Node's at its other side. */
class EngineStream {
  readonly far: Duplex;
  received = Buffer.alloc(0);
  onEvent: () => void = () => {};

  constructor(readonly engine: TlsEngine) {
    this.far = new Duplex({
      read: () => {},
      write: (chunk: Buffer, _, done) => {
        for (let at = 0; at < chunk.length; ) {
          at += engine.push(chunk.subarray(at));
          this.pump();
        }
        done();
      },
    });
  }

  /** Tells what is to be told, and passes on what is to go out. */
  pump(): void {
    for (const event of events(this.engine)) {
      if (event.kind === 'failed') throw event.error;
      if (event.kind === 'data') this.received = Buffer.concat([this.received, event.bytes]);
      this.onEvent();
    }
    for (let chunk = this.engine.pull(); chunk !== undefined; chunk = this.engine.pull()) this.far.push(chunk);
  }
}

/** Sends bytes that the peer sends back. */
function echo(stream: EngineStream, bytes: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    let sent = 0;
    const step = () => {
      if (stream.engine.connection.phase === 'open' && sent === 0) {
        sent = stream.engine.write(bytes);
        setImmediate(() => stream.pump());
      }
      if (stream.received.length === bytes.length) resolve(stream.received.equals(bytes));
    };
    stream.onEvent = step;
    step();
    stream.pump();
  });
}
