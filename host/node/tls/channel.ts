/**
 * What a secure socket stands on: a Bun-shaped socket with TLS, or TLS over any stream (`duplex-channel.ts`).
 */
import type { TlsMembers } from '../../socket/tls/members.js';
import type { Channel } from '../channel.js';

export type SecureChannel = Channel &
  Pick<
    TlsMembers,
    | 'alpnProtocol'
    | 'authorized'
    | 'exportKeyingMaterial'
    | 'getAuthorizationError'
    | 'getCertificate'
    | 'getCipher'
    | 'getEphemeralKeyInfo'
    | 'getPeerCertificate'
    | 'getPeerX509Certificate'
    | 'getServername'
    | 'getSession'
    | 'getSharedSigalgs'
    | 'getTLSFinishedMessage'
    | 'getTLSPeerFinishedMessage'
    | 'getTLSTicket'
    | 'getTLSVersion'
    | 'getX509Certificate'
    | 'isSessionReused'
    | 'setMaxSendFragment'
  >;
