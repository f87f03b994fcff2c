/** Keys in a capture, as tshark uses them. The conversations are made by `node:tls`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { connect, createSecureContext, type SecureVersion, TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { server } from '../kit/certificates/certificates.js';
import { programMissing } from '../kit/programs.js';
import { tcp, udp } from './packets.js';
import { A, B, captured, rows } from './pcap-kit.js';

const missing = programMissing('tshark');

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vitrine-secrets-'));
  path = join(folder, 'capture.pcapng');
});

afterEach(() => rmSync(folder, { recursive: true }));

describe.skipIf(missing)(`a capture's secrets${missing === undefined ? '' : ` (${missing})`}`, () => {
  it.each([
    ['TLSv1.3', 'client'],
    ['TLSv1.3', 'server'],
    ['TLSv1.2', 'client'],
    ['TLSv1.2', 'server'],
  ] as const)('let tshark read %s, told when the %s knows them', async (version, role) => {
    const { device, inside, outside } = captured({ path });
    const sequence = { client: 1, server: 1 };
    for (const step of await conversation(version, role)) {
      if ('secret' in step) {
        expect(device.secret(step.secret)).toBe(true);
        continue;
      }
      const packet = segment(step.from, sequence, step.bytes);
      sequence[step.from] += step.bytes.length;
      // What the other side said has to be in the capture before its secret is known, as it is in life.
      if (step.from === role) inside.write(packet);
      else outside.write(packet);
      inside.readAll();
    }
    device.close();
    expect(rows(path, ['http.request.uri', 'http.response.code', 'data.data'], 'http')).toEqual([
      ['/secret', '', ''],
      ['', '200', Buffer.from('ok').toString('hex')],
    ]);
  });

  it('stand before the packets of the same turn, behind what was told before, and never before the header', async () => {
    const pieces: Uint8Array[] = [];
    const { device, inside } = captured({ write: (bytes) => void pieces.push(bytes) });
    inside.write(udp(A, B, [1, 2], Uint8Array.of(1)));
    device.secret('first');
    inside.write(udp(A, B, [3, 4], Uint8Array.of(1)));
    device.secret('second');
    device.close();
    await device.finished;
    expect(blocks(Buffer.concat(pieces))).toEqual([SECTION, INTERFACE, SECRETS, SECRETS, PACKET, PACKET, STATISTICS]);
    const text = Buffer.concat(pieces).toString('latin1');
    expect(text.indexOf('first\n')).toBeLessThan(text.indexOf('second\n'));
  });

  it('have room where packets find none any more, and a bound of their own', () => {
    const { device, inside } = captured({ write: () => new Promise<void>(() => {}) });
    const large = udp(A, B, [1, 2], new Uint8Array(1400));
    while (device.dropped === 0) inside.write(large);
    expect(device.secret('CLIENT_RANDOM 00 00')).toBe(true);
    let kept = 0;
    while (device.secret('x'.repeat(1000))) kept++;
    expect(kept).toBeGreaterThan(900);
    expect(kept).toBeLessThan(1100);
    device.close();
  });

  it('are no longer taken when the capture is closed or its writer has failed', async () => {
    const closed = captured({ path }).device;
    closed.close();
    expect(closed.secret('late')).toBe(false);
    const { device } = captured({ write: () => Promise.reject(new Error('no space')) });
    await expect(device.finished).rejects.toThrow('no space');
    expect(device.secret('late')).toBe(false);
    device.close();
  });

  it('are text', () => {
    const { device } = captured({ path });
    expect(() => device.secret(5 as unknown as string)).toThrow(/line must be a string, not 5/);
    device.close();
  });
});

type Side = 'client' | 'server';
type Step = { from: Side; bytes: Buffer } | { secret: string };

/** What client and server say to each other, and what `role` says to its key log, in the order of its own life. */
async function conversation(version: SecureVersion, role: Side): Promise<Step[]> {
  const steps: Step[] = [];
  const [near, far] = wire((from, bytes) => steps.push({ from, bytes }));
  const secureContext = createSecureContext({ key: server.key, cert: server.cert });
  const accepted = new TLSSocket(far, { isServer: true, secureContext });
  const range = { minVersion: version, maxVersion: version };
  const client = connect({ socket: near, rejectUnauthorized: false, ...range });
  const logger = role === 'client' ? client : accepted;
  logger.on('keylog', (line: Buffer) => steps.push({ secret: line.toString().trimEnd() }));
  accepted.on('data', () => accepted.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
  client.on('secureConnect', () => client.write('GET /secret HTTP/1.1\r\nHost: x\r\n\r\n'));
  client.resume();
  await new Promise((resolve) => client.on('end', resolve));
  client.end();
  await new Promise((resolve) => client.on('close', resolve));
  return role === 'client' ? steps : soon(steps);
}

/** OpenSSL tells of the client's traffic secret only after its Finished; a server knows it with its own. */
function soon(steps: Step[]): Step[] {
  const at = steps.findIndex((step) => 'secret' in step);
  const secrets = steps.filter((step) => 'secret' in step && step.secret.startsWith('CLIENT_TRAFFIC_SECRET_0'));
  const others = steps.filter((step) => !secrets.includes(step));
  return [...others.slice(0, at), ...secrets, ...others.slice(at)];
}

/** Two streams that hand each other what is written, and tell of it. */
function wire(passed: (from: Side, bytes: Buffer) => void): [Duplex, Duplex] {
  const ends: Record<Side, Duplex> = { client: end('client', 'server'), server: end('server', 'client') };
  function end(from: Side, to: Side): Duplex {
    return new Duplex({
      read() {},
      write(bytes: Buffer, _encoding, done) {
        passed(from, Buffer.from(bytes));
        ends[to].push(bytes);
        done();
      },
      final(done) {
        ends[to].push(null);
        done();
      },
    });
  }
  return [ends.client, ends.server];
}

/** A segment of one conversation: the client has port 40000, the server 443. */
function segment(from: Side, sequence: Record<Side, number>, bytes: Uint8Array): Uint8Array {
  const [ports, other]: [[number, number], Side] =
    from === 'client' ? [[40000, 443], 'server'] : [[443, 40000], 'client'];
  const [source, destination] = from === 'client' ? [A, B] : [B, A];
  return tcp(source, destination, ports, bytes, false, { seq: sequence[from], ack: sequence[other] });
}

/** The types of a capture's blocks. */
function blocks(capture: Buffer): number[] {
  const types: number[] = [];
  for (let at = 0; at < capture.length; at += capture.readUInt32LE(at + 4)) types.push(capture.readUInt32LE(at));
  return types;
}

const SECTION = 0x0a0d0d0a;
const INTERFACE = 1;
const STATISTICS = 5;
const PACKET = 6;
const SECRETS = 10;
