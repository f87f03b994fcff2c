/** What two sides have agreed upon, as Vitrine's socket tells it, and what a row expects. */
import type { Socket } from '../../../host/socket/socket.js';
import { SERVER_NAME } from './files.js';
import type { Group } from './peer.js';
import { PROTOCOL, RETRIED, type Row } from './rows.js';

export interface Agreed {
  readonly version: string;
  readonly suite: string;
  readonly group: string | null;
  readonly alpn: string | false | null;
  readonly serverName: string;
  readonly resumed: boolean;
  readonly authorized: boolean;
}

export function agreed<Data>(socket: Socket<Data>): Agreed {
  const key = socket.getEphemeralKeyInfo();
  return {
    version: socket.getTLSVersion(),
    suite: socket.getCipher().standardName,
    group: key !== null && 'name' in key ? (key.name ?? null) : null,
    alpn: socket.alpnProtocol,
    serverName: socket.getServername(),
    resumed: socket.isSessionReused(),
    authorized: socket.authorized,
  };
}

/** @throws Error when something else was agreed upon than the row says */
export function check({ role, version, suite, group, feature }: Row, found: Agreed): void {
  const chosen = feature === 'retry' ? RETRIED : group;
  const expected: Partial<Agreed> = {
    version,
    serverName: SERVER_NAME,
    resumed: feature === 'resume',
    alpn: feature === 'alpn' ? PROTOCOL : false,
    // A server verifies nobody whom it does not ask.
    authorized: role === 'server' || feature === 'mutual',
    ...(suite === undefined ? {} : { suite }),
    // Only a client tells the group; a client of the peer's has no other to speak.
    ...(role === 'client' || chosen === undefined ? {} : { group: GROUPS[chosen] }),
  };
  for (const name of Object.keys(expected) as (keyof Agreed)[]) {
    if (found[name] !== expected[name]) throw new Error(`${name} is ${found[name]} instead of ${expected[name]}`);
  }
}

const GROUPS: Record<Group, string> = { X25519: 'X25519', 'P-256': 'prime256v1', 'P-384': 'secp384r1' };
