/**
 * Messages of neighbor discovery and their options: RFC 4861 §4, RFC 4191 (routes), RFC 8106 (resolvers).
 * Not for: whether they are valid where they came from (hop limit, addresses).
 */
import { byteAt, hardwareAddressAt, ipv6AddressAt, uint16At, uint32At } from './bytes.js';

export type NeighborMessage =
  | { kind: 'routerSolicitation'; options: NeighborOption[] }
  | RouterAdvertisement
  | { kind: 'neighborSolicitation'; target: string; options: NeighborOption[] }
  | {
      kind: 'neighborAdvertisement';
      target: string;
      router: boolean;
      solicited: boolean;
      override: boolean;
      options: NeighborOption[];
    }
  | { kind: 'redirect'; target: string; destination: string; options: NeighborOption[] };

export interface RouterAdvertisement {
  kind: 'routerAdvertisement';
  /** 0: the router does not say. */
  hopLimit: number;
  managed: boolean;
  otherConfiguration: boolean;
  /** Seconds that it is a default router; 0: it is none. */
  lifetime: number;
  /** Milliseconds; 0: the router does not say. */
  reachableTime: number;
  retransmitTime: number;
  options: NeighborOption[];
}

export type NeighborOption =
  | { kind: 'sourceLinkAddress' | 'targetLinkAddress'; address: string }
  | {
      kind: 'prefix';
      prefix: string;
      length: number;
      onLink: boolean;
      autonomous: boolean;
      /** Seconds; 0xffffffff: for ever. */
      valid: number;
      preferred: number;
    }
  | { kind: 'redirected'; bytes: Uint8Array }
  | { kind: 'mtu'; mtu: number }
  | { kind: 'route'; prefix: string; length: number; lifetime: number }
  | { kind: 'resolvers'; lifetime: number; addresses: string[] }
  /** Not in the table, or not of the length that its RFC says. */
  | { kind: 'unknown'; number: number; bytes: Uint8Array };

/**
 * @param bytes an ICMPv6 message of 8 bytes or more
 * @returns undefined when it is not of neighbor discovery; what is wrong, as a string, when it can't be read
 */
export function decodeNeighbor(bytes: Uint8Array): NeighborMessage | string | undefined {
  const form = FORMS.get(byteAt(bytes, 0));
  if (form === undefined) return undefined;
  if (bytes.length < form.fixed) return `${bytes.length} bytes are too few for a ${form.name}`;
  const options = decodeOptions(bytes.subarray(form.fixed));
  return typeof options === 'string' ? options : form.decode(bytes, options);
}

interface Form {
  name: string;
  /** Bytes before the options. */
  fixed: number;
  decode(bytes: Uint8Array, options: NeighborOption[]): NeighborMessage;
}

function decodeOptions(bytes: Uint8Array): NeighborOption[] | string {
  const options: NeighborOption[] = [];
  for (let at = 0; at < bytes.length; ) {
    const number = byteAt(bytes, at);
    const length = (bytes[at + 1] ?? 0) * 8;
    if (length === 0 || at + length > bytes.length) return `an option ${number} of ${length} bytes`;
    options.push(decodeOption(number, bytes.subarray(at, at + length)));
    at += length;
  }
  return options;
}

function decodeOption(number: number, bytes: Uint8Array): NeighborOption {
  const { length } = bytes;
  if (number === 1 && length === 8) return { kind: 'sourceLinkAddress', address: hardwareAddressAt(bytes, 2) };
  if (number === 2 && length === 8) return { kind: 'targetLinkAddress', address: hardwareAddressAt(bytes, 2) };
  if (number === 3 && length === 32) return decodePrefix(bytes);
  if (number === 4) return { kind: 'redirected', bytes: bytes.subarray(8) };
  if (number === 5 && length === 8) return { kind: 'mtu', mtu: uint32At(bytes, 4) };
  if (number === 24 && length <= 24) return decodeRoute(bytes);
  if (number === 25 && length >= 24 && length % 16 === 8) {
    const addresses = Array.from({ length: (length - 8) / 16 }, (_, index) => ipv6AddressAt(bytes, 8 + index * 16));
    return { kind: 'resolvers', lifetime: uint32At(bytes, 4), addresses };
  }
  return { kind: 'unknown', number, bytes: bytes.subarray(2) };
}

/** RFC 4861 §4.6.2. */
function decodePrefix(bytes: Uint8Array): NeighborOption {
  const flags = byteAt(bytes, 3);
  return {
    kind: 'prefix',
    prefix: ipv6AddressAt(bytes, 16),
    length: byteAt(bytes, 2),
    onLink: (flags & 0x80) !== 0,
    autonomous: (flags & 0x40) !== 0,
    valid: uint32At(bytes, 4),
    preferred: uint32At(bytes, 8),
  };
}

/** RFC 4191 §2.3: as much of the prefix as its length needs. */
function decodeRoute(bytes: Uint8Array): NeighborOption {
  const prefix = new Uint8Array(16);
  prefix.set(bytes.subarray(8));
  return { kind: 'route', prefix: ipv6AddressAt(prefix, 0), length: byteAt(bytes, 2), lifetime: uint32At(bytes, 4) };
}

const FORMS = new Map<number, Form>([
  [133, { name: 'router solicitation', fixed: 8, decode: (_, options) => ({ kind: 'routerSolicitation', options }) }],
  [
    134,
    {
      name: 'router advertisement',
      fixed: 16,
      decode: (bytes, options) => ({
        kind: 'routerAdvertisement',
        hopLimit: byteAt(bytes, 4),
        managed: (byteAt(bytes, 5) & 0x80) !== 0,
        otherConfiguration: (byteAt(bytes, 5) & 0x40) !== 0,
        lifetime: uint16At(bytes, 6),
        reachableTime: uint32At(bytes, 8),
        retransmitTime: uint32At(bytes, 12),
        options,
      }),
    },
  ],
  [
    135,
    {
      name: 'neighbor solicitation',
      fixed: 24,
      decode: (bytes, options) => ({ kind: 'neighborSolicitation', target: ipv6AddressAt(bytes, 8), options }),
    },
  ],
  [
    136,
    {
      name: 'neighbor advertisement',
      fixed: 24,
      decode: (bytes, options) => ({
        kind: 'neighborAdvertisement',
        target: ipv6AddressAt(bytes, 8),
        router: (byteAt(bytes, 4) & 0x80) !== 0,
        solicited: (byteAt(bytes, 4) & 0x40) !== 0,
        override: (byteAt(bytes, 4) & 0x20) !== 0,
        options,
      }),
    },
  ],
  [
    137,
    {
      name: 'redirect',
      fixed: 40,
      decode: (bytes, options) => ({
        kind: 'redirect',
        target: ipv6AddressAt(bytes, 8),
        destination: ipv6AddressAt(bytes, 24),
        options,
      }),
    },
  ],
]);
