import { describe, expect, it } from 'vitest';
import type { TlsConfig } from '../../../host/tls/config.js';
import { type ClientHello, readClientHello } from '../../../host/tls/messages/client-hello.js';
import { EXTENSION } from '../../../host/tls/messages/extension.js';
import { GROUPS } from '../../../host/tls/parameters.js';
import { BOTH, ONLY_13 } from '../kit/ends.js';
import { PipeEnd } from '../kit/pipe.js';

describe("The client's first ClientHello", () => {
  it('offers both versions, with what each of them needs', () => {
    const hello = helloOf(BOTH);
    expect(hello.legacyVersion).toBe(0x0303);
    expect(hello.versions).toEqual([0x0304, 0x0303]);
    expect(hello.sessionId).toHaveLength(32);
    expect([...hello.compression]).toEqual([0]);
    expect(hello.extendedMasterSecret).toBe(true);
    expect(hello.renegotiationInfo).toHaveLength(0);
    expect(hello.sessionTicket).toHaveLength(0);
    expect(hello.pskModes).toEqual([1]);
  });

  it('has nothing of TLS 1.2 where that is not allowed', () => {
    const hello = helloOf(ONLY_13);
    expect(hello.versions).toEqual([0x0304]);
    expect(hello.extendedMasterSecret).toBe(false);
    expect(hello.sessionTicket).toBeUndefined();
    expect(hello.suites.every((id) => id >> 8 === 0x13)).toBe(true);
  });

  it('has nothing of TLS 1.3 where that is not allowed', () => {
    const hello = helloOf({ minVersion: 0x0303, maxVersion: 0x0303 });
    expect(hello.versions).toBeUndefined();
    expect(hello.keyShares).toBeUndefined();
    expect(hello.sessionId).toHaveLength(0);
    expect(hello.suites.some((id) => id >> 8 === 0x13)).toBe(false);
  });

  it('has a share for the hybrid group and one for x25519', () => {
    const hello = helloOf({ groups: ['X25519MLKEM768', 'x25519', 'secp256r1'] });
    expect(hello.groups).toEqual([GROUPS.X25519MLKEM768, GROUPS.x25519, GROUPS.secp256r1]);
    expect(hello.keyShares?.map(({ group, share }) => [group, share.length])).toEqual([
      [GROUPS.X25519MLKEM768, 1216],
      [GROUPS.x25519, 32],
    ]);
  });

  it('has one share where the favourite is a curve', () => {
    const hello = helloOf({ groups: ['secp256r1', 'x25519'] });
    expect(hello.keyShares?.map(({ group }) => group)).toEqual([GROUPS.secp256r1]);
  });

  it.each([
    ['example.com', 'example.com'],
    ['example.com.', 'example.com'],
    ['Example.com', 'Example.com'],
    ['b\u00fccher.example.', 'xn--bcher-kva.example'],
    ['127.0.0.1', undefined],
    ['::1', undefined],
    [undefined, undefined],
  ])('for the server name %s indicates %s', (serverName, indicated) => {
    expect(helloOf({ serverName }).serverName).toBe(indicated);
  });

  it('lists protocols in their order, and none where there are none', () => {
    expect(helloOf({ alpn: ['h2', 'http/1.1'] }).alpn).toEqual(['h2', 'http/1.1']);
    expect(helloOf({}).alpn).toBeUndefined();
  });

  it('never offers early data, compression of certificates, or status_request', () => {
    const types = [...helloOf(BOTH).extensions.keys()];
    for (const type of [EXTENSION.early_data, EXTENSION.status_request, 27]) expect(types).not.toContain(type);
  });

  it('is not sent when the configuration allows no version', () => {
    const end = new PipeEnd('client', { suites: [] });
    expect(end.turn()).toEqual([expect.objectContaining({ type: 21 })]);
    expect(end.error?.reason).toBe('NO_SUPPORTED_VERSIONS_ENABLED');
    expect(end.connection.phase).toBe('failed');
  });
});

function helloOf(changes: Partial<TlsConfig>): ClientHello {
  const end = new PipeEnd('client', changes);
  end.turn();
  const [message] = end.sent;
  if (message === undefined) throw new Error('no ClientHello');
  return readClientHello(message);
}
