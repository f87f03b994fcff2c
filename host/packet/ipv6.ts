/**
 * The IPv6 header and the extension headers behind it, RFC 8200 §3 and §4.
 * Not for: reassembling fragments, opening what is encrypted.
 */
import { byteAt, ipv6AddressAt, uint16At, uint32At } from './bytes.js';
import {
  PROTOCOL_AUTHENTICATION,
  PROTOCOL_DESTINATION_OPTIONS,
  PROTOCOL_FRAGMENT,
  PROTOCOL_HOP_BY_HOP,
  PROTOCOL_ROUTING,
} from './protocol.js';

export interface IPv6Header {
  version: 6;
  /** Bytes before the payload: 40, and those of the extension headers. */
  headerLength: number;
  /** Differentiated services, RFC 2474. */
  dscp: number;
  /** Explicit congestion notification, RFC 3168: 0 to 3. */
  ecn: number;
  flowLabel: number;
  /** Bytes of the whole packet. */
  totalLength: number;
  hopLimit: number;
  /** In the order of the packet. */
  extensions: ExtensionHeader[];
  /** Of the payload, behind the extension headers. */
  protocol: number;
  /** Of a fragment header; 0 without one. */
  identification: number;
  moreFragments: boolean;
  /** Where this fragment belongs, in bytes. */
  fragmentOffset: number;
  source: string;
  destination: string;
}

export type ExtensionHeader =
  | { kind: 'hopByHop' | 'destination'; options: IPv6Option[] }
  | { kind: 'routing'; type: number; segmentsLeft: number }
  | { kind: 'fragment'; identification: number; offset: number; more: boolean }
  | { kind: 'authentication' };

/** An option of RFC 8200 §4.2 that is no padding. */
export interface IPv6Option {
  number: number;
  bytes: Uint8Array;
}

/**
 * @param bytes at least up to the end of the extension headers
 * @returns what is wrong, as a string, when they do not begin with an IPv6 header
 */
export function decodeIPv6(bytes: Uint8Array): IPv6Header | string {
  if (bytes.length < HEADER) return `${bytes.length} bytes are too few for an IPv6 header`;
  const first = uint32At(bytes, 0);
  if (first >>> 28 !== 6) return `version ${first >>> 28}, not 6`;
  const totalLength = HEADER + uint16At(bytes, 4);
  const chain = decodeChain(bytes.subarray(0, totalLength), byteAt(bytes, 6));
  if (typeof chain === 'string') return chain;
  const fragment = chain.extensions.find((extension) => extension.kind === 'fragment');
  return {
    version: 6,
    headerLength: chain.end,
    dscp: (first >>> 22) & 63,
    ecn: (first >>> 20) & 3,
    flowLabel: first & 0xfffff,
    totalLength,
    hopLimit: byteAt(bytes, 7),
    extensions: chain.extensions,
    protocol: chain.protocol,
    identification: fragment?.identification ?? 0,
    moreFragments: fragment?.more ?? false,
    fragmentOffset: fragment?.offset ?? 0,
    source: ipv6AddressAt(bytes, 8),
    destination: ipv6AddressAt(bytes, 24),
  };
}

interface Chain {
  extensions: ExtensionHeader[];
  protocol: number;
  /** Where the payload begins. */
  end: number;
}

/** Behind the header of a fragment that is not the first there are no headers to read (RFC 8200 §4.5). */
function decodeChain(bytes: Uint8Array, first: number): Chain | string {
  const extensions: ExtensionHeader[] = [];
  let protocol = first;
  let at = HEADER;
  while (EXTENSIONS.has(protocol)) {
    if (extensions.length === MOST_EXTENSIONS) return `more than ${MOST_EXTENSIONS} extension headers`;
    if (protocol === PROTOCOL_HOP_BY_HOP && at !== HEADER) return 'hop-by-hop options that are not the first header';
    const length = extensionLength(bytes, at, protocol);
    if (at + length > bytes.length) return `an extension header that ends behind the ${bytes.length} bytes`;
    const extension = decodeExtension(protocol, bytes.subarray(at, at + length));
    if (typeof extension === 'string') return extension;
    extensions.push(extension);
    protocol = byteAt(bytes, at);
    at += length;
    if (extension.kind === 'fragment' && extension.offset > 0) break;
  }
  return { extensions, protocol, end: at };
}

/** RFC 8200 §4.3 counts units of 8 bytes behind the first, RFC 4302 §2.2 units of 4 behind the first two. */
function extensionLength(bytes: Uint8Array, at: number, protocol: number): number {
  const length = bytes[at + 1] ?? 0;
  if (protocol === PROTOCOL_FRAGMENT) return 8;
  return protocol === PROTOCOL_AUTHENTICATION ? (length + 2) * 4 : (length + 1) * 8;
}

function decodeExtension(protocol: number, bytes: Uint8Array): ExtensionHeader | string {
  switch (protocol) {
    case PROTOCOL_ROUTING:
      return { kind: 'routing', type: byteAt(bytes, 2), segmentsLeft: byteAt(bytes, 3) };
    case PROTOCOL_FRAGMENT: {
      const place = uint16At(bytes, 2);
      return {
        kind: 'fragment',
        identification: uint32At(bytes, 4),
        offset: place & 0xfff8,
        more: (place & 1) !== 0,
      };
    }
    case PROTOCOL_AUTHENTICATION:
      return { kind: 'authentication' };
    default: {
      const options = decodeOptions(bytes.subarray(2));
      if (typeof options === 'string') return options;
      return { kind: protocol === PROTOCOL_HOP_BY_HOP ? 'hopByHop' : 'destination', options };
    }
  }
}

function decodeOptions(bytes: Uint8Array): IPv6Option[] | string {
  const options: IPv6Option[] = [];
  for (let at = 0; at < bytes.length; ) {
    const number = byteAt(bytes, at);
    if (number === OPTION_PAD1) {
      at++;
      continue;
    }
    const end = at + 2 + (bytes[at + 1] ?? bytes.length);
    if (end > bytes.length) return `an option ${number} that ends behind its header`;
    if (number !== OPTION_PADN) options.push({ number, bytes: bytes.subarray(at + 2, end) });
    at = end;
  }
  return options;
}

const HEADER = 40;
const OPTION_PAD1 = 0;
const OPTION_PADN = 1;
/** Nobody sends as many; each costs whoever reads them (RFC 8504 §5.3). */
const MOST_EXTENSIONS = 16;
const EXTENSIONS = new Set([
  PROTOCOL_HOP_BY_HOP,
  PROTOCOL_ROUTING,
  PROTOCOL_FRAGMENT,
  PROTOCOL_AUTHENTICATION,
  PROTOCOL_DESTINATION_OPTIONS,
]);
