/**
 * What a handshake finds out about a connection, as `TlsConnection` shows it. Not for: secrets.
 */
import type { GroupName } from '../crypto/provider.js';
import type { CipherSuite, SignatureScheme } from '../parameters.js';
import type { TlsVersion } from '../records.js';
import type { Certificate } from '../x509/certificate.js';

/** Written by the states. */
export interface Facts {
  version: TlsVersion | undefined;
  suite: CipherSuite | undefined;
  group: GroupName | undefined;
  /** `undefined` while nothing was agreed upon. */
  alpnProtocol: string | undefined;
  /** Client: what it asked for; server: what the client sent. */
  serverName: string | undefined;
  resumed: boolean;
  extendedMasterSecret: boolean;
  /** The verdict on the peer; `null` where there is nothing to complain about. A peer without certificate is not authorized. */
  authorized: boolean;
  authorizationError: (Error & { code: string }) | null;
  peerChain: readonly Certificate[];
  localChain: readonly Certificate[];
  /** The scheme with which the peer signed. */
  peerSignatureScheme: SignatureScheme | undefined;
  /** What both sides can sign and verify, in our order. */
  sharedSignatureSchemes: readonly SignatureScheme[];
  /** verify_data of the last Finished that was sent and received. */
  finished: Uint8Array<ArrayBuffer> | undefined;
  peerFinished: Uint8Array<ArrayBuffer> | undefined;
  /** Client: the last ticket as it came, and what resumes with it. */
  ticket: Uint8Array<ArrayBuffer> | undefined;
  session: Uint8Array<ArrayBuffer> | undefined;
}

export function newFacts(): Facts {
  return {
    version: undefined,
    suite: undefined,
    group: undefined,
    alpnProtocol: undefined,
    serverName: undefined,
    resumed: false,
    extendedMasterSecret: false,
    authorized: false,
    authorizationError: null,
    peerChain: [],
    localChain: [],
    peerSignatureScheme: undefined,
    sharedSignatureSchemes: [],
    finished: undefined,
    peerFinished: undefined,
    ticket: undefined,
    session: undefined,
  };
}
