/**
 * Writes one Ethernet frame after the other into memory, as a seed wants them: the packets of a `PacketMaker`, ARP, neighbour
 * discovery, and frames that are none: too short, with a VLAN tag, of IEEE 802.3, of another type than what they carry. Most are nearly
 * right: few neighbours, who answer what the core asks them, and lie.
 * Not for: what a stack does about them.
 */
import { get16, type PacketMaker, put16, sealPayload, spoil } from './packet-maker.js';

export class FrameMaker {
  /** Answers to what the core has asked, to come. */
  readonly #answers: Uint8Array[] = [];

  constructor(private readonly packets: PacketMaker) {}

  /** The core has sent this frame. Whom it asks for answers, mostly, and not always at once. */
  heard(bytes: Uint8Array, at: number, length: number): void {
    const type = get16(bytes, at + 12);
    const packet = bytes.slice(at + HEADER, at + length);
    if (type === IPV6 || type === IPV4) this.packets.heard(bytes, at + HEADER, length - HEADER);
    if (this.#answers.length >= ANSWERS || this.#below(4) === 0) return;
    if (type === ARP && get16(packet, 6) === 1)
      this.#answers.push(arp(2, this.#pick(HOSTS), packet.slice(24, 28), packet.slice(8, 18)));
    else if (type === IPV6 && packet[6] === 58 && packet[40] === 135) {
      const target = packet.slice(48, 64);
      const message = [136, 0, 0, 0, 0x60, 0, 0, 0, ...target, 2, 1, ...this.#pick(HOSTS)];
      this.#answers.push(icmp6(message, target, packet.slice(8, 24)));
    }
  }

  /** @returns bytes of the frame, with what pads it */
  write(bytes: Uint8Array, at: number): number {
    let [type, length] = this.#payload(bytes, at + HEADER);
    if (this.#below(40) === 0) type = this.#pick(TYPES);
    bytes.set(this.#destination(bytes, at + HEADER, type), at);
    bytes.set(this.#pick(this.#below(40) === 0 ? STRANGE : HOSTS), at + 6);
    put16(bytes, at + 12, type);
    length += HEADER;
    if (this.#below(30) === 0) length = this.#tag(bytes, at, length);
    if (this.#below(2) === 0) length = padded(bytes, at, length);
    return this.#below(60) === 0 ? this.#below(Math.min(length, 80)) : length;
  }

  #payload(bytes: Uint8Array, at: number): [type: number, length: number] {
    const kind = this.#below(8);
    if (kind < 3) {
      const length = this.packets.write(bytes, at);
      return [(bytes[at] as number) >> 4 === 6 ? IPV6 : IPV4, length];
    }
    const answer = kind === 3 ? this.#answers.shift() : undefined;
    const message = answer ?? (kind < 6 ? this.#discovery() : this.#arp());
    bytes.set(message, at);
    if (this.#below(4) === 0) spoil(this.packets, bytes, at, message.length);
    const right = message[0] === 0 ? ARP : IPV6;
    return [right, this.#below(30) === 0 ? this.#below(message.length) : message.length];
  }

  /** Ours when it is for one, the group's or everybody's when it is for many; or somebody else's. */
  #destination(bytes: Uint8Array, packet: number, type: number): readonly number[] {
    if (this.#below(8) === 0) return this.#pick(DESTINATIONS);
    if (type === IPV6 && bytes[packet + 24] === 0xff) return [0x33, 0x33, ...bytes.subarray(packet + 36, packet + 40)];
    if (type === ARP && this.#below(2) === 0) return BROADCAST;
    return OWN_HARDWARE;
  }

  /** A tag behind the addresses (IEEE 802.1Q), or two. */
  #tag(bytes: Uint8Array, at: number, length: number): number {
    const size = 4 * (1 + this.#below(2));
    bytes.copyWithin(at + 12 + size, at + 12, at + length);
    for (let place = at + 12; place < at + 12 + size; place += 4) {
      put16(bytes, place, this.#pick(TAGS));
      put16(bytes, place + 2, this.#below(0x10000));
    }
    return length + size;
  }

  #arp(): Uint8Array {
    const asks = this.#below(2) === 0;
    const target = new Uint8Array(10);
    if (!asks) target.set(this.#pick(HOSTS));
    target.set(this.#pick(ADDRESSES4), 6);
    return arp(asks ? 1 : this.#below(4), this.#pick(HOSTS), this.#pick(ADDRESSES4), target);
  }

  /** A message of neighbour discovery, mostly one with which nothing is wrong. */
  #discovery(): Uint8Array {
    const type = 133 + this.#below(5);
    const message = [type, 0, 0, 0, ...this.#bytes(4)];
    if (type === 134) message.push(...word(this.#pick(TIMES)), ...word(this.#pick(TIMES)));
    if (type === 135 || type === 136) message.push(...this.#pick(ADDRESSES6));
    if (type === 137) message.push(...this.#pick(ADDRESSES6), ...this.#pick(ADDRESSES6));
    for (let options = this.#below(4); options > 0; options--) message.push(...this.#option());
    const source = type === 134 || type === 137 ? ADDRESSES6[0] : this.#pick(ADDRESSES6);
    const own = type === 135 && this.#below(2) === 0 ? [...SOLICITED_NODE, ...message.slice(21, 24)] : undefined;
    const packet = icmp6(message, source as Uint8Array, own ?? this.#pick(ADDRESSES6));
    if (this.#below(20) === 0) packet[7] = this.#below(256);
    return packet;
  }

  #option(): number[] {
    const kind = this.#pick(OPTIONS);
    const eights =
      this.#below(12) === 0 ? this.#below(4) : kind < 3 || kind === 5 ? 1 : kind === 3 ? 4 : 1 + 2 * this.#below(3);
    const option = [kind, eights, ...this.#bytes(Math.max(0, 8 * eights - 2))];
    if (kind < 3 && eights === 1) option.splice(2, 6, ...this.#pick(HOSTS));
    if (kind === 3 && eights === 4 && this.#below(4) !== 0) {
      // A prefix for addresses, which lasts for seconds or for ever.
      option.splice(2, 10, 64, 0xc0, ...word(this.#pick(LIFETIMES)), ...word(this.#pick(LIFETIMES)));
      option.splice(16, 16, ...[0xfd, 0, 0, 0, 0, 0, 0, this.#below(32)], ...new Uint8Array(8));
    }
    if (kind === 5 && eights === 1) option.splice(2, 6, 0, 0, ...word(this.#pick(MTUS)));
    return option;
  }

  #bytes(count: number): number[] {
    return Array.from({ length: count }, () => (this.#below(2) === 0 ? 0 : this.#below(256)));
  }

  #below(limit: number): number {
    return this.packets.below(limit);
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#below(list.length)] as T;
  }
}

/** `target`: a hardware address, and one of IPv4. */
function arp(operation: number, hardware: ArrayLike<number>, sender: ArrayLike<number>, target: ArrayLike<number>) {
  const message = Uint8Array.of(0, 1, 8, 0, 6, 4, 0, operation, ...new Uint8Array(20));
  message.set(hardware, 8);
  message.set(sender, 14);
  message.set(target, 18);
  return message;
}

function icmp6(message: readonly number[], source: ArrayLike<number>, destination: ArrayLike<number>): Uint8Array {
  const packet = new Uint8Array(40 + message.length);
  packet.set([0x60, 0, 0, 0, message.length >> 8, message.length & 255, 58, 255]);
  packet.set(source, 8);
  packet.set(destination, 24);
  packet.set(message, 40);
  sealPayload(packet, 40, message.length, 2, 8, 32, 58);
  return packet;
}

/** To the least size of a frame, with what an old frame has left there. */
function padded(bytes: Uint8Array, at: number, length: number): number {
  for (let place = length; place < LEAST; place++) bytes[at + place] = place;
  return Math.max(length, LEAST);
}

function word(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

/** Of the core's interface. */
export const OWN_HARDWARE = [2, 0, 0, 0, 0, 1] as const;
export const HEADER = 14;
export const IPV4 = 0x0800;
export const ARP = 0x0806;
export const IPV6 = 0x86dd;
/** Without its checksum. */
const LEAST = 60;
const ANSWERS = 16;
const BROADCAST = [255, 255, 255, 255, 255, 255] as const;
const HOSTS = [17, 17, 18, 19, 20].map((last) => [2, 0, 0, 0, 0, last]);
/** Sources that no frame has: nobody, a group, ourselves. */
const STRANGE = [[0, 0, 0, 0, 0, 0], [1, 0, 0x5e, 0, 0, 1], BROADCAST, OWN_HARDWARE];
const DESTINATIONS = [
  BROADCAST,
  [1, 0, 0x5e, 0, 0, 1],
  [0x33, 0x33, 0, 0, 0, 1],
  [0x33, 0x33, 0xff, 0, 0, 2],
  [1, 0x80, 0xc2, 0, 0, 0],
  [2, 0, 0, 0, 0, 2],
  [0, 0, 0, 0, 0, 0],
  OWN_HARDWARE,
];
const TYPES = [IPV4, ARP, IPV6, 0x8100, 0x88a8, 0x88cc, 0x8863, 0, 46, 1500, 1501, 0x600, 0xffff];
const TAGS = [0x8100, 0x8100, 0x88a8, 0x9100];
const OPTIONS = [1, 1, 2, 3, 3, 5, 14, 24, 25, 31, 0, 253];
const LIFETIMES = [0, 1, 60, 600, 7200, 0xffffffff];
/** How long neighbours are believed and waited for, in milliseconds: what is heard, and what is too short or too long. */
const TIMES = [0, 0, 1, 99, 100, 1000, 3_600_001, 0xffffffff];
const MTUS = [0, 68, 1279, 1280, 1400, 1500, 1501, 0xffffffff];
const SOLICITED_NODE = [0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff];
const ADDRESSES4 = [
  [10, 7, 0, 2],
  [10, 7, 0, 2],
  [10, 7, 0, 9],
  [10, 7, 0, 10],
  [10, 8, 0, 2],
  [0, 0, 0, 0],
  [224, 0, 0, 1],
  [10, 7, 0, 255],
];
/** The first one is a router's. */
const ADDRESSES6 = [
  [[0xfe, 0x80], 9],
  [[0xfe, 0x80], 2],
  [[0xfd, 0, 0, 0, 0, 0, 0, 7], 2],
  [[0xfd, 0, 0, 0, 0, 0, 0, 7], 2],
  [[0xfd, 0, 0, 0, 0, 0, 0, 7], 9],
  [[0xfd, 0, 0, 0, 0, 0, 0, 8], 2],
  [[0xff, 2], 1],
  [[], 0],
].map(([prefix, last]) => {
  const address = new Uint8Array(16);
  address.set(prefix as number[]);
  address[15] = last as number;
  return address;
});
