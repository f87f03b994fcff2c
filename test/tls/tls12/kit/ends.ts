/** Ends of TLS connections in memory: ours, and what moves bytes between them. */
import { Core } from '../../../../host/core/core.js';
import { compileCore } from '../../../../host/core/load.js';
import type { TlsError } from '../../../../host/tls/alert.js';
import type { TlsConfig } from '../../../../host/tls/config.js';
import { TlsConnection, type TlsEvent } from '../../../../host/tls/connection.js';
import { CoreRecords } from '../../../../host/tls/core-records.js';
import { defaultProvider } from '../../../../host/tls/crypto/default.js';
import { SCHEMES, type SignatureScheme, SUITES, TLS12 } from '../../../../host/tls/parameters.js';
import { TicketKeys } from '../../../../host/tls/session/ticket-keys.js';
import { TEST_CORE } from '../../../kit/driver.js';
import { identity } from './credentials.js';

/** A configuration of TLS 1.2 alone that knows nobody and trusts anybody. */
export function config(role: 'client' | 'server', changes: Partial<TlsConfig> = {}): TlsConfig {
  const provider = defaultProvider();
  return {
    role,
    provider,
    wall: Date.now,
    minVersion: TLS12,
    maxVersion: TLS12,
    suites: SUITES.map(({ standardName }) => standardName),
    honorClientOrder: false,
    groups: ['x25519', 'secp256r1', 'secp384r1'],
    signatureSchemes: Object.keys(SCHEMES) as SignatureScheme[],
    alpn: [],
    credentials: role === 'server' ? [identity('p256').credentials] : [],
    trust: undefined,
    crls: [],
    serverName: role === 'client' ? 'localhost' : undefined,
    requestCert: false,
    rejectUnauthorized: false,
    session: undefined,
    ticketKeys: role === 'server' ? new TicketKeys({ provider, wall: Date.now }) : undefined,
    select: undefined,
    keylog: undefined,
    maxSendFragment: 16_384,
    ...changes,
  };
}

/** One end, with all that it told so far. */
export class End {
  readonly records: CoreRecords;
  readonly connection: TlsConnection;
  readonly events: TlsEvent[] = [];

  constructor(role: 'client' | 'server', changes: Partial<TlsConfig> = {}) {
    this.records = new CoreRecords({ core, wake: () => {} });
    this.connection = new TlsConnection(this.records, config(role, changes));
    this.connection.start();
  }

  /** Reads what came, and answers what is to go out. */
  turn(incoming: readonly Uint8Array[] = []): Uint8Array[] {
    for (const bytes of incoming) this.records.push(bytes);
    for (let event = this.connection.next(); event !== undefined; event = this.connection.next())
      this.events.push(event);
    const outgoing: Uint8Array[] = [];
    for (let bytes = this.records.pull(); bytes !== undefined; bytes = this.records.pull()) outgoing.push(bytes);
    return outgoing;
  }

  get done(): boolean {
    return this.events.some(({ kind }) => kind === 'handshake');
  }

  get error(): TlsError | undefined {
    return this.events.find((event) => event.kind === 'failed')?.error;
  }

  get session(): Uint8Array | undefined {
    return this.events.findLast((event) => event.kind === 'session')?.session;
  }

  /** Application data that came, as text. */
  get text(): string {
    return Buffer.concat(this.events.flatMap((event) => (event.kind === 'data' ? [event.bytes] : []))).toString();
  }
}

/** Something between two ends that may change what passes. */
export type Meddler = (bytes: Uint8Array, from: 'client' | 'server') => Uint8Array;

/** Lets two ends talk until both have nothing more to say. */
export function talk(client: End, server: End, meddle: Meddler = (bytes) => bytes): void {
  let toServer = client.turn();
  while (toServer.length > 0) {
    const toClient = server.turn(toServer.map((bytes) => meddle(bytes, 'client')));
    toServer = client.turn(toClient.map((bytes) => meddle(bytes, 'server')));
  }
}

/** A handshake of ours with ours. */
export function pair(
  clientChanges: Partial<TlsConfig> = {},
  serverChanges: Partial<TlsConfig> = {},
  meddle?: Meddler,
): { client: End; server: End } {
  const [client, server] = [new End('client', clientChanges), new End('server', serverChanges)];
  talk(client, server, meddle);
  return { client, server };
}

const core = Core.initialized((await compileCore(TEST_CORE)).instantiate(1));
