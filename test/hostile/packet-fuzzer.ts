/**
 * Packets that nobody should send: headers, chains of extension headers, fragments and ICMP messages, right and spoilt, in
 * batches straight into the core's receive arena. A seed is a round of `ROUND` packets to a core of its own, at whose end
 * everything that the packets have left must be gone by itself.
 *
 * The core is a router with two interfaces and a listener. Not for: TCP in depth (`packets.test.ts`), TLS (`tls/fuzzer.ts`).
 */
import {
  BATCH_LIMIT,
  COUNTER_BUFFER_BYTES,
  COUNTER_CONNECTIONS,
  COUNTER_FRAGMENTS_IN,
  COUNTER_HALF_OPEN,
  COUNTER_ICMP_ERRORS_OUT,
  COUNTER_PACKETS_BAD,
  COUNTER_PACKETS_OUT,
  COUNTER_REASSEMBLED,
  COUNTER_REASSEMBLIES,
  HEADROOM,
  RECEIVE_DESCRIPTOR,
  SETTING_FORWARDING,
  TRANSMIT_DESCRIPTOR,
  TRANSMIT_LIMIT,
} from '../../assembly/abi/constants.js';
import { parseAddress, parseAddressWithPrefix } from '../../host/core/address.js';
import { Core } from '../../host/core/core.js';
import { type CompiledCore, compileCore } from '../../host/core/load.js';
import { PacketMaker } from './packet-maker.js';

/** What a round came to. */
export type Tally = Record<'bad' | 'out' | 'fragments' | 'reassembled' | 'errors', number> & {
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
  #now = 1000;

  constructor(compiled: CompiledCore, seed: number) {
    this.#core = Core.initialized(compiled.instantiate(seed));
    this.#maker = new PacketMaker(seed);
    const { calls } = this.#core;
    calls.configure(SETTING_FORWARDING, 1);
    for (const [mtu, ...addresses] of INTERFACES) {
      const number = calls.interfaceAdd(mtu, 0, 0);
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
      const length = maker.write(bytes, at);
      const descriptor = descriptors + index * (RECEIVE_DESCRIPTOR >> 2);
      words[descriptor] = at;
      words[descriptor + 1] = length;
      words[descriptor + 2] = 1 + maker.below(INTERFACES.length);
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
    const memory = this.#core.memory.buffer.byteLength;
    if (memory > MEMORY_LIMIT) throw new Error(`${memory} bytes of linear memory`);
    const [bad, out, fragments, reassembled, errors] = TALLIED.map((counter) => calls.counter(counter)) as [
      number,
      number,
      number,
      number,
      number,
    ];
    return { bad, out, fragments, reassembled, errors, memory };
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
        if (!isPacket(bytes, at, length)) throw new Error(`no packet went out: ${bytes.slice(at, at + 48)}`);
        this.#maker.heard(bytes, at, length);
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

/** Packets of one seed. */
export const ROUND = 16_384;

const CORE = new URL('../../dist/core.test.wasm', import.meta.url);
const INTERFACES = [
  [1500, '10.9.0.2/24', 'fd00::2/64'],
  [1280, '10.8.0.2/24', 'fd00:0:0:8::2/64'],
] as const;
/** What may be left is a connection in TIME-WAIT or a handshake that nobody goes on with. */
const PATIENCE = 400_000;
const LEFT = [
  ['packets under reassembly', COUNTER_REASSEMBLIES],
  ['handshakes', COUNTER_HALF_OPEN],
  ['connections', COUNTER_CONNECTIONS],
  ['bytes of buffers', COUNTER_BUFFER_BYTES],
] as const;
const TALLIED = [
  COUNTER_PACKETS_BAD,
  COUNTER_PACKETS_OUT,
  COUNTER_FRAGMENTS_IN,
  COUNTER_REASSEMBLED,
  COUNTER_ICMP_ERRORS_OUT,
];
/** Three transmit arenas and the static regions are 5 MiB; fragments, packets put together and records the rest. */
const MEMORY_LIMIT = 24 << 20;
