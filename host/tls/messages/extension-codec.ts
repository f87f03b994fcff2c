/**
 * The contents of extensions, to bytes and back: RFC 8446 §4.2, RFC 6066 §3, RFC 7301 §3.1, RFC 5746 §3.2, RFC 8422 §5.1.
 * Not for: whether a value is acceptable.
 */
import { TlsError } from '../alert.js';
import { concat, latin1, latin1Text } from '../wire/bytes.js';
import { decode, type Reader } from '../wire/reader.js';
import { encode, type Writer } from '../wire/writer.js';

export interface KeyShareEntry {
  readonly group: number;
  readonly share: Uint8Array;
}

export interface PskIdentity {
  readonly identity: Uint8Array;
  /** obfuscated_ticket_age, milliseconds modulo 2³². */
  readonly age: number;
}

export interface OfferedPsks {
  readonly identities: readonly PskIdentity[];
  readonly binders: readonly Uint8Array[];
  /** Bytes that the list of binders takes with its length, at the end of the ClientHello. */
  readonly bindersLength: number;
}

/** The host name that a client asks for; `undefined` when the list has names of other types only. */
export function readServerName(content: Uint8Array): string | undefined {
  return read(content, 'server_name', (reader) => {
    const names = reader
      .within(reader.vector16(1))
      .all((entry) => ({ type: entry.u8(), name: entry.vector16(1) }))
      .filter(({ type }) => type === HOST_NAME);
    const [first, second] = names;
    // RFC 6066 §3: one name of each type; a host name is ASCII without a zero byte.
    if (second !== undefined) throw reader.malformed('has two host names');
    if (first === undefined) return undefined;
    if (first.name.length > 255 || first.name.some((byte) => byte <= 0x20 || byte >= 0x7f)) {
      throw reader.malformed('has no host name of ASCII');
    }
    return latin1Text(first.name);
  });
}

export function writeServerName(name: string): Uint8Array {
  return encode((writer) => writer.vector16(() => writer.u8(HOST_NAME).vector16(latin1(name))));
}

/** `supported_groups`, `signature_algorithms`, `signature_algorithms_cert`: numbers of two bytes. */
export function readU16List(content: Uint8Array, what: string): number[] {
  return read(content, what, (reader) => reader.within(reader.vector16(2)).all((element) => element.u16()));
}

export function writeU16List(values: readonly number[]): Uint8Array {
  return encode((writer) => writer.vector16(() => values.forEach((value) => void writer.u16(value))));
}

export function readAlpn(content: Uint8Array): string[] {
  const name = 'application_layer_protocol_negotiation';
  return decode(
    content,
    name,
    (reader) => reader.within(reader.vector16(2)).all((element) => latin1Text(element.vector8(1))),
    'PARSE_TLSEXT',
  );
}

export function writeAlpn(protocols: readonly string[]): Uint8Array {
  return encode((writer) => writer.vector16(() => protocols.forEach((name) => void writer.vector8(latin1(name)))));
}

/** RFC 7301 §3.1: the server's answer has one name. */
export function readSelectedAlpn(content: Uint8Array): string {
  const [protocol = '', ...others] = readAlpn(content);
  if (others.length === 0) return protocol;
  throw new TlsError('decode_error', 'ERROR_PARSING_EXTENSION', 'the server chose several protocols (decode_error)');
}

/** supported_versions of a ClientHello. */
export function readVersions(content: Uint8Array): number[] {
  return read(content, 'supported_versions', (reader) =>
    reader.within(reader.vector8(2, 254)).all((element) => element.u16()),
  );
}

export function writeVersions(versions: readonly number[]): Uint8Array {
  return encode((writer) => writer.vector8(() => versions.forEach((version) => void writer.u16(version))));
}

/** One number of two bytes: supported_versions of a ServerHello, key_share of a HelloRetryRequest, the chosen PSK. */
export function readU16(content: Uint8Array, what: string): number {
  return decode(content, what, (reader) => reader.u16());
}

export function writeU16(value: number): Uint8Array {
  return encode((writer) => writer.u16(value));
}

export function readCookie(content: Uint8Array): Uint8Array {
  return decode(content, 'cookie', (reader) => reader.vector16(1));
}

export function writeCookie(cookie: Uint8Array): Uint8Array {
  return encode((writer) => writer.vector16(cookie));
}

/** key_share of a ClientHello, RFC 8446 §4.2.8. @throws TlsError when a group has two shares */
export function readKeyShares(content: Uint8Array): KeyShareEntry[] {
  const entries = decode(content, 'key_share', (reader) => reader.within(reader.vector16()).all(readEntry));
  if (new Set(entries.map(({ group }) => group)).size < entries.length) {
    throw new TlsError('illegal_parameter', 'DUPLICATE_KEY_SHARE', 'a group has two key shares (illegal_parameter)');
  }
  return entries;
}

export function writeKeyShares(entries: readonly KeyShareEntry[]): Uint8Array {
  return encode((writer) => writer.vector16(() => entries.forEach((entry) => void writeEntry(writer, entry))));
}

/** key_share of a ServerHello. */
export function readKeyShare(content: Uint8Array): KeyShareEntry {
  return decode(content, 'key_share', readEntry);
}

export function writeKeyShare(entry: KeyShareEntry): Uint8Array {
  return encode((writer) => writeEntry(writer, entry));
}

/** pre_shared_key of a ClientHello, RFC 8446 §4.2.11. */
export function readOfferedPsks(content: Uint8Array): OfferedPsks {
  return read(content, 'pre_shared_key', (reader) => {
    const identities = reader.within(reader.vector16(7)).all((element) => ({
      identity: element.vector16(1),
      age: element.u32(),
    }));
    const bindersLength = reader.left;
    const binders = reader.within(reader.vector16(33)).all((element) => element.vector8(32));
    return { identities, binders, bindersLength };
  });
}

/** With binders of zeros, to be filled in once the rest of the message is known. */
export function writeOfferedPsk(psk: PskIdentity, binderLength: number): Uint8Array {
  const binders = encode((writer) => writer.vector16(() => writer.vector8(new Uint8Array(binderLength))));
  return concat(
    encode((writer) => writer.vector16(() => writer.vector16(psk.identity).u32(psk.age))),
    binders,
  );
}

/** One list of bytes behind a length of one byte: psk_key_exchange_modes, ec_point_formats. */
export function readU8List(content: Uint8Array, what: string): number[] {
  return read(content, what, (reader) => [...reader.vector8(1)]);
}

export function writeU8List(values: readonly number[]): Uint8Array {
  return encode((writer) => writer.vector8(Uint8Array.from(values)));
}

/** renegotiation_info, RFC 5746 §3.2. */
export function readRenegotiationInfo(content: Uint8Array): Uint8Array {
  return read(content, 'renegotiation_info', (reader) => reader.vector8());
}

export function writeRenegotiationInfo(verifyData: Uint8Array): Uint8Array {
  return encode((writer) => writer.vector8(verifyData));
}

/** certificate_authorities, RFC 8446 §4.2.4: names in DER. */
export function readAuthorities(content: Uint8Array): Uint8Array[] {
  return read(content, 'certificate_authorities', (reader) =>
    reader.within(reader.vector16(3)).all((element) => element.vector16(1)),
  );
}

export function writeAuthorities(names: readonly Uint8Array[]): Uint8Array {
  return encode((writer) => writer.vector16(() => names.forEach((name) => void writer.vector16(name))));
}

/** An extension that says all it has to say by being there. */
export function readEmpty(content: Uint8Array, what: string): true {
  return read(content, what, () => true as const);
}

function read<T>(content: Uint8Array, what: string, body: (reader: Reader) => T): T {
  return decode(content, what, body, 'ERROR_PARSING_EXTENSION');
}

function readEntry(reader: Reader): KeyShareEntry {
  return { group: reader.u16(), share: reader.vector16(1) };
}

function writeEntry(writer: Writer, { group, share }: KeyShareEntry): void {
  writer.u16(group).vector16(share);
}

const HOST_NAME = 0;
