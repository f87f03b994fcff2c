/**
 * What a stack learns of its network by itself: leases of DHCP, and what routers advertise. Says when all of it is there.
 * Not for: the protocols (`../dhcp/`, the core); addresses that a program gives (`network.ts`).
 */
import { ADDRESS_AUTOMATIC, ADDRESS_TENTATIVE, INTERFACE_MTU } from '../../assembly/abi/constants.js';
import { parseAddress } from '../core/address.js';
import { parseHardwareAddress } from '../core/hardware-address.js';
import type { Device } from '../device/device.js';
import { SeededRandom } from '../device/random.js';
import { DhcpClient, type DhcpState } from '../dhcp/client.js';
import type { Lease } from '../dhcp/options.js';
import type { StackPort } from './connections.js';
import { readRouterDomains, readRouterServers } from './link.js';
import { LEAST_MTU6, type Network } from './network.js';
import type { InterfaceOptions } from './settings.js';

/** A socket of UDP as far as DHCP needs one. */
export interface DhcpSocket {
  send(data: Uint8Array, port: number, address: string): boolean;
  setBroadcast(enabled: boolean): boolean;
  unref(): void;
  close(): void;
}

export interface DhcpSocketOptions {
  hostname: string;
  port: number;
  interface: number;
  reuseAddress: boolean;
  socket: { data(socket: unknown, bytes: Uint8Array): void };
}

export type OpenDhcpSocket = (options: DhcpSocketOptions) => Promise<DhcpSocket>;

/** What is known of the lease of an interface. */
export interface LeaseInfo extends Lease {
  interface: number;
  state: DhcpState;
}

export class Configuration {
  readonly #clients: Client[] = [];
  /** Interfaces that ask for routers. */
  readonly #automatic: number[] = [];
  #generation = -1;
  #waiting: (() => void)[] = [];
  #held = false;
  readonly #random: () => number;

  constructor(
    private readonly port: StackPort,
    private readonly network: Network,
    private readonly open: OpenDhcpSocket,
    private readonly failed: (error: Error) => void,
    seed: number | undefined,
  ) {
    const seeded = seed === undefined ? undefined : new SeededRandom(seed, STREAM);
    this.#random = seeded === undefined ? systemRandom : () => seeded.fraction();
  }

  /** @throws TypeError when a device can't have what its options want */
  add(device: Device, number: number, { dhcp = false, ipv6 }: Omit<InterfaceOptions, 'device'>): void {
    if (dhcp && device.linkType !== 'ethernet') throw new TypeError('dhcp needs an Ethernet: tap() instead of tun()');
    if (ipv6 !== false && ipv6?.autoconfigure === true) this.#automatic.push(number);
    if (dhcp) this.#clients.push(this.#client(device, number));
    if (dhcp || this.#automatic.includes(number)) this.#hold();
  }

  /**
   * Fulfilled when every interface has what it was promised: its lease, an address by a router's prefix; and when no address is
   * tentative any more. At once when nothing was promised. Who waits keeps the process alive.
   */
  get configured(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#hold();
      this.look(true);
    });
  }

  leases(): LeaseInfo[] {
    return this.#clients.flatMap(({ dhcp, number }) =>
      dhcp.lease === undefined ? [] : [{ ...dhcp.lease, interface: number, state: dhcp.state }],
    );
  }

  /** Those of DHCP first. */
  nameServers(): string[] {
    const leased = this.leases().flatMap(({ nameServers }) => nameServers);
    return [...new Set([...leased, ...readRouterServers(this.port.core)])];
  }

  searchDomains(): string[] {
    const leased = this.leases().flatMap(({ searchDomains }) => searchDomains);
    return [...new Set([...leased, ...readRouterDomains(this.port.core)])];
  }

  /** To be called when the core may have changed its addresses. */
  look(always = false): void {
    if (this.#clients.length === 0 && this.#waiting.length === 0 && !this.#held) return;
    const generation = this.port.core.calls.addressGeneration();
    if (generation === this.#generation && !always) return;
    this.#generation = generation;
    for (const client of this.#clients) client.look();
    if (!this.#isConfigured()) return;
    this.#release();
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Gives back what was leased. */
  close(): void {
    for (const client of this.#clients) client.close();
    this.abandon();
  }

  /** The stack is no more. */
  abandon(): void {
    for (const client of this.#clients) client.abandon();
    this.#release();
  }

  #client(device: Device, number: number): Client {
    const client = new Client(this.port, this.network, this.#random, device, number);
    client.begin(this.open).catch((error) => {
      if (!client.closed) this.failed(error);
    });
    return client;
  }

  #hold(): void {
    if (!this.#held) this.port.keepAlive.hold();
    this.#held = true;
  }

  #release(): void {
    if (!this.#held) return;
    this.#held = false;
    this.port.keepAlive.release();
  }

  #isConfigured(): boolean {
    const addresses = this.network.addresses();
    if (addresses.some(({ tentative, duplicate }) => tentative && !duplicate)) return false;
    const routed = ({ interface: number, automatic, address }: (typeof addresses)[number], wanted: number) =>
      number === wanted && automatic && address.includes(':') && !address.startsWith('fe80:');
    return (
      this.#clients.every(({ dhcp }) => ['bound', 'renewing', 'rebinding'].includes(dhcp.state)) &&
      this.#automatic.every((wanted) => addresses.some((info) => routed(info, wanted)))
    );
  }
}

/** DHCP on one interface. */
class Client {
  readonly dhcp: DhcpClient;
  closed = false;
  #socket: DhcpSocket | undefined;
  /** What was set up for the lease that holds. */
  #bound: Lease | undefined;

  constructor(
    private readonly port: StackPort,
    private readonly network: Network,
    random: () => number,
    device: Device,
    readonly number: number,
  ) {
    const hardware = parseHardwareAddress(device.hardwareAddress ?? '') ?? new Uint8Array(6);
    const { clock } = port;
    const dhcp = new DhcpClient(
      {
        clock,
        random,
        send: (bytes, to) => void this.#socket?.send(bytes, SERVER_PORT, to ?? '255.255.255.255'),
        probe: (lease) => this.#enter(lease),
        bind: (lease) => this.#bind(lease),
        unbind: (lease) => this.#unbind(lease),
      },
      hardware,
      number,
    );
    this.dhcp = dhcp;
  }

  async begin(open: OpenDhcpSocket): Promise<void> {
    const { dhcp, number } = this;
    // Several interfaces may each have a client on that port.
    const options = { hostname: '0.0.0.0', port: CLIENT_PORT, interface: number, reuseAddress: true };
    const socket = await open({ ...options, socket: { data: (_, bytes) => dhcp.received(bytes) } });
    if (this.closed) {
      socket.close();
      return;
    }
    this.#socket = socket;
    socket.setBroadcast(true);
    socket.unref();
    dhcp.start();
  }

  /** Whether the address is free is the core's to find out, which marks it. */
  look(): void {
    const { dhcp } = this;
    const { lease } = dhcp;
    if (lease === undefined) return;
    const found = this.network
      .addresses()
      .find(({ address, interface: at }) => address === lease.address && at === this.number);
    if (found === undefined) return;
    if (found.duplicate) dhcp.taken();
    else if (!found.tentative) dhcp.free();
  }

  close(): void {
    this.dhcp.stop();
    this.#socket?.close();
  }

  abandon(): void {
    this.closed = true;
    this.dhcp.abandon();
  }

  #enter({ address, prefixLength }: Lease): void {
    const { core } = this.port;
    core.putAddress(parseAddress(address) as Uint8Array);
    const answer = core.calls.addressAdd(this.number, prefixLength + 96, ADDRESS_TENTATIVE | ADDRESS_AUTOMATIC);
    if (answer < 0) queueMicrotask(() => this.dhcp.taken());
    this.port.wake();
  }

  #bind(lease: Lease): void {
    if (this.#bound !== undefined) this.#unroute(this.#bound);
    this.#bound = lease;
    if (lease.mtu !== undefined) this.#setMtu(lease.mtu);
    for (const { to, via } of lease.routes) {
      attempt(() =>
        this.network.addRoute({ to, interface: this.number, metric: METRIC, ...(via !== undefined && { via }) }),
      );
    }
    this.port.wake();
  }

  /** Where there is IPv6 it stays possible: a server that is asked for IPv4 alone does not end it. */
  #setMtu(mtu: number): void {
    const carriesIPv6 = this.network
      .addresses()
      .some(({ address, interface: at }) => at === this.number && address.includes(':'));
    const least = carriesIPv6 ? LEAST_MTU6 : 0;
    this.port.core.calls.interfaceOption(this.number, INTERFACE_MTU, Math.max(mtu, least));
  }

  #unbind(lease: Lease): void {
    if (this.#bound !== undefined) this.#unroute(this.#bound);
    this.#bound = undefined;
    attempt(() => this.network.removeAddress(lease.address, this.number));
  }

  #unroute({ routes }: Lease): void {
    for (const { to, via } of routes) {
      attempt(() => this.network.removeRoute({ to, interface: this.number, ...(via !== undefined && { via }) }));
    }
  }
}

/** What a server says may mean nothing here, or be there already. */
function attempt(change: () => void): void {
  try {
    change();
  } catch (error) {
    if (!(error instanceof RangeError) && !(error instanceof TypeError)) throw error;
  }
}

function systemRandom(): number {
  return (crypto.getRandomValues(new Uint32Array(1))[0] as number) / 2 ** 32;
}

/** Tells its random numbers from those of others with the same seed. */
const STREAM = 0x64686370;
const SERVER_PORT = 67;
const CLIENT_PORT = 68;
/** As routes that routers advertise. */
const METRIC = 1024;
