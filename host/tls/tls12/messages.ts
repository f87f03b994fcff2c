/**
 * Handshake messages that only TLS 1.2 has, or has in another form than 1.3, as bodies without their header of four bytes.
 * Not for: the hellos and CertificateVerify, which both versions share (`../messages/`); what may come when (`client/`, `server/`).
 */
import { concat } from '../wire/bytes.js';
import { decode } from '../wire/reader.js';
import { encode } from '../wire/writer.js';
import type { Randoms } from './secrets.js';

/** RFC 8422 §5.4, for ECDHE: the server's half of the key exchange, signed. */
export interface ServerKeyExchange {
  /** NamedCurve, as it came. */
  readonly group: number;
  readonly share: Uint8Array;
  /** ServerECDHParams as they stood in the message: what is signed behind the randoms. */
  readonly params: Uint8Array;
  /** SignatureAndHashAlgorithm, with the numbers of RFC 8446 §4.2.3. */
  readonly scheme: number;
  readonly signature: Uint8Array;
}

/** RFC 5246 §7.4.4. */
export interface CertificateRequest12 {
  /** ClientCertificateType: `RSA_SIGN`, `ECDSA_SIGN`, or others that are not spoken. */
  readonly types: readonly number[];
  readonly schemes: readonly number[];
  /** Names in DER; none: any authority will do. */
  readonly authorities: readonly Uint8Array[];
}

/** RFC 5077 §3.3. */
export interface NewSessionTicket12 {
  /** Seconds; 0 leaves it to the client. */
  readonly lifetime: number;
  /** Empty: the server thought better of it. */
  readonly ticket: Uint8Array;
}

/** @throws TlsError `decode_error`; a curve that is not named is as malformed as a length that is wrong (RFC 8422 §5.4) */
export function readServerKeyExchange(body: Uint8Array): ServerKeyExchange {
  return decode(body, 'ServerKeyExchange', (reader) => {
    if (reader.u8() !== NAMED_CURVE) throw reader.malformed('has a curve without a name');
    const group = reader.u16();
    const share = reader.vector8(1);
    const params = body.subarray(0, body.length - reader.left);
    return { group, share, params, scheme: reader.u16(), signature: reader.vector16() };
  });
}

/** ServerECDHParams (RFC 8422 §5.4), to be signed and sent. */
export function writeParams(group: number, share: Uint8Array): Uint8Array<ArrayBuffer> {
  return encode((writer) => writer.u8(NAMED_CURVE).u16(group).vector8(share));
}

export function writeServerKeyExchange(
  params: Uint8Array,
  scheme: number,
  signature: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return encode((writer) => writer.bytes(params).u16(scheme).vector16(signature));
}

/** What the server's signature covers (RFC 5246 §7.4.3). */
export function signedParams(randoms: Randoms, params: Uint8Array): Uint8Array<ArrayBuffer> {
  return concat(randoms.client, randoms.server, params);
}

/** RFC 8422 §5.7: the client's share. */
export function readClientKeyExchange(body: Uint8Array): Uint8Array {
  return decode(body, 'ClientKeyExchange', (reader) => reader.vector8(1));
}

export function writeClientKeyExchange(share: Uint8Array): Uint8Array<ArrayBuffer> {
  return encode((writer) => writer.vector8(share));
}

export function readCertificateRequest(body: Uint8Array): CertificateRequest12 {
  return decode(body, 'CertificateRequest', (reader) => {
    const types = [...reader.vector8(1)];
    const schemes = reader.within(reader.vector16(2)).all((list) => list.u16());
    const authorities = reader.within(reader.vector16()).all((list) => list.vector16(1));
    return { types, schemes, authorities };
  });
}

/** With an empty list of authorities: whom a server trusts is nobody's business (RFC 5246 §7.4.4 allows it). */
export function writeCertificateRequest(schemes: readonly number[]): Uint8Array<ArrayBuffer> {
  return encode((writer) =>
    writer
      .vector8(Uint8Array.of(ECDSA_SIGN, RSA_SIGN))
      .vector16((list) => {
        for (const scheme of schemes) list.u16(scheme);
      })
      .vector16(() => undefined),
  );
}

/** RFC 5246 §7.4.2: certificates in DER, the sender's own first. */
export function readCertificate(body: Uint8Array): Uint8Array[] {
  return decode(body, 'Certificate', (reader) => reader.within(reader.vector24()).all((list) => list.vector24(1)));
}

export function writeCertificate(chain: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return encode((writer) =>
    writer.vector24((list) => {
      for (const certificate of chain) list.vector24(certificate);
    }),
  );
}

export function readNewSessionTicket(body: Uint8Array): NewSessionTicket12 {
  return decode(body, 'NewSessionTicket', (reader) => ({ lifetime: reader.u32(), ticket: reader.vector16() }));
}

export function writeNewSessionTicket(lifetime: number, ticket: Uint8Array): Uint8Array<ArrayBuffer> {
  return encode((writer) => writer.u32(lifetime).vector16(ticket));
}

/** ServerHelloDone and HelloRequest have no content (RFC 5246 §7.4.1.1, §7.4.5). */
export function readEmpty(body: Uint8Array, what: 'ServerHelloDone' | 'HelloRequest'): void {
  decode(body, what, () => undefined);
}

/** ClientCertificateType (RFC 5246 §7.4.4, RFC 8422 §5.5); `ECDSA_SIGN` stands for Ed25519, too. */
export const RSA_SIGN = 1;
export const ECDSA_SIGN = 64;
const NAMED_CURVE = 3;
