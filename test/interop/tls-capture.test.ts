/** What Wireshark reads in a capture of HTTPS that holds its own keys: made by a Vitrine at either end, in any weather. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ThrowawayAuthority } from '../../host/cli/certificates.js';
import { pseudoRandomBytes } from '../../host/cli/demo/content.js';
import { httpGet } from '../../host/cli/http/client.js';
import { serveHttp } from '../../host/cli/http/server.js';
import { memorySite } from '../../host/cli/http/site.js';
import type { Device } from '../../host/device/device.js';
import { memoryWire } from '../../host/device/memory.js';
import { type Pcap, pcap } from '../../host/device/pcap.js';
import { type WeatherOptions, weather } from '../../host/device/weather.js';
import { rows } from '../device/pcap-kit.js';
import { lab, SERVER_ADDRESS } from '../kit/stacks.js';
import { MALFORMED, tsharkMissing } from './wireshark.js';

const missing = tsharkMissing();
const CONTENT = pseudoRandomBytes('capture', 100_000);

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vitrine-tls-capture-'));
  path = join(folder, 'capture.pcapng');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe.skipIf(missing)(`a capture of https${missing === undefined ? '' : ` (${missing})`}`, () => {
  test.each([
    ['client', 'TLSv1.3'],
    ['server', 'TLSv1.3'],
    ['client', 'TLSv1.2'],
    ['server', 'TLSv1.2'],
  ] as const)('that the %s made is decrypted by tshark alone, %s', async (role, version) => {
    await exchange(role, version);
    expect(messages()).toEqual(version === 'TLSv1.3' ? MESSAGES_13 : MESSAGES_12);
    const [request, response] = rows(path, ['http.request.uri', 'http.response.code', 'data.data'], 'tls && http');
    expect(request?.[0]).toBe('/content');
    expect(response?.[1]).toBe('200');
    expect(sha256(Buffer.from(response?.[2] ?? '', 'hex'))).toBe(sha256(CONTENT));
    expect(rows(path, ['tls.alert_message.desc'], 'tls.alert_message.desc == 0')).toHaveLength(2);
    expect(rows(path, ['frame.number'], MALFORMED)).toEqual([]);
  });

  test.each(['client', 'server'] as const)(
    'that the %s made is decrypted though the handshake was lost, delayed and reordered on its way',
    async (role) => {
      await exchange(role, 'TLSv1.3', { seed: 5, loss: 0.1, delay: 20, jitter: 15, duplicate: 0.05 });
      expect(rows(path, ['frame.number'], 'tcp.analysis.retransmission').length).toBeGreaterThan(0);
      const [request, response] = rows(path, ['http.request.uri', 'http.response.code', 'data.data'], 'tls && http');
      expect([request?.[0], response?.[1]]).toEqual(['/content', '200']);
      expect(sha256(Buffer.from(response?.[2] ?? '', 'hex'))).toBe(sha256(CONTENT));
    },
  );

  test('tells nobody anything when it was not given the keys', async () => {
    await exchange('client', 'TLSv1.3', undefined, false);
    expect(rows(path, ['frame.number'], 'http')).toEqual([]);
  });
});

/** One download; the capture is complete afterwards. */
async function exchange(
  role: 'client' | 'server',
  maxVersion: string,
  conditions?: WeatherOptions,
  withKeys = true,
): Promise<void> {
  const [left, right] = memoryWire();
  const near = conditions === undefined ? left : weather(left, conditions);
  const captured = pcap(role === 'client' ? near : right, { path });
  const wire: [Device, Device] = role === 'client' ? [captured, right] : [near, captured];
  const net = await lab({ wire, [role]: withKeys ? { keylog: captured.secret } : {} });
  const authority = new ThrowawayAuthority(net.clock.wall());
  const site = memorySite({ '/content': { type: 'application/octet-stream', content: CONTENT } });
  const tls = authority.issue([SERVER_ADDRESS]);
  serveHttp(net.server, { hostname: SERVER_ADDRESS, port: 443, site, tls });
  let done = false;
  const url = new URL(`https://${SERVER_ADDRESS}/content`);
  const fetched = httpGet(net.client, url, { tls: { ca: authority.cert, maxVersion }, received() {} });
  const note = () => {
    done = true;
  };
  fetched.then(note, note);
  await net.until(() => done);
  await fetched;
  await net.pass(100);
  await finish(captured, net);
}

async function finish(captured: Pcap, net: { close(): void }): Promise<void> {
  net.close();
  await captured.finished;
}

/** The types of all handshake messages, in order. */
function messages(): string[] {
  return rows(path, ['tls.handshake.type'], 'tls.handshake').flatMap(([types = '']) => types.split(','));
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** RFC 8446 §4: hello, hello, EncryptedExtensions, Certificate, CertificateVerify, Finished, Finished, two tickets. */
const MESSAGES_13 = ['1', '2', '8', '11', '15', '20', '20', '4', '4'];
/** RFC 5246 §7.4: hellos, Certificate, ServerKeyExchange, ServerHelloDone, ClientKeyExchange, Finished, ticket, Finished. */
const MESSAGES_12 = ['1', '2', '11', '12', '14', '16', '20', '4', '20'];
