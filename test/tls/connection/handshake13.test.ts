import { describe, expect, it } from 'vitest';
import { nobleProvider } from '../../../host/tls/crypto/noble.js';
import type { GroupName } from '../../../host/tls/crypto/provider.js';
import type { SuiteName } from '../../../host/tls/parameters.js';
import { BOTH, pair, talk, trusting } from '../kit/ends.js';

const GROUPS: GroupName[] = ['X25519MLKEM768', 'x25519', 'secp256r1', 'secp384r1'];
const SUITES: SuiteName[] = ['TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384'];

describe('A handshake of TLS 1.3 of ours with ours', () => {
  it.each(GROUPS.flatMap((group) => SUITES.map((suite) => [group, suite] as const)))(
    'completes with %s and %s, and both sides say the same of it',
    (group, suite) => {
      const { client, server } = pair(
        { ...trusting(), ...BOTH, groups: GROUPS },
        { ...BOTH, groups: [group], suites: [suite] },
      );
      expect(client.error ?? server.error).toBeUndefined();
      for (const { connection } of [client, server]) {
        expect(connection).toMatchObject({ phase: 'open', version: 0x0304, group, resumed: false });
        expect(connection.suite?.name).toBe(suite);
      }
      expect(client.connection.authorized).toBe(true);
      expect(client.connection.finished).toEqual(server.connection.peerFinished);
      expect(client.connection.peerFinished).toEqual(server.connection.finished);
      expect(client.connection.exportKeyingMaterial(20, 'EXPORTER-x')).toEqual(
        server.connection.exportKeyingMaterial(20, 'EXPORTER-x', new Uint8Array()),
      );
      client.connection.write(Buffer.from('hello'));
      talk(client, server);
      expect(server.text).toBe('hello');
    },
  );

  it.each(['client', 'server'])('completes when the %s computes without node:crypto', (side) => {
    const changes = { groups: GROUPS, provider: nobleProvider };
    const [ours, theirs] = [{ ...trusting(), groups: GROUPS }, { groups: GROUPS }];
    const { client, server } = pair(
      side === 'client' ? { ...ours, ...changes } : ours,
      side === 'server' ? changes : theirs,
    );
    expect(client.error ?? server.error).toBeUndefined();
    expect([client.done, server.done]).toEqual([true, true]);
    expect(client.connection.group).toBe('X25519MLKEM768');
  });
});
