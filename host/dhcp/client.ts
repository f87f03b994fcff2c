/**
 * A DHCPv4 client (RFC 2131 §4.4) of one interface, as a state machine: what comes in are messages and alarms, what goes out
 * are messages and calls of its `Surroundings`.
 *
 *   init → selecting → requesting → probing → bound → renewing → rebinding → init
 *
 * `probing` is the detection of conflicts that §4.4.1 asks for, with ARP (RFC 5227); a conflict is declined.
 * We deviate: the first message is sent within a second, not after one to ten (§4.4.1), and there is no INIT-REBOOT: a stack
 * remembers nothing from one run to the next. The lease is given back by broadcast, not to the server alone (§4.4.4): at the end
 * there is no time to ask for its hardware address. The message names the server.
 * Not for: bytes (`message.ts`), options (`options.ts`), how an address is had (`../stack/configuration.ts`).
 */
import type { Clock, Timer } from '../core/clock.js';
import { type DhcpMessage, decodeMessage, encodeMessage, octets } from './message.js';
import {
  ACKNOWLEDGE,
  DECLINE,
  DISCOVER,
  type Lease,
  leaseOf,
  OFFER,
  OPTION,
  REFUSE,
  RELEASE,
  REQUEST,
  serverOf,
  typeOf,
} from './options.js';

export type DhcpState =
  | 'init'
  | 'selecting'
  | 'requesting'
  | 'probing'
  | 'bound'
  | 'renewing'
  | 'rebinding'
  | 'stopped';

export interface Surroundings {
  readonly clock: Clock;
  /** From 0 up to, not including, 1. */
  random(): number;
  /** Sends to the server's port: to one address from ours, or (`undefined`) to all on the link. */
  send(bytes: Uint8Array, to: string | undefined): void;
  /** Begins to look whether anybody has the address of a lease; `taken` or `free` is called then. */
  probe(lease: Lease): void;
  /** The address is ours: with all that comes with it. Also when a renewal has changed something. */
  bind(lease: Lease): void;
  /** The address is ours no more. */
  unbind(lease: Lease): void;
}

export class DhcpClient {
  state: DhcpState = 'init';
  lease: Lease | undefined;
  readonly #timer: Timer;
  #transaction = 0;
  #attempt = 0;
  /** When this acquisition began, when what is under way was asked for, and when what we hold was. */
  #begunAt = 0;
  #askedAt = 0;
  #heldSince = 0;
  #offer: Lease | undefined;

  /** @param number of the interface, which tells the identities of one host apart (RFC 4361 §6.1) */
  constructor(
    private readonly around: Surroundings,
    private readonly hardwareAddress: Uint8Array,
    private readonly number: number,
  ) {
    this.#timer = around.clock.timer(() => this.#alarm());
  }

  start(): void {
    this.#restart(this.around.random() * 1000);
  }

  /** Gives the lease back, if there is one (§4.4.6). */
  stop(): void {
    const { lease } = this;
    if (lease !== undefined && HOLDING.includes(this.state)) {
      this.#newTransaction();
      this.#send(RELEASE, { ciaddr: lease.address, server: lease.server });
    }
    this.abandon();
    this.#drop();
  }

  /** Nothing more happens. */
  abandon(): void {
    this.state = 'stopped';
    this.#timer.arm(Number.POSITIVE_INFINITY);
  }

  /** A datagram has come to the client's port. */
  received(bytes: Uint8Array): void {
    const message = decodeMessage(bytes);
    if (message === undefined || !this.#isForUs(message)) return;
    const type = typeOf(message);
    if (this.state === 'selecting' && type === OFFER) this.#offered(message);
    else if (ASKING.includes(this.state) && type === ACKNOWLEDGE) this.#acknowledged(message);
    else if (ASKING.includes(this.state) && type === REFUSE) this.#refused(message);
  }

  /** Nobody has the address that is being probed for. */
  free(): void {
    if (this.state !== 'probing' || this.lease === undefined) return;
    this.#bound(this.lease);
  }

  /** Somebody has it; or has taken it, later on (RFC 5227 §2.4 b). */
  taken(): void {
    const { lease } = this;
    if (lease === undefined || (this.state !== 'probing' && !HOLDING.includes(this.state))) return;
    this.#newTransaction();
    this.#send(DECLINE, { requested: lease.address, server: lease.server });
    this.#drop();
    this.#restart(DECLINED_WAIT); // §3.1.5
  }

  #alarm(): void {
    if (this.state === 'init') this.#discover();
    else if (this.state === 'selecting') this.#again(() => this.#sendDiscover());
    else if (this.state === 'requesting') this.#requestAgain();
    else if (this.state === 'bound') this.#renew();
    else if (this.state === 'renewing' || this.state === 'rebinding') this.#extend();
  }

  #discover(): void {
    this.state = 'selecting';
    this.#newTransaction();
    this.#begunAt = this.around.clock.now();
    this.#attempt = 0;
    this.#again(() => this.#sendDiscover());
  }

  #sendDiscover(): void {
    this.#askedAt = this.around.clock.now();
    this.#send(DISCOVER, {});
  }

  #offered(message: DhcpMessage): void {
    const offer = leaseOf(message);
    if (offer === undefined) return;
    this.#offer = offer;
    this.state = 'requesting';
    this.#attempt = 0;
    this.#requestAgain();
  }

  #requestAgain(): void {
    if (this.#attempt === REQUEST_ATTEMPTS || this.#offer === undefined) {
      this.#restart(0);
      return;
    }
    const { address, server } = this.#offer;
    this.#askedAt = this.around.clock.now();
    this.#again(() => this.#send(REQUEST, { requested: address, server }));
  }

  #acknowledged(message: DhcpMessage): void {
    const lease = leaseOf(message);
    const wanted = this.state === 'requesting' ? this.#offer : this.lease;
    if (lease === undefined || (this.state === 'requesting' && lease.server !== wanted?.server)) return;
    if (this.state !== 'requesting' && lease.address === this.lease?.address) {
      this.#bound(lease);
      return;
    }
    if (this.state !== 'requesting') this.#drop();
    this.state = 'probing';
    this.lease = lease;
    this.#timer.arm(Number.POSITIVE_INFINITY);
    this.around.probe(lease);
  }

  /** §3.1.6: the server says no. */
  #refused(message: DhcpMessage): void {
    if (this.state === 'requesting' && serverOf(message) !== this.#offer?.server) return;
    this.#drop();
    this.#restart(REFUSED_WAIT);
  }

  #bound(lease: Lease): void {
    this.state = 'bound';
    this.lease = lease;
    this.#heldSince = this.#askedAt;
    this.around.bind(lease);
    this.#timer.arm(this.#heldSince + lease.renewal * 1000);
  }

  #renew(): void {
    this.state = 'renewing';
    this.#newTransaction();
    this.#begunAt = this.around.clock.now();
    this.#extend();
  }

  /** §4.4.5: half of what is left before the next moment, a minute at the least. */
  #extend(): void {
    const { lease } = this;
    if (lease === undefined) return;
    const now = this.around.clock.now();
    if (now >= this.#heldSince + lease.duration * 1000) {
      this.#drop();
      this.#restart(0);
      return;
    }
    if (now >= this.#heldSince + lease.rebinding * 1000) this.state = 'rebinding';
    const end = this.#heldSince + (this.state === 'renewing' ? lease.rebinding : lease.duration) * 1000;
    this.#askedAt = now;
    this.#send(REQUEST, { ciaddr: lease.address, ...(this.state === 'renewing' && { to: lease.server }) });
    this.#timer.arm(Math.min(end, now + Math.max((end - now) / 2, LEAST_RETRY)));
  }

  /** Sends, and again after 4, 8, 16, 32, 64 seconds, each a second more or less (§4.1). */
  #again(send: () => void): void {
    const wait = Math.min(FIRST_WAIT * 2 ** this.#attempt, LONGEST_WAIT) + (this.around.random() * 2 - 1) * 1000;
    this.#attempt++;
    send();
    this.#timer.arm(this.around.clock.now() + wait);
  }

  #restart(wait: number): void {
    this.state = 'init';
    this.#offer = undefined;
    this.#timer.arm(this.around.clock.now() + wait);
  }

  #drop(): void {
    const { lease } = this;
    this.lease = undefined;
    if (lease !== undefined) this.around.unbind(lease);
  }

  #newTransaction(): void {
    this.#transaction = Math.floor(this.around.random() * 2 ** 32);
  }

  #isForUs({ operation, transaction, hardwareAddress, options }: DhcpMessage): boolean {
    if (operation !== 2 || transaction !== this.#transaction || !same(hardwareAddress, this.hardwareAddress))
      return false;
    // RFC 6842: a server that says for whom it speaks says so truly.
    const identifier = options.get(OPTION.CLIENT_IDENTIFIER);
    return identifier === undefined || same(identifier, this.#identifier());
  }

  #send(type: number, { ciaddr = '0.0.0.0', requested, server, to }: Sent): void {
    const options = new Map([
      [OPTION.MESSAGE_TYPE, Uint8Array.of(type)],
      [OPTION.CLIENT_IDENTIFIER, this.#identifier()],
    ] as [number, Uint8Array][]);
    if (requested !== undefined) options.set(OPTION.REQUESTED_ADDRESS, Uint8Array.from(octets(requested)));
    if (server !== undefined) options.set(OPTION.SERVER, Uint8Array.from(octets(server)));
    if (type === DISCOVER || type === REQUEST) {
      options.set(OPTION.MESSAGE_SIZE, MESSAGE_SIZE);
      options.set(OPTION.PARAMETERS, WANTED);
    }
    const message: DhcpMessage = {
      operation: 1,
      transaction: this.#transaction,
      seconds: Math.floor((this.around.clock.now() - this.#begunAt) / 1000),
      // Without an address nothing but a broadcast reaches us (§4.1).
      broadcast: ciaddr === '0.0.0.0' && type !== DECLINE,
      clientAddress: ciaddr,
      yourAddress: '0.0.0.0',
      hardwareAddress: this.hardwareAddress,
      options,
    };
    this.around.send(encodeMessage(message), to);
  }

  /** RFC 4361 §6.1: the interface, and a DUID of the hardware's address (RFC 8415 §11.4). */
  #identifier(): Uint8Array {
    return Uint8Array.of(255, 0, 0, 0, this.number, 0, 3, 0, 1, ...this.hardwareAddress);
  }
}

interface Sent {
  ciaddr?: string;
  requested?: string;
  server?: string;
  to?: string;
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

const HOLDING: readonly DhcpState[] = ['bound', 'renewing', 'rebinding'];
const ASKING: readonly DhcpState[] = ['requesting', 'renewing', 'rebinding'];
/** What we should like to hear; classless routes stand before routers (RFC 3442). */
const WANTED = Uint8Array.of(
  OPTION.SUBNET_MASK,
  OPTION.CLASSLESS_ROUTES,
  OPTION.ROUTERS,
  OPTION.NAME_SERVERS,
  OPTION.DOMAIN_NAME,
  OPTION.SEARCH_LIST,
  OPTION.MTU,
  OPTION.BROADCAST_ADDRESS,
  OPTION.LEASE_TIME,
  OPTION.RENEWAL_TIME,
  OPTION.REBINDING_TIME,
);
/** 1472 bytes: what an Ethernet frame carries. */
const MESSAGE_SIZE = Uint8Array.of(5, 192);
// Milliseconds.
const FIRST_WAIT = 4_000;
const LONGEST_WAIT = 64_000;
const LEAST_RETRY = 60_000;
const DECLINED_WAIT = 10_000;
const REFUSED_WAIT = 1_000;
const REQUEST_ATTEMPTS = 4;
