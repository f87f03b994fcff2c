/**
 * Messages of DHCPv4 as bytes: the fixed part of RFC 2131 §2, options of RFC 2132. Options that come in pieces are put together
 * (RFC 3396), also from the fields of file and server name (RFC 2132 §9.3).
 * Not for: what options mean (`options.ts`), when what is said (`client.ts`).
 */

export interface DhcpMessage {
  /** 1: from a client, 2: from a server. */
  operation: number;
  transaction: number;
  /** Seconds since the client began. */
  seconds: number;
  broadcast: boolean;
  /** IPv4 addresses, dotted. */
  clientAddress: string;
  yourAddress: string;
  hardwareAddress: Uint8Array;
  options: ReadonlyMap<number, Uint8Array>;
}

export function encodeMessage(message: DhcpMessage): Uint8Array {
  const bytes: number[] = new Array(FIXED).fill(0);
  bytes.splice(0, 4, message.operation, ETHERNET, message.hardwareAddress.length, 0);
  bytes.splice(4, 4, ...word(message.transaction));
  bytes.splice(8, 4, ...word((Math.min(message.seconds, 0xffff) << 16) | (message.broadcast ? BROADCAST : 0)));
  bytes.splice(12, 4, ...octets(message.clientAddress));
  bytes.splice(16, 4, ...octets(message.yourAddress));
  bytes.splice(28, message.hardwareAddress.length, ...message.hardwareAddress);
  bytes.splice(FIXED - 4, 4, ...COOKIE);
  for (const [code, value] of message.options) bytes.push(code, value.length, ...value);
  bytes.push(END);
  // RFC 1542 §2.1: relays may drop what is shorter than BOOTP was.
  while (bytes.length < LEAST) bytes.push(PAD);
  return Uint8Array.from(bytes);
}

/** @returns `undefined` for what is no message of DHCP */
export function decodeMessage(bytes: Uint8Array): DhcpMessage | undefined {
  if (bytes.length < FIXED || COOKIE.some((byte, index) => bytes[FIXED - 4 + index] !== byte)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const hardware = Math.min(bytes[2] as number, 16);
  const options = decodeOptions(bytes);
  if (options === undefined) return undefined;
  return {
    operation: bytes[0] as number,
    transaction: view.getUint32(4),
    seconds: view.getUint16(8),
    broadcast: (view.getUint16(10) & BROADCAST) !== 0,
    clientAddress: dotted(bytes, 12),
    yourAddress: dotted(bytes, 16),
    hardwareAddress: bytes.slice(28, 28 + hardware),
    options,
  };
}

/** The IPv4 address at `offset`, dotted. */
export function dotted(bytes: Uint8Array, offset = 0): string {
  return bytes.subarray(offset, offset + 4).join('.');
}

export function octets(address: string): number[] {
  return address.split('.').map(Number);
}

/** RFC 3396 §5: pieces of an option are put together in the order options, file, server name. */
function decodeOptions(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> | undefined {
  const pieces = new Map<number, number[]>();
  if (!collect(bytes.subarray(FIXED), pieces)) return undefined;
  const overload = pieces.get(OVERLOAD)?.[0] ?? 0;
  if ((overload & 1) !== 0 && !collect(bytes.subarray(108, 236), pieces)) return undefined;
  if ((overload & 2) !== 0 && !collect(bytes.subarray(44, 108), pieces)) return undefined;
  return new Map([...pieces].map(([code, value]) => [code, Uint8Array.from(value)]));
}

/** @returns false when an option is longer than what is there */
function collect(bytes: Uint8Array, pieces: Map<number, number[]>): boolean {
  for (let at = 0; at < bytes.length && bytes[at] !== END; ) {
    const code = bytes[at] as number;
    if (code === PAD) {
      at++;
      continue;
    }
    const length = bytes[at + 1];
    if (length === undefined || at + 2 + length > bytes.length) return false;
    const before = pieces.get(code) ?? [];
    pieces.set(code, before.concat([...bytes.subarray(at + 2, at + 2 + length)]));
    at += 2 + length;
  }
  return true;
}

function word(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

/** Bytes before the options, the cookie among them. */
const FIXED = 240;
const LEAST = 300;
const COOKIE = [99, 130, 83, 99];
const ETHERNET = 1;
const BROADCAST = 0x8000;
const PAD = 0;
const END = 255;
const OVERLOAD = 52;
