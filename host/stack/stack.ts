/**
 * A whole TCP/IP stack: one core, its devices, its clock, its sockets. `pump` is the only place that touches the
 * outside; every entry (a packet, the timer, a call of the program) ends there.
 *
 *   read from devices → input → deliver to handlers → output → write to devices → again while anything moved
 *
 * Delivery comes before output on purpose: a reply rides on the ACK, with the window that reading has reopened.
 * Not for: the protocol (the core), the shape of sockets (`../socket/`).
 */
import { ERROR_CONNECTION_ABORTED, SETTING_FORWARDING } from '../../assembly/abi/constants.js';
import type { Bsd } from '../bsd/contract.js';
import { Layer } from '../bsd/layer.js';
import { readTcpInfo } from '../bsd/read-info.js';
import type { TcpInfo } from '../bsd/tcp-info.js';
import { type Clock, systemClock } from '../core/clock.js';
import { Core } from '../core/core.js';
import type { CoreFault } from '../core/fault.js';
import { type CompiledCore, compileCore } from '../core/load.js';
import type { Resolver } from '../dns/resolver.js';
import { connectSocket } from '../socket/connect.js';
import { type BinaryType, reporting } from '../socket/handlers.js';
import { listenSocket } from '../socket/listen.js';
import type { TCPSocketListener } from '../socket/listener.js';
import type { TCPSocketConnectOptions, TCPSocketListenOptions } from '../socket/options.js';
import { Socket } from '../socket/socket.js';
import { TRANSPORT } from '../socket/transport-members.js';
import { Endpoints } from '../udp/endpoints.js';
import { openSocket } from '../udp/open.js';
import type { ConnectSocketOptions, SocketOptions } from '../udp/options.js';
import type * as udp from '../udp/types.js';
import { Configuration, type OpenDhcpSocket } from './configuration.js';
import { Connections } from './connections.js';
import { Delivery } from './delivery.js';
import { Interfaces, shareOffloads } from './interfaces.js';
import { KeepAlive } from './keep-alive.js';
import { applyLinkOptions } from './link.js';
import { Naming } from './naming.js';
import { Network } from './network.js';
import { type Counters, readCounters, readStates, type StateName, type TraceRecord, takeTrace } from './observation.js';
import { type PingOptions, type PingReply, Pings } from './pings.js';
import { Pump, type Rounds } from './pump.js';
import {
  applySettings,
  applyShare,
  checkTicketSecret,
  type InterfaceOptions,
  type StackOptions,
  type StackSettings,
} from './settings.js';
import { checkDevices, type RestoreOptions, restoreSockets, type StackSnapshot, takeSnapshot } from './snapshot.js';

/**
 * Makes a stack.
 * @throws RangeError, TypeError for options that mean nothing; DeviceError when a device can't be used
 */
export async function createStack(options: StackOptions = {}): Promise<Stack> {
  return Stack.create(options);
}

export class Stack {
  /** The clock of this stack. */
  readonly clock: Clock;
  readonly #core: Core;
  readonly #interfaces: Interfaces;
  readonly #connections: Connections<Socket<unknown>>;
  readonly #delivery: Delivery<Socket<unknown>>;
  readonly #endpoints: Endpoints;
  readonly #pings: Pings;
  readonly #naming: Naming;
  readonly #pump: Pump;
  /** Addresses and routes. */
  readonly network: Network;
  /** What the stack learns of its network by itself: DHCP, routers' advertisements. */
  readonly configuration: Configuration;
  readonly #report: (error: Error) => void;
  readonly #listeners = new Set<TCPSocketListener<unknown>>();
  #layer: Layer | undefined;
  #traceDropped = 0;
  /** `close` is under way, and has ended what there was. */
  #closing = false;

  /** See `createStack`. */
  static async create(options: StackOptions = {}): Promise<Stack> {
    return Stack.createSync(await compileCore(options.core), options);
  }

  /** As `create`, from a core that is compiled already. */
  static createSync(compiled: CompiledCore, options: StackOptions = {}): Stack {
    const core = Core.initialized(compiled.instantiate(options.seed));
    applySettings(core, options);
    applyShare(core, options.share);
    const stack = new Stack(core, options.clock ?? systemClock(), options);
    stack.#settle(options);
    stack.#pump.wake();
    return stack;
  }

  /**
   * A stack that goes on where `snapshot` was taken: same connections, same listeners, on the devices given, in the
   * order of the original. Time goes on from the snapshot's. Connections that were in mid-handshake are reset.
   * The sockets start with the handlers given here; find them in `sockets` and `listeners`, and `reload` each as needed.
   * @throws TypeError for devices that can't do what the original ones did
   */
  static async restore(snapshot: StackSnapshot, options: RestoreOptions): Promise<Stack> {
    const compiled = await compileCore(options.core);
    const devices = interfacesOf(options).map(({ device }) => device);
    checkDevices(snapshot.devices, devices);
    const core = Core.restored(compiled.instantiate(), snapshot.memory);
    const stack = new Stack(core, shifted(options.clock ?? systemClock(), snapshot.now), options);
    devices.forEach((device, index) => {
      stack.#interfaces.attach(device, index + 1);
    });
    restoreSockets(snapshot, stack.#connections, stack.#listeners, options);
    stack.#endpoints.closeRestored();
    // Bytes that lie where they arrived are put away before a device is read to that place.
    stack.#pump.transmit();
    return stack;
  }

  private constructor(
    core: Core,
    clock: Clock,
    options: Pick<StackOptions, 'error' | 'keylog' | 'dns' | 'seed' | 'ticketSecret'>,
  ) {
    checkTicketSecret(options.ticketSecret);
    this.clock = clock;
    this.#core = core;
    this.#report = reporting(options.error);
    core.onFault = (fault) => queueMicrotask(() => this.#fail(fault));
    const events = { moved: (first?: boolean) => this.#pump.run(first), failed: (error: Error) => this.#report(error) };
    this.#interfaces = new Interfaces(core, clock, events);
    const port = {
      core,
      clock,
      keepAlive: new KeepAlive(),
      tls: { wall: () => clock.wall(), keylog: options.keylog, ticketSecret: options.ticketSecret },
      tick: () => core.calls.timersExpire(clock.now()),
      wake: () => this.#pump.wake(),
      transmit: () => this.#pump.transmit(),
      transmitSoon: () => this.#pump.transmitSoon(),
      resolver: () => this.resolver,
    };
    this.#connections = new Connections(port, Socket.events);
    const turn = { due: false };
    this.#delivery = new Delivery(core, this.#connections, turn);
    this.#endpoints = new Endpoints(port, turn);
    this.#pings = new Pings(core, clock, port.keepAlive);
    this.#pump = new Pump(core, clock, this.#interfaces, this.#rounds());
    this.network = new Network(core, () => this.#pump.wake());
    const open: OpenDhcpSocket = (options) => this.udpSocket(options);
    this.configuration = new Configuration(port, this.network, open, this.#report, options.seed);
    this.#naming = new Naming(options, port, {
      connect: (options) => this.connect(options),
      udpSocket: (options) => this.udpSocket(options),
      sockets: () => this.sockets,
      sourceFor: (address) => this.network.sourceFor(address),
      nameServers: () => this.configuration.nameServers(),
    });
  }

  /** The stack takes its place in the network. */
  #settle(options: StackOptions): void {
    const { routes = [], forwarding = false } = options;
    const attached = interfacesOf(options);
    if (forwarding) shareOffloads(attached.map(({ device }) => device));
    for (const { device, addresses, ...link } of attached) {
      const number = this.#interfaces.add(device);
      if (device.linkType === 'ethernet') applyLinkOptions(this.#core, number, link.ipv6);
      this.configuration.add(device, number, link);
      for (const address of addresses ?? device.addresses) this.network.addAddress(address, number);
      // On a link with others, what no route is for would be asked for in vain; a router would send it back where it came from.
      if (number === 1 && device.linkType === 'ip' && !forwarding) this.network.addDefaults(number);
    }
    for (const route of routes) this.network.addRoute(route);
    this.#core.calls.configure(SETTING_FORWARDING, forwarding ? 1 : 0);
  }

  #rounds(): Rounds {
    const pings = this.#pings;
    const delivery = this.#delivery;
    const endpoints = this.#endpoints;
    return {
      received: (now) => pings.collect(now),
      deliver: () => delivery.run() && endpoints.run(),
      delivered: () => delivery.delivered + endpoints.delivered,
      microtasksRan: () => delivery.microtasksRan(),
      arrived: () => this.#layer?.arrived(),
      sent: () => this.#connections.releaseDelivered(),
      look: () => {
        this.#layer?.look();
        this.configuration.look();
      },
    };
  }

  /**
   * Opens a connection. The promise is resolved when it is open, just before the `open` handler; when it fails, after
   * `connectError`.
   * @throws TypeError, RangeError at once, for options that mean nothing
   */
  connect<Data = undefined>(options: TCPSocketConnectOptions<Data>): Promise<Socket<Data>> {
    this.#checkOpen();
    return connectSocket(this.#connections, options);
  }

  /**
   * Listens on a port, at once.
   * @throws TypeError, RangeError for options that mean nothing; SocketError (`EADDRINUSE`, `EADDRNOTAVAIL`)
   */
  listen<Data = undefined>(options: TCPSocketListenOptions<Data>): TCPSocketListener<Data> {
    this.#checkOpen();
    return listenSocket(this.#connections, this.#listeners, options);
  }

  /** Addresses of names: `lookup`, `query`, and `clear` for what it remembers. */
  get resolver(): Resolver {
    this.#checkOpen();
    return this.#naming.resolver;
  }

  /**
   * A UDP socket, in the shape of Bun's; with `connect` it speaks with one peer.
   * @throws TypeError at once, for options that mean nothing; rejected: SocketError (`EADDRINUSE`, `EADDRNOTAVAIL`)
   */
  udpSocket<Kind extends BinaryType = 'buffer'>(
    options: ConnectSocketOptions<Kind>,
  ): Promise<udp.ConnectedSocket<Kind>>;
  udpSocket<Kind extends BinaryType = 'buffer'>(options: SocketOptions<Kind>): Promise<udp.Socket<Kind>>;
  udpSocket(options: object): Promise<unknown> {
    return openSocket(this.udp, options);
  }

  /** UDP sockets as `udpSocket` and `vitrine/dgram` make them. Not for programs. */
  get udp(): Endpoints {
    this.#checkOpen();
    return this.#endpoints;
  }

  /** BSD sockets on this stack: calls that return at once, descriptors, numbers for errors. See `host/bsd/contract.ts`. */
  get bsd(): Bsd {
    this.#checkOpen();
    this.#layer ??= new Layer(this.#connections);
    return this.#layer;
  }

  /** What Linux's TCP_INFO would say of a socket; `undefined` when it is closed. Counts need `tcp: { statistics: 1 }`. */
  tcpInfo(socket: Socket<unknown>): TcpInfo | undefined {
    const handle = socket[TRANSPORT]?.handle;
    this.#connections.port.tick();
    return !handle ? undefined : readTcpInfo(this.#core, { role: 'connection', handle });
  }

  /**
   * Sends one ICMP echo request.
   * @throws RangeError at once for options that mean nothing; SocketError `ETIMEDOUT`, `ENETUNREACH`, `EMSGSIZE`; where an
   * ICMP error came instead of a reply, with all that it says (`PingTrouble`)
   */
  ping(address: string, options: PingOptions = {}): Promise<PingReply> {
    this.#checkOpen();
    const reply = this.#pings.send(address, options);
    this.#pump.wake();
    return reply;
  }

  /** Every socket that is not closed, connecting ones included. */
  get sockets(): Iterable<Socket<unknown>> {
    return this.#connections.owners();
  }

  /** Every listener that has not stopped. */
  get listeners(): readonly TCPSocketListener<unknown>[] {
    return [...this.#listeners];
  }

  counters(): Counters {
    return readCounters(this.#core);
  }

  /** The states of all connections that a program holds, those in TIME-WAIT included. */
  states(): StateName[] {
    return readStates(this.#core);
  }

  /**
   * Changes limits and tuning for what happens from now on; most of it concerns connections that are made later.
   * @throws TypeError, RangeError as `create`
   */
  tune(options: StackSettings): void {
    this.#checkOpen();
    applySettings(this.#core, options);
  }

  /** Forgets what servers have said to TCP Fast Open: their cookies, their sizes, their refusals. */
  forgetFastOpen(): void {
    this.#checkOpen();
    this.#core.calls.tcpFastOpenForget();
  }

  /** Records every segment and change of state from now on, or no longer. It changes nothing else. */
  trace(on: boolean): void {
    this.#core.calls.traceEnable(on ? 1 : 0);
  }

  /** Takes the records since the last call, oldest first. The core keeps the last 1024; see `traceDropped`. */
  takeTrace(): TraceRecord[] {
    const { records, dropped } = takeTrace(this.#core);
    this.#traceDropped += dropped;
    return records;
  }

  /** Records that were lost because nobody took them in time. */
  get traceDropped(): number {
    return this.#traceDropped;
  }

  /**
   * Everything there is to this stack, as plain data. It holds the secrets of the stack and all bytes in flight.
   * Handlers and `data` stay here.
   */
  snapshot(): StackSnapshot {
    const pending = this.#delivery.pending.bind(this.#delivery);
    const descriptors = this.#layer?.held() ?? { listeners: [], connections: [] };
    const devices = this.#interfaces.shapes();
    return takeSnapshot(this.#core, this.clock.now(), devices, this.#connections, this.listeners, pending, descriptors);
  }

  /** Ends everything: sockets with RST and `close`, pending connects with an error, listeners, devices. Idempotent. */
  close(): void {
    if (this.#pump.closed) return;
    this.configuration.close();
    this.#endSockets();
    // What their handlers have begun meanwhile ends too, and nothing more begins.
    this.#closing = true;
    this.#endSockets();
    for (const endpoint of this.#endpoints.all()) endpoint.close();
    this.#layer?.abandon();
    this.#naming.close();
    this.#pings.fail(ERROR_CONNECTION_ABORTED);
    this.#pump.transmit();
    this.#shut();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** The main loop. Not for programs: devices, the timer and every call of a program lead here by themselves. */
  pump(): void {
    this.#pump.run();
  }

  #endSockets(): void {
    for (const listener of this.listeners) listener.stop();
    for (const socket of this.sockets) socket.terminate();
  }

  #fail(fault: CoreFault): void {
    this.#connections.fail(fault);
    this.#naming.close();
    this.#endpoints.fail(fault);
    this.#pings.fail(ERROR_CONNECTION_ABORTED);
    this.#shut();
    this.#report(fault);
  }

  #shut(): void {
    this.configuration.abandon();
    this.#pump.close();
    this.#layer?.forget();
    this.#interfaces.close();
    for (const listener of this.listeners) listener.unref();
    this.#connections.abandonOrphans();
  }

  #checkOpen(): void {
    if (this.#core.fault !== undefined) throw this.#core.fault;
    if (this.#pump.closed || this.#closing)
      throw Object.assign(new Error('the stack is closed'), { code: 'ERR_STACK_CLOSED' });
  }
}

function interfacesOf(options: Pick<StackOptions, keyof InterfaceOptions | 'interfaces'>): InterfaceOptions[] {
  const { device, addresses, ipv6, dhcp, interfaces = [] } = options;
  if (device === undefined) return [...interfaces];
  const link = { ...(ipv6 !== undefined && { ipv6 }), ...(dhcp !== undefined && { dhcp }) };
  return [{ device, ...(addresses && { addresses }), ...link }, ...interfaces];
}

/** The same clock with another zero: the core's time must not go back. */
function shifted(clock: Clock, start: number): Clock {
  const shift = start - clock.now();
  return {
    now: () => clock.now() + shift,
    wall: () => clock.wall(),
    timer: (alarm) => {
      const timer = clock.timer(alarm);
      return { arm: (deadline) => timer.arm(deadline - shift), ref: () => timer.ref(), unref: () => timer.unref() };
    },
  };
}
