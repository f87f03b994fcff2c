/** What the scenarios of TLS have in common: options, a pair of sockets, and what is looked at. */
// @ts-nocheck: these scripts call what does not exist, on purpose.
import { ca, server } from '../../certificates.mjs';

export const needs = ['tls'];

/** SSL_OP_NO_TLSv1_3, SSL_OP_NO_TLSv1_2. */
export const NO_TLS13 = 0x20000000;
export const NO_TLS12 = 0x08000000;
export const VERSIONS = { 1.3: {}, 1.2: { secureOptions: NO_TLS13 } };

export const serverTls = (options = {}) => ({ cert: server.cert, key: server.key, ...options });
export const clientTls = (options = {}) => ({ ca: ca.cert, ...options });

/** Waits until each side has had its verdict or is closed, not for ever. */
export const decided = (t) =>
  t.until(
    () =>
      ['client', 'server'].every(
        (a) =>
          t.has(a, 'handshake') ||
          t.has(a, 'close') ||
          t.has(a, 'connect() threw') ||
          (a === 'server' && t.has('client', 'connect() threw')),
      ),
    1500,
  );

export async function tlsPair(t, so = {}, co = {}, { sx = {}, cx = {}, ro, rco, lopts = {}, copts = {} } = {}) {
  const l = t.server(sx, { tls: so, ...lopts }, ro);
  const c = await t.client(l.port, cx, { tls: co, ...copts }, rco);
  return {
    l,
    c,
    get s() {
      return t.sockets.server;
    },
  };
}

/** Everything that can be asked of a TLS socket. */
export const MEMBERS = [
  ['authorized', (s) => s.authorized],
  ['alpnProtocol', (s) => s.alpnProtocol],
  ['readyState', (s) => s.readyState],
  ['getAuthorizationError()', (s) => s.getAuthorizationError()],
  ['getCipher()', (s) => s.getCipher()],
  ['getTLSVersion()', (s) => s.getTLSVersion()],
  ['getEphemeralKeyInfo()', (s) => s.getEphemeralKeyInfo()],
  ['getServername()', (s) => s.getServername()],
  ['isSessionReused()', (s) => s.isSessionReused()],
  ['getSharedSigalgs()', (s) => s.getSharedSigalgs()],
  ['getSession()', (s) => buf(s.getSession())],
  ['getTLSTicket()', (s) => buf(s.getTLSTicket())],
  ['getTLSFinishedMessage() length', (s) => s.getTLSFinishedMessage()?.length],
  ['getTLSPeerFinishedMessage() length', (s) => s.getTLSPeerFinishedMessage()?.length],
  ["exportKeyingMaterial(16,'L')", (s) => buf(s.exportKeyingMaterial(16, 'L'))],
  ['getCertificate()', (s) => cert(s.getCertificate())],
  ['getPeerCertificate()', (s) => cert(s.getPeerCertificate())],
  ['getPeerCertificate(true)', (s) => cert(s.getPeerCertificate(true))],
  ['getPeerCertificate(false)', (s) => cert(s.getPeerCertificate(false))],
  [
    'getX509Certificate()',
    (s) => {
      const x = s.getX509Certificate?.();
      return x && { ctor: x.constructor.name, subject: x.subject };
    },
  ],
  [
    'getPeerX509Certificate()',
    (s) => {
      const x = s.getPeerX509Certificate?.();
      return x && { ctor: x.constructor.name, subject: x.subject };
    },
  ],
  ['setMaxSendFragment(1024)', (s) => s.setMaxSendFragment(1024)],
  ['setVerifyMode(true,true)', (s) => s.setVerifyMode(true, true)],
  ['setVerifyMode(false,false)', (s) => s.setVerifyMode(false, false)],
  ['disableRenegotiation()', (s) => s.disableRenegotiation()],
  ["setServername('other.test')", (s) => s.setServername('other.test')],
  ['getServername() after', (s) => s.getServername()],
  ['bytesWritten', (s) => s.bytesWritten],
];

export const cert = (c) =>
  c && typeof c === 'object' && Object.keys(c).length
    ? {
        keys: Object.keys(c),
        subject: c.subject,
        issuer: c.issuer,
        subjectaltname: c.subjectaltname,
        typeofRaw: c.raw?.constructor?.name,
        bits: c.bits,
        nistCurve: c.nistCurve,
        asn1Curve: c.asn1Curve,
        typeofModulus: typeof c.modulus,
        exponent: c.exponent,
        valid_from: typeof c.valid_from,
        serial: typeof c.serialNumber,
        fp: /^([0-9A-F]{2}:){19}[0-9A-F]{2}$/.test(c.fingerprint),
        fp256: /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/.test(c.fingerprint256),
        ca: c.ca,
        ext_key_usage: c.ext_key_usage,
        hasIssuer: 'issuerCertificate' in c,
        issuerIsSelf: c.issuerCertificate === c,
      }
    : c;

export const buf = (b) =>
  b === undefined || b === null
    ? b
    : typeof b === 'string'
      ? { string: b.length > 0 }
      : { ctor: b.constructor.name, empty: b.length === 0 };
