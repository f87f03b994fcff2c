/** The statements of the socket contract that concern TLS, each by its number (D, S, B). */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Socket } from '../../../host/socket/socket.js';
import { ca, client as clientCertificate, self } from '../../kit/certificates/certificates.js';
import { CLIENT_TLS, SERVER_TLS, SecureRecorder, secure, settle } from '../../kit/secure.js';
import { converse, type Lab, lab, Recorder, SERVER_ADDRESS } from '../../kit/stacks.js';

const TLS12 = { maxVersion: 0x0303 };
const VERSIONS = [
  ['TLSv1.2', TLS12],
  ['TLSv1.3', {}],
] as const;

let net: Lab;
let heard: { client: SecureRecorder; server: SecureRecorder };
beforeEach(async () => {
  net = await lab();
  heard = { client: new SecureRecorder(), server: new SecureRecorder() };
});
afterEach(() => net.close());

describe.each(VERSIONS)('over %s', (version, bounds) => {
  const open = (more = {}) => secure(net, heard, { client: { ...CLIENT_TLS, ...bounds, ...more } });

  test('both ends hear open, handshake, drain, in this order (B5)', async () => {
    await open();
    await settle(net);
    expect(heard.client.events).toEqual(['open', 'handshake:true', 'drain']);
    expect(heard.server.events).toEqual(['open', 'handshake:true:UNABLE_TO_GET_ISSUER_CERT', 'drain']);
  });

  test('without a handshake handler open waits for the handshake', async () => {
    heard = { client: new SecureRecorder({}, false), server: new SecureRecorder({}, false) };
    const { client } = await open();
    await settle(net);
    expect(heard.client.events).toEqual(['open', 'drain']);
    expect(heard.server.events).toEqual(['open', 'drain']);
    expect(client.authorized).toBe(true);
  });

  test('text goes both ways, and bytesWritten counts plaintext (D11)', async () => {
    const { client, server } = await open();
    expect(client.write('ping')).toBe(4);
    expect(server.write('pong!')).toBe(5);
    await settle(net);
    expect(heard.server.bytes.toString()).toBe('ping');
    expect(heard.client.bytes.toString()).toBe('pong!');
    expect([client.bytesWritten, server.bytesWritten]).toEqual([4, 5]);
  });

  test('write takes nothing before the handshake is complete (D2), and drain says when', async () => {
    const answers: number[] = [];
    heard.client = new SecureRecorder({ open: (socket) => void answers.push(socket.write('early')) });
    await open();
    expect(answers).toEqual([0]);
  });

  test('D3: end(data) sends all of it and close_notify behind it; the peer hears end', async () => {
    const bytes = Buffer.alloc(3_000_000, 'x');
    const { client } = await open();
    expect(client.end(bytes)).toBe(bytes.length);
    expect(client.readyState).toBe(-2);
    await net.until(() => heard.client.closed && heard.server.closed);
    expect(heard.server.received).toBe(bytes.length);
    expect(heard.server.events.slice(-2)).toEqual(['end', 'close']);
    expect(heard.client.events.slice(-2)).toEqual(['end', 'close']);
  });

  test('D3: after end() we go on reading until the peer ends', async () => {
    heard.server = new SecureRecorder({ end: (socket) => void socket.end('a late answer') });
    const { client } = await secure(net, heard, {
      client: { ...CLIENT_TLS, ...bounds },
      listen: { allowHalfOpen: true },
    });
    client.end();
    await net.until(() => heard.client.closed);
    expect(heard.client.bytes.toString()).toBe('a late answer');
    expect(heard.client.events.slice(-2)).toEqual(['end', 'close']);
  });

  test('D4: close() fires close before it returns; what was accepted is delivered', async () => {
    const { client } = await open();
    client.write('last words');
    client.close();
    expect(heard.client.events.at(-1)).toBe('close');
    await net.until(() => heard.server.closed);
    expect(heard.server.bytes.toString()).toBe('last words');
    expect(heard.server.events.slice(-2)).toEqual(['end', 'close']);
  });

  test('D6: terminate() resets', async () => {
    const { client } = await open();
    client.terminate();
    await net.until(() => heard.server.closed);
    expect(heard.server.events.at(-1)).toBe('close:ECONNRESET');
  });

  test('D8: shutdown() says no more, and hears no more but close', async () => {
    const { client, server } = await open();
    client.shutdown();
    server.write('nobody listens');
    await net.until(() => heard.client.closed);
    expect(heard.client.events).toEqual(['open', 'handshake:true', 'drain', 'close']);
  });

  test('D16: alpnProtocol is null before the handshake, false when nothing was selected, else the name', async () => {
    const before: unknown[] = [];
    heard.client = new SecureRecorder({ open: (socket) => void before.push(socket.alpnProtocol) });
    const { client } = await open();
    expect(before).toEqual([null]);
    expect(client.alpnProtocol).toBe(false);
    heard = { client: new SecureRecorder(), server: new SecureRecorder() };
    const pair = await secure(net, heard, {
      client: { ...CLIENT_TLS, ...bounds, ALPNProtocols: '\x08http/1.1\x02h2' },
      server: { ...SERVER_TLS, ALPNProtocols: '\x02h2\x08http/1.1' },
    });
    expect([pair.client.alpnProtocol, pair.server.alpnProtocol]).toEqual(['h2', 'h2']);
  });

  test('D21: pause holds data back, resume delivers it, end waits behind it', async () => {
    const { client, server } = await open();
    client.pause();
    server.end('patience');
    await settle(net);
    expect(heard.client.received).toBe(0);
    expect(heard.client.has('end')).toBe(false);
    client.resume();
    await net.until(() => heard.client.closed);
    expect(heard.client.bytes.toString()).toBe('patience');
    expect(heard.client.events.slice(-2)).toEqual(['end', 'close']);
  });

  test('D23: getTLSVersion is unknown, then the version, then null', async () => {
    const before: unknown[] = [];
    heard.client = new SecureRecorder({ open: (socket) => void before.push(socket.getTLSVersion()) });
    const { client, server } = await open();
    expect(before).toEqual(['unknown']);
    expect([client.getTLSVersion(), server.getTLSVersion()]).toEqual([version, version]);
    client.close();
    expect(client.getTLSVersion()).toBe(null);
  });

  test('D24: getCipher has both names and the version', async () => {
    const { client, server } = await open();
    const cipher = client.getCipher();
    expect(cipher.version).toBe(version);
    expect(cipher.standardName).toMatch(/^TLS_/);
    expect(server.getCipher()).toEqual(cipher);
  });

  test('D25: getEphemeralKeyInfo names the group on the client, and is null on the server', async () => {
    const { client, server } = await open();
    const name = version === 'TLSv1.3' ? 'X25519MLKEM768' : 'X25519';
    expect(client.getEphemeralKeyInfo()).toEqual({ type: 'ECDH', name, size: 253 });
    expect(server.getEphemeralKeyInfo()).toBe(null);
  });

  test('D26, D27: certificates of both ends; {} for none, null once destroyed', async () => {
    const { client, server } = await open();
    expect(client.getPeerCertificate().subject.CN).toBe('localhost');
    expect(client.getPeerCertificate(false as never)).toHaveProperty('issuerCertificate');
    expect(server.getCertificate()).toMatchObject({ subject: { CN: 'localhost' } });
    expect(server.getPeerCertificate()).toEqual({});
    expect(client.getCertificate()).toEqual({});
    client.close();
    expect(client.getPeerCertificate()).toBe(null);
    expect(client.getCertificate()).toBe(null);
  });

  test('D28: getSharedSigalgs is not empty', async () => {
    const { server } = await open();
    expect(server.getSharedSigalgs()).toContain('ECDSA+SHA256');
  });

  test('D29, D30: Finished of either end is what the other end saw', async () => {
    const { client, server } = await open();
    expect(client.getTLSFinishedMessage()?.length).toBeGreaterThanOrEqual(12);
    expect(client.getTLSFinishedMessage()).toEqual(server.getTLSPeerFinishedMessage());
    expect(client.getTLSPeerFinishedMessage()).toEqual(server.getTLSFinishedMessage());
  });

  test('D31, D32, D33, D34: a session resumes without waiting for application data, and keeps the verdict', async () => {
    const { client, server } = await open();
    await settle(net);
    expect(client.isSessionReused()).toBe(false);
    expect(client.getTLSTicket()).toBeInstanceOf(Buffer);
    expect(server.getTLSTicket()).toBe(undefined);
    const session = client.getSession() as Buffer;
    expect(session).toBeInstanceOf(Buffer);
    client.end();
    const port = client.remotePort;
    const again = new SecureRecorder({ open: (socket) => socket.setSession(session) });
    net.client.connect<unknown>({
      hostname: SERVER_ADDRESS,
      port,
      tls: { ...CLIENT_TLS, ...bounds },
      socket: again.handlers,
    });
    await net.until(() => again.has('handshake:true'));
    expect(again.socket?.isSessionReused()).toBe(true);
    expect(again.socket?.authorized).toBe(true);
    expect(again.socket?.getPeerCertificate().subject.CN).toBe('localhost');
  });

  test('D35: exporters agree on both ends, and differ by label and context', async () => {
    const { client, server } = await open();
    const material = client.exportKeyingMaterial(48, 'EXPERIMENTAL-vitrine', Buffer.from('context'));
    expect(material).toHaveLength(48);
    expect(server.exportKeyingMaterial(48, 'EXPERIMENTAL-vitrine', 'context')).toEqual(material);
    expect(client.exportKeyingMaterial(48, 'EXPERIMENTAL-other', Buffer.from('context'))).not.toEqual(material);
    expect(() => client.exportKeyingMaterial(-1, 'EXPERIMENTAL-vitrine')).toThrow(/length/);
  });

  test('D36: setMaxSendFragment is false outside 512 … 16384, and bounds the records', async () => {
    const { client } = await open();
    expect([100, 511, 16385, 20000].map((size) => client.setMaxSendFragment(size))).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect([512, 16384, undefined].map((size) => client.setMaxSendFragment(size))).toEqual([true, true, true]);
    client.setMaxSendFragment(512);
    client.write(Buffer.alloc(2000));
    await settle(net);
    expect(heard.server.received).toBe(2000);
  });

  test('D37: the server hears the name that the client set in open', async () => {
    heard.client = new SecureRecorder({ open: (socket) => socket.setServername('a.wild.test') });
    const { client, server } = await open();
    expect([client.getServername(), server.getServername()]).toEqual(['a.wild.test', 'a.wild.test']);
    expect(() => client.setServername('late.test')).toThrow('Already started.');
    expect(() => server.setServername('x')).toThrow('Cannot issue SNI from a TLS server-side socket');
  });

  test('D38: setVerifyMode counts before the handshake and throws later', async () => {
    heard.server = new SecureRecorder({ open: (socket) => socket.setVerifyMode(true, false) });
    const { server } = await secure(net, heard, {
      client: { ...CLIENT_TLS, ...bounds, cert: clientCertificate.cert, key: clientCertificate.key },
      server: { ...SERVER_TLS, ca: ca.cert },
    });
    expect(server.getPeerCertificate().subject.CN).toBe('client one');
    expect(server.authorized).toBe(true);
    expect(() => server.setVerifyMode(true, true)).toThrow(/handshake/);
  });

  test('D39: renegotiate throws an error with a code', async () => {
    const { client } = await open();
    client.disableRenegotiation();
    expect(() => client.renegotiate()).toThrow(expect.objectContaining({ code: 'ERR_TLS_RENEGOTIATION_DISABLED' }));
  });

  test('a truncated stream is close with ERR_TLS_TRUNCATED, without end', async () => {
    // The plain end of the wire answers with what a TLS server would, and then breaks off.
    const relay = await truncatingRelay(net, bounds);
    await net.until(() => relay.client.has('drain'));
    relay.cut();
    await net.until(() => relay.client.closed);
    expect(relay.client.events.at(-1)).toBe('close:ERR_TLS_TRUNCATED');
    expect(relay.client.has('end')).toBe(false);
  });
});

describe('S1, S2: who is authorized', () => {
  const cells = [
    ['a trusted server', SERVER_TLS, CLIENT_TLS, null],
    ['a self-signed one', { cert: self.cert, key: self.key }, CLIENT_TLS, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['one of an unknown CA', SERVER_TLS, { ...CLIENT_TLS, ca: self.cert }, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['one of another name', SERVER_TLS, { ...CLIENT_TLS, serverName: 'other.test' }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ] as const;
  for (const [who, serverTls, clientTls, code] of cells) {
    for (const rejectUnauthorized of [true, false]) {
      for (const listens of [true, false]) {
        const name = `${who}, rejectUnauthorized ${rejectUnauthorized}, ${listens ? 'with' : 'without'} a handshake handler`;
        test(name, async () => {
          heard = { client: new SecureRecorder({}, listens), server: new SecureRecorder({ open() {} }) };
          const { client, server } = await secure(net, heard, {
            client: { ...clientTls, rejectUnauthorized },
            server: serverTls,
          });
          server.write('for your eyes only');
          await settle(net);
          expect(client.authorized).toBe(code === null);
          expect((client.getAuthorizationError() as { code?: string } | null)?.code ?? null).toBe(code);
          const refused = code !== null && rejectUnauthorized;
          expect(heard.client.closed).toBe(refused);
          expect(heard.client.received).toBe(refused ? 0 : 18);
          if (refused) expect(client.write('x')).toBe(-1);
        });
      }
    }
  }

  test('S2: a client refuses an unverified server by default', async () => {
    await secure(net, heard, { client: { serverName: 'server.test' } });
    expect(heard.client.events.slice(-2)).toEqual(['handshake:false:UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'close']);
    await net.until(() => heard.server.closed);
    expect(heard.server.events[1]).toMatch(/^handshake:false:EPROTO/);
    expect(heard.server.errors[0]).toMatchObject({ alert: 'unknown_ca' });
  });

  test('S1: the verdict stays readable after close', async () => {
    const { client } = await secure(net, heard);
    client.close();
    expect(client.authorized).toBe(true);
    expect(client.getAuthorizationError()).toBe(null);
  });
});

describe('S3: what means TLS', () => {
  test('tls: {} on listen throws without a certificate', () => {
    for (const tls of [{}, true]) {
      expect(() => net.server.listen({ hostname: SERVER_ADDRESS, port: 0, tls, socket: { data() {} } })).toThrow(
        /certificate/i,
      );
    }
  });

  test.each([true, {}, { ca: undefined }])('tls: %j on connect means TLS', async (tls) => {
    await secure(net, heard, { client: tls as object });
    expect(heard.client.events[1]).toMatch(/^handshake:false/);
  });

  test('what is neither an object nor a boolean throws at once', () => {
    const options = { hostname: SERVER_ADDRESS, port: 1, tls: 1 as never, socket: { data() {} } };
    expect(() => net.client.connect(options)).toThrow('TLSOptions must be an object');
    expect(() => net.server.listen(options)).toThrow('TLSOptions must be an object');
  });
});

describe('plain TCP', () => {
  test('answers every member of TLS', async () => {
    const { client } = await converse(net, { client: new Recorder(), server: new Recorder() });
    expect(client.alpnProtocol).toBe(null);
    expect(client.authorized).toBe(false);
    expect(client.getAuthorizationError()).toBe(null);
    expect(client.getTLSVersion()).toBe(null);
    expect(client.getCipher()).toBe(undefined);
    expect(client.getEphemeralKeyInfo()).toBe(null);
    expect(client.getSession()).toBe(undefined);
    expect(client.isSessionReused()).toBe(false);
    expect(client.getPeerCertificate()).toEqual({});
    expect(client.setMaxSendFragment(512)).toBe(false);
    expect(client.renegotiate()).toBe(undefined);
    expect(client.exportKeyingMaterial(8, 'x')).toBe(undefined);
  });
});

describe('a handshake that fails', () => {
  test('B6: reaches both ends at once, with the name of the alert', async () => {
    await secure(net, heard, {
      client: { ...CLIENT_TLS, minVersion: 0x0304 },
      server: { ...SERVER_TLS, maxVersion: 0x0303 },
    });
    expect(net.clock.now()).toBeLessThan(2000);
    for (const { errors, events } of [heard.client, heard.server]) {
      expect(events[1]).toBe('handshake:false:EPROTO');
      expect(errors[0]).toMatchObject({
        alert: 'protocol_version',
        message: expect.stringContaining('protocol_version'),
      });
    }
  });

  test('without a handshake handler close says why', async () => {
    heard.client = new SecureRecorder({}, false);
    await secure(net, heard, {
      client: { ...CLIENT_TLS, minVersion: 0x0304 },
      server: { ...SERVER_TLS, maxVersion: 0x0303 },
    });
    await net.until(() => heard.client.closed);
    expect(heard.client.events).toEqual(['open', 'close:EPROTO']);
  });

  test('is given up after 30 s when the peer says nothing', async () => {
    const silent = net.server.listen({ hostname: SERVER_ADDRESS, port: 0, socket: { data() {} } });
    net.client.connect<unknown>({
      hostname: SERVER_ADDRESS,
      port: silent.port,
      tls: CLIENT_TLS,
      socket: heard.client.handlers,
    });
    const start = net.clock.now();
    await net.until(() => heard.client.closed);
    expect(net.clock.now() - start).toBeGreaterThanOrEqual(30_000);
    expect(net.clock.now() - start).toBeLessThan(30_100);
    expect(heard.client.events).toEqual(['open', 'handshake:false:ERR_TLS_HANDSHAKE_TIMEOUT', 'close']);
  });

  test('tells who ended in the middle of it', async () => {
    const rude = net.server.listen({
      hostname: SERVER_ADDRESS,
      port: 0,
      socket: { data: (socket) => void socket.end() },
    });
    net.client.connect<unknown>({
      hostname: SERVER_ADDRESS,
      port: rude.port,
      tls: CLIENT_TLS,
      socket: heard.client.handlers,
    });
    await net.until(() => heard.client.closed);
    expect(heard.client.events).toEqual(['open', 'handshake:false:ECONNRESET', 'close']);
  });
});

describe('mutual TLS', () => {
  const asking = { ...SERVER_TLS, ca: ca.cert, requestCert: true };

  test('the server knows its client', async () => {
    const tls = { ...CLIENT_TLS, cert: clientCertificate.cert, key: clientCertificate.key };
    const { server } = await secure(net, heard, { client: tls, server: { ...asking, rejectUnauthorized: true } });
    expect(server.authorized).toBe(true);
    expect(server.getAuthorizationError()).toBe(null);
    expect(server.getPeerCertificate().subject.CN).toBe('client one');
  });

  test('a client without a certificate is refused', async () => {
    await secure(net, heard, { server: { ...asking, rejectUnauthorized: true } });
    await net.until(() => heard.server.closed && heard.client.closed);
    expect(heard.server.events[1]).toMatch(/^handshake:false/);
    expect(heard.client.errors[0]).toMatchObject({ alert: 'certificate_required', remote: true });
  });
});

describe('several certificates on one listener', () => {
  test('the name that the client asks for chooses', async () => {
    const other = { cert: self.cert, key: self.key, serverName: 'self.test' };
    const tls = [{ ...SERVER_TLS, serverName: 'server.test' }, other];
    const { client } = await secure(net, heard, {
      client: { ca: self.cert, serverName: 'self.test', rejectUnauthorized: false },
      server: tls,
    });
    expect(client.getPeerCertificate().serialNumber).not.toBe(undefined);
    expect((client.getAuthorizationError() as { code?: string }).code).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  });
});

/** A client of TLS whose server lies behind a plain relay that can break off without close_notify. */
async function truncatingRelay(net: Lab, bounds: object): Promise<{ client: SecureRecorder; cut(): void }> {
  const listener = net.server.listen<unknown>({
    hostname: SERVER_ADDRESS,
    port: 0,
    tls: SERVER_TLS,
    socket: new SecureRecorder().handlers,
  });
  let behind: Promise<Socket<unknown>> | undefined;
  let front: Socket<unknown> | undefined;
  const relay = net.server.listen<unknown>({
    hostname: SERVER_ADDRESS,
    port: 0,
    socket: {
      open(socket) {
        front = socket;
        behind = net.server.connect<unknown>({
          hostname: SERVER_ADDRESS,
          port: listener.port,
          socket: { data: (_, data) => void socket.write(data) },
        });
      },
      data: (_, data) => void behind?.then((socket) => socket.write(data)),
    },
  });
  const client = new SecureRecorder();
  net.client.connect<unknown>({
    hostname: SERVER_ADDRESS,
    port: relay.port,
    tls: { ...CLIENT_TLS, ...bounds },
    socket: client.handlers,
  });
  return { client, cut: () => front?.end() };
}
