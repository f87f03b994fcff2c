/**
 * Lists of names: application protocols, groups, signature algorithms. Not for: cipher lists (`ciphers.ts`).
 */
import type { GroupName } from '../crypto/provider.js';
import { GROUPS, SCHEMES, type SignatureScheme } from '../parameters.js';
import { latin1, latin1Text } from '../wire/bytes.js';
import { bytesOf, readString, type Source, wrongType, wrongValue } from './reading.js';

/**
 * `ALPNProtocols`: the wire form (RFC 7301 §3.1: a byte of length, a name, and so on) as text or bytes, as in Bun; or an
 * array of names, as in Node. Text or bytes that are not in that form, such as a bare `'h2'`, mean no protocol, as in Bun,
 * and a warning.
 * @returns names as text of Latin-1 characters
 */
export function readAlpn(source: Source): readonly string[] {
  const value = source.ALPNProtocols ?? undefined;
  if (value === undefined) return [];
  if (Array.isArray(value)) return value.map(readProtocol);
  const wire = typeof value === 'string' ? textBytes(value) : bytesOf(value);
  if (wire === undefined) {
    throw wrongType(
      'TLSOptions.ALPNProtocols must be of type string, ArrayBuffer, array of <string or ArrayBuffer>, or null',
    );
  }
  const names = splitWire(wire);
  if (names === undefined)
    warn('TLSOptions.ALPNProtocols is not in wire format and is ignored; give an array of names');
  return names ?? [];
}

/** `groups` or Node's `ecdhCurve`: names with colons between them, by preference. Those that are not spoken are passed over. */
export function readGroups(source: Source): readonly GroupName[] {
  const list = readString(source, 'groups') ?? readString(source, 'ecdhCurve');
  if (list === undefined || list === '' || list === 'auto') return Object.keys(GROUPS) as GroupName[];
  const names = list.split(/[:/,]/).map((name) => GROUP_NAMES.get(name.replace(/^[?*]/, '').toLowerCase()));
  const groups = [...new Set(names.filter((name) => name !== undefined))];
  if (groups.length === 0) throw wrongValue(`TLSOptions.groups: nothing in "${list}" is known`);
  return groups;
}

/** `sigalgs` as in Node: `ECDSA+SHA256:rsa_pss_rsae_sha256`. Those that are not spoken are passed over. */
export function readSignatureSchemes(source: Source): readonly SignatureScheme[] {
  const list = readString(source, 'sigalgs');
  const all = Object.keys(SCHEMES) as SignatureScheme[];
  if (list === undefined || list === '') return all;
  const schemes = list
    .split(':')
    .flatMap((name) => all.filter((scheme) => schemeNames(scheme).includes(name.toLowerCase())));
  if (schemes.length === 0) throw wrongValue(`TLSOptions.sigalgs: nothing in "${list}" is known`);
  return [...new Set(schemes)];
}

function readProtocol(value: unknown): string {
  const bytes = typeof value === 'string' ? textBytes(value) : bytesOf(value);
  if (bytes === undefined) throw wrongType('TLSOptions.ALPNProtocols must be an array of <string or ArrayBuffer>');
  if (bytes.length < 1 || bytes.length > 255) throw wrongValue('TLSOptions.ALPNProtocols: a name has 1 to 255 bytes');
  return latin1Text(bytes);
}

/** Text of bytes stays as it is; what has other characters is UTF-8. */
function textBytes(text: string): Uint8Array {
  return /^[\0-\xff]*$/.test(text) ? latin1(text) : new TextEncoder().encode(text);
}

function splitWire(wire: Uint8Array): readonly string[] | undefined {
  const names: string[] = [];
  for (let at = 0; at < wire.length; ) {
    const end = at + 1 + (wire[at] ?? 0);
    if (end === at + 1 || end > wire.length) return undefined;
    names.push(latin1Text(wire.subarray(at + 1, end)));
    at = end;
  }
  return names;
}

/** The name in the registry, and that of OpenSSL: `RSA-PSS+SHA256`. */
function schemeNames(scheme: SignatureScheme): readonly string[] {
  const { kind } = SCHEMES[scheme];
  return kind.algorithm === 'ed25519' ? [scheme] : [scheme, `${kind.algorithm.replace('-pkcs1', '')}+${kind.hash}`];
}

function warn(message: string): void {
  if (typeof process === 'undefined') console.warn(message);
  else process.emitWarning(message);
}

const GROUP_NAMES = new Map<string, GroupName>([
  ['x25519mlkem768', 'X25519MLKEM768'],
  ['x25519', 'x25519'],
  ['secp256r1', 'secp256r1'],
  ['prime256v1', 'secp256r1'],
  ['p-256', 'secp256r1'],
  ['secp384r1', 'secp384r1'],
  ['p-384', 'secp384r1'],
]);
