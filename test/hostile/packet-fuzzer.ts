/**
 * Packets and frames that nobody should send: headers, chains of extension headers, fragments, ICMP messages, ARP and neighbour
 * discovery, right and spoilt, in batches straight into the core's receive arena. A seed is a round of `ROUND` packets to a core of its own, at whose end
 * everything that the packets have left must be gone by itself.
 *
 * The core is a router with two interfaces of packets, one of Ethernet, and a listener. Not for: TCP in depth (`packets.test.ts`), TLS (`tls/fuzzer.ts`).
 */
import {
  BATCH_LIMIT,
  COUNTER_BUFFER_BYTES,
  COUNTER_CONNECTIONS,
  COUNTER_FRAGMENTS_IN,
  COUNTER_FRAMES_BAD,
  COUNTER_HALF_OPEN,
  COUNTER_ICMP_ERRORS_OUT,
  COUNTER_NEIGHBORS,
  COUNTER_PACKETS_BAD,
  COUNTER_PACKETS_OUT,
  COUNTER_REASSEMBLED,
  COUNTER_REASSEMBLIES,
  HEADROOM,
  INTERFACE_AUTOCONFIGURE,
  INTERFACE_LINK_LOCAL,
  LINK_ETHERNET,
  LINK_IP,
  NEIGHBOR_INCOMPLETE,
  RECEIVE_DESCRIPTOR,
  SETTING_FORWARDING,
  TRANSMIT_DESCRIPTOR,
  TRANSMIT_LIMIT,
} from '../../assembly/abi/constants.js';
import { parseAddress, parseAddressWithPrefix } from '../../host/core/address.js';
import { Core } from '../../host/core/core.js';
import { type CompiledCore, compileCore } from '../../host/core/load.js';
import { ARP, FrameMaker, HEADER, IPV4, IPV6, OWN_HARDWARE } from './frame-maker.js';
import { get16, PacketMaker } from './packet-maker.js';

/** What a round came to; `frames`: those that were bad, `neighbors`: those known at its end. */
export type Tally = Record<'bad' | 'out' | 'fragments' | 'reassembled' | 'errors' | 'frames' | 'neighbors', number> & {
  /** Bytes of linear memory. */
  memory: number;
};

export class PacketFuzzer {
  readonly #compiled: CompiledCore;

  static async create(): Promise<PacketFuzzer> {
    return new PacketFuzzer(await compileCore(CORE));
  }

  private constructor(compiled: CompiledCore) {
    this.#compiled = compiled;
  }

  /** @throws CoreFault, Error when the core breaks or keeps something */
  run(seed: number): Tally {
    const round = new Round(this.#compiled, seed);
    for (let packets = 0; packets < ROUND; packets += BATCH_LIMIT) round.batch();
    return round.end();
  }
}

class Round {
  readonly #core: Core;
  readonly #maker: PacketMaker;
  readonly #frames: FrameMaker;
  #now = 1000;

  constructor(compiled: CompiledCore, seed: number) {
    this.#core = Core.initialized(compiled.instantiate(seed));
    this.#maker = new PacketMaker(seed);
    this.#frames = new FrameMaker(this.#maker);
    const { calls } = this.#core;
    calls.configure(SETTING_FORWARDING, 1);
    for (const [link, mtu, ...addresses] of INTERFACES) {
      this.#core.bytes.set([...OWN_HARDWARE, 0, 0], calls.resultArea());
      const number = calls.interfaceAdd(mtu, 0, link);
      if (link === LINK_ETHERNET) {
        calls.interfaceOption(number, INTERFACE_LINK_LOCAL, 1);
        calls.interfaceOption(number, INTERFACE_AUTOCONFIGURE, 1);
      }
      for (const text of addresses) {
        const { address, prefixLength } = parseAddressWithPrefix(text);
        this.#core.putAddress(address);
        calls.addressAdd(number, prefixLength + (text.includes(':') ? 0 : 96), 0);
      }
    }
    this.#core.putAddress(parseAddress('::') as Uint8Array);
    calls.tcpListen(80, 16);
  }

  /** Packets in, packets out, and some time. */
  batch(): void {
    const { calls, bytes, words } = this.#core;
    const maker = this.#maker;
    const descriptors = calls.receiveDescriptors() >> 2;
    let at = calls.receiveArena() + HEADROOM;
    for (let index = 0; index < BATCH_LIMIT; index++) {
      const number = 1 + maker.below(INTERFACES.length);
      const length = isEthernet(number) ? this.#frames.write(bytes, at) : maker.write(bytes, at);
      const descriptor = descriptors + index * (RECEIVE_DESCRIPTOR >> 2);
      words[descriptor] = at;
      words[descriptor + 1] = length;
      words[descriptor + 2] = number;
      at = (at + length + HEADROOM + 63) & -64;
    }
    if (maker.below(4) === 0) this.#ask();
    calls.input(BATCH_LIMIT, this.#now);
    this.#take();
    if (maker.below(8) === 0) this.#pass(maker.below(20_000));
  }

  /** Time goes on until all that waits has come to its end. */
  end(): Tally {
    const { calls } = this.#core;
    this.#pass(PATIENCE);
    calls.input(0, this.#now);
    for (const [name, counter] of LEFT) {
      const left = calls.counter(counter);
      if (left !== 0) throw new Error(`${left} ${name} left after the deadline`);
    }
    const asked = this.#neighbors().filter((state) => state === NEIGHBOR_INCOMPLETE).length;
    if (asked > 0) throw new Error(`${asked} neighbours asked for after the deadline`);
    const memory = this.#core.memory.buffer.byteLength;
    if (memory > MEMORY_LIMIT) throw new Error(`${memory} bytes of linear memory`);
    const tally = Object.entries(TALLIED).map(([name, counter]) => [name, calls.counter(counter)]);
    return { ...Object.fromEntries(tally), memory };
  }

  /** NEIGHBOR_* of each. */
  #neighbors(): number[] {
    const { calls, words } = this.#core;
    const states: number[] = [];
    for (let from = calls.neighborShow(0); from !== 0; from = calls.neighborShow(from)) {
      states.push(words[(calls.resultArea() >> 2) + 7] as number);
    }
    return states;
  }

  /** A ping of ours, so that errors have something to quote. */
  #ask(): void {
    const { calls } = this.#core;
    this.#core.putAddress(parseAddress(this.#maker.below(2) === 0 ? '10.9.0.1' : 'fd00::1') as Uint8Array);
    calls.icmpEcho(this.#maker.below(8), this.#maker.below(3000), 0);
    while (calls.icmpEchoNext() === 1);
  }

  #pass(milliseconds: number): void {
    const { calls } = this.#core;
    const end = this.#now + milliseconds;
    for (let deadline = calls.nextDeadline(); deadline <= end; deadline = calls.nextDeadline()) {
      this.#now = Math.max(this.#now, deadline);
      calls.timersExpire(this.#now);
      this.#take();
    }
    this.#now = end;
  }

  /** Takes what comes out, and looks at it. */
  #take(): void {
    const { calls } = this.#core;
    for (let looped = calls.output(this.#now); looped > 0; looped = calls.output(this.#now)) calls.input(0, this.#now);
    while (calls.readyNext() !== 0);
    for (let number = 1; number <= INTERFACES.length; number++) {
      const { bytes, words } = this.#core;
      const queue = calls.transmitQueue(number) >> 2;
      const [head, count] = [words[queue] as number, words[queue + 1] as number];
      for (let index = 0; index < count; index++) {
        const descriptor = queue + 2 + ((head + index) % TRANSMIT_LIMIT) * (TRANSMIT_DESCRIPTOR >> 2);
        const [at, length] = [words[descriptor] as number, words[descriptor + 1] as number];
        const fits = isEthernet(number) ? isFrame(bytes, at, length) : isPacket(bytes, at, length);
        if (!fits) throw new Error(`that should not have gone out: ${bytes.slice(at, at + 64)}`);
        (isEthernet(number) ? this.#frames : this.#maker).heard(bytes, at, length);
      }
      calls.transmitDone(number, count);
    }
  }
}

/** Whether the lengths in a packet are its own, and it fits its link. */
function isPacket(bytes: Uint8Array, at: number, length: number): boolean {
  const first = (bytes[at] as number) >> 4;
  const field = first === 4 ? at + 2 : at + 4;
  const says = (((bytes[field] as number) << 8) | (bytes[field + 1] as number)) + (first === 4 ? 0 : 40);
  return (first === 4 || first === 6) && says === length && length <= 1500;
}

/** Whether a frame is from us to somebody, and holds what its type says. */
function isFrame(bytes: Uint8Array, at: number, length: number): boolean {
  const type = get16(bytes, at + 12);
  const packet = at + HEADER;
  const isOurs = OWN_HARDWARE.every((byte, index) => bytes[at + 6 + index] === byte);
  const isForUs = OWN_HARDWARE.every((byte, index) => bytes[at + index] === byte);
  const isForNobody = OWN_HARDWARE.every((_, index) => bytes[at + index] === 0);
  if (!isOurs || isForUs || isForNobody) return false;
  if (type === ARP) return length === HEADER + 28 && get16(bytes, packet) === 1 && get16(bytes, packet + 2) === IPV4;
  const version = type === IPV4 ? 4 : type === IPV6 ? 6 : 0;
  return (bytes[packet] as number) >> 4 === version && isPacket(bytes, packet, length - HEADER);
}

function isEthernet(number: number): boolean {
  return INTERFACES[number - 1]?.[0] === LINK_ETHERNET;
}

/** Packets of one seed. */
export const ROUND = 16_384;

const CORE = new URL('../../dist/core.test.wasm', import.meta.url);
const INTERFACES = [
  [LINK_IP, 1500, '10.9.0.2/24', 'fd00::2/64'],
  [LINK_IP, 1280, '10.8.0.2/24', 'fd00:0:0:8::2/64'],
  [LINK_ETHERNET, 1500, '10.7.0.2/24', 'fd00:0:0:7::2/64'],
] as const;
/** What may be left is a connection in TIME-WAIT or a handshake that nobody goes on with. */
const PATIENCE = 400_000;
const LEFT = [
  ['packets under reassembly', COUNTER_REASSEMBLIES],
  ['handshakes', COUNTER_HALF_OPEN],
  ['connections', COUNTER_CONNECTIONS],
  ['bytes of buffers', COUNTER_BUFFER_BYTES],
] as const;
const TALLIED = {
  bad: COUNTER_PACKETS_BAD,
  out: COUNTER_PACKETS_OUT,
  fragments: COUNTER_FRAGMENTS_IN,
  reassembled: COUNTER_REASSEMBLED,
  errors: COUNTER_ICMP_ERRORS_OUT,
  frames: COUNTER_FRAMES_BAD,
  neighbors: COUNTER_NEIGHBORS,
};
/** Four transmit arenas and the static regions are 5 MiB; fragments, packets put together and records the rest. */
const MEMORY_LIMIT = 24 << 20;
