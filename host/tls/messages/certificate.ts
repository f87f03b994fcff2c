/**
 * Certificate, CertificateRequest and CertificateVerify of TLS 1.3, RFC 8446 §4.3.2, §4.4.2, §4.4.3.
 * Not for: TLS 1.2, whose messages of the same names have other forms (`../tls12/`); reading the certificates (`../x509/`).
 */
import { TlsError } from '../alert.js';
import { decode, type Reader } from '../wire/reader.js';
import { encode } from '../wire/writer.js';
import { EXTENSION, type Extensions, readExtensions, writeExtensions } from './extension.js';
import { readAuthorities, readU16List, writeU16List } from './extension-codec.js';

export interface CertificateRequest {
  readonly context: Uint8Array;
  readonly schemes: readonly number[];
  /** signature_algorithms_cert. */
  readonly certificateSchemes: readonly number[] | undefined;
}

export interface CertificateEntry {
  /** X.509, DER. */
  readonly certificate: Uint8Array;
  readonly extensions: Extensions;
}

export interface CertificateMessage {
  readonly context: Uint8Array;
  readonly entries: readonly CertificateEntry[];
}

export interface CertificateVerify {
  readonly scheme: number;
  readonly signature: Uint8Array;
}

/** Unknown extensions are passed over, as in a ClientHello. */
export function readCertificateRequest(body: Uint8Array): CertificateRequest {
  return decode(body, 'CertificateRequest', (reader) => {
    const context = reader.vector8();
    const extensions = readExtensions(reader);
    const schemes = extensions.get(EXTENSION.signature_algorithms);
    // RFC 8446 §4.3.2: signature_algorithms MUST be there.
    if (schemes === undefined) {
      throw new TlsError(
        'missing_extension',
        'DECODE_ERROR',
        'CertificateRequest has no signature_algorithms (missing_extension)',
      );
    }
    const others = extensions.get(EXTENSION.signature_algorithms_cert);
    const authorities = extensions.get(EXTENSION.certificate_authorities);
    if (authorities !== undefined) readAuthorities(authorities);
    return {
      context,
      schemes: readU16List(schemes, 'signature_algorithms'),
      certificateSchemes: others === undefined ? undefined : readU16List(others, 'signature_algorithms_cert'),
    };
  });
}

export function writeCertificateRequest(schemes: readonly number[]): Uint8Array {
  return encode((writer) => {
    writer.vector8(new Uint8Array(0));
    writeExtensions(writer, new Map([[EXTENSION.signature_algorithms, writeU16List(schemes)]]));
  });
}

export function readCertificate(body: Uint8Array): CertificateMessage {
  return decode(body, 'Certificate', (reader) => ({
    context: reader.vector8(),
    entries: reader.within(reader.vector24()).all(readEntry),
  }));
}

/** @param chain in DER, the own certificate first */
export function writeCertificate(context: Uint8Array, chain: readonly Uint8Array[]): Uint8Array {
  return encode((writer) =>
    writer
      .vector8(context)
      .vector24(() => chain.forEach((certificate) => void writer.vector24(certificate).vector16(new Uint8Array(0)))),
  );
}

export function readCertificateVerify(body: Uint8Array): CertificateVerify {
  return decode(body, 'CertificateVerify', (reader) => ({ scheme: reader.u16(), signature: reader.vector16() }));
}

export function writeCertificateVerify(scheme: number, signature: Uint8Array): Uint8Array {
  return encode((writer) => writer.u16(scheme).vector16(signature));
}

function readEntry(reader: Reader): CertificateEntry {
  return { certificate: reader.vector24(1), extensions: readExtensions(reader) };
}
