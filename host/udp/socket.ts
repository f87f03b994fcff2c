/**
 * A UDP socket in the shape of Bun's, of either kind. Not for: how it comes to be (`open.ts`), the core (`endpoint.ts`).
 */
import {
  UDP_OPTION_BROADCAST,
  UDP_OPTION_MULTICAST_INTERFACE,
  UDP_OPTION_MULTICAST_LOOPBACK,
  UDP_OPTION_MULTICAST_TIME_TO_LIVE,
  UDP_OPTION_TIME_TO_LIVE,
} from '../../assembly/abi/constants.js';
import { type Address, addressFamily, parseAddress } from '../core/address.js';
import { type BinaryType, shape, uncaught } from '../socket/handlers.js';
import type { Endpoint, EndpointOwner, Sender } from './endpoint.js';
import { callFailure, closedFailure, expected, socketClosed } from './errors.js';
import { interfaceOf, memberOf, sourceOf } from './membership.js';
import { type Handlers, type ParsedOptions, parseReload, portOf } from './options.js';
import { payloadOf } from './payload.js';
import type { BaseUDPSocket, Data, SocketAddress } from './types.js';

export class UdpSocket implements BaseUDPSocket {
  readonly #endpoint: Endpoint;
  readonly #hostname: string;
  readonly #address: SocketAddress;
  readonly #remote: SocketAddress | undefined;
  #handlers: Handlers;
  #binaryType: BinaryType;

  /** For `open.ts`. */
  constructor(endpoint: Endpoint, options: ParsedOptions) {
    this.#endpoint = endpoint;
    this.#hostname = options.hostname;
    this.#handlers = options.handlers;
    this.#binaryType = options.binaryType;
    const { local, remote } = endpoint.ends();
    this.#address = socketAddress(local);
    this.#remote = remote && socketAddress(remote);
    endpoint.owner = this.#owner();
  }

  get hostname(): string {
    return this.#hostname;
  }

  get port(): number {
    return this.#address.port;
  }

  get address(): SocketAddress {
    return this.#address;
  }

  get remoteAddress(): SocketAddress | undefined {
    return this.#remote;
  }

  get binaryType(): BinaryType {
    return this.#binaryType;
  }

  get closed(): boolean {
    return this.#endpoint.closed;
  }

  ref(): void {
    this.#endpoint.ref();
  }

  unref(): void {
    this.#endpoint.unref();
  }

  close(): void {
    this.#endpoint.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /** @throws TypeError for what can't be sent; SocketError (`EMSGSIZE`, `ENETUNREACH`, `EACCES` …) when it can't go there */
  send(...given: readonly unknown[]): boolean {
    if (this.closed) throw socketClosed();
    const [data, port, address] = given;
    if (this.#remote !== undefined) {
      if (given.length === 3) throw expected('no destination: the socket is connected');
      if (given.length !== 1) throw expected(`1 argument, got ${given.length}`);
      return this.#sent(this.#endpoint.send(payloadOf(data, 'first argument')), this.#remote);
    }
    if (given.length !== 3) throw expected(`3 arguments, got ${given.length}`);
    const destination = parseDestination(port, address);
    const payload = payloadOf(data, 'first argument');
    return this.#sent(this.#endpoint.send(payload, destination.bytes, destination.port), destination);
  }

  /** @throws as `send`, for the first datagram that can't go; those before it have been sent then */
  sendMany(packets: readonly unknown[]): number {
    if (this.closed) throw socketClosed();
    if (!Array.isArray(packets)) throw expected('first argument to be an array');
    const all =
      this.#remote === undefined ? readMany(packets) : packets.map((data) => ({ payload: payloadOf(data, 'payload') }));
    let sent = 0;
    for (const { payload, destination } of all as readonly Packet[]) {
      const answer = this.#endpoint.send(payload, destination?.bytes, destination?.port);
      if (!this.#sent(answer, destination ?? (this.#remote as SocketAddress))) break;
      sent++;
    }
    return sent;
  }

  /** New handlers in place of the old ones; with options in the form of `udpSocket`'s, `binaryType` too. */
  reload(options: object): void {
    const { handlers, binaryType } = parseReload(options);
    this.#handlers = handlers ?? this.#handlers;
    this.#binaryType = binaryType ?? this.#binaryType;
  }

  setBroadcast(enabled: boolean): boolean {
    this.#set(UDP_OPTION_BROADCAST, enabled ? 1 : 0);
    return enabled;
  }

  setTTL(ttl: number): number {
    return this.#set(UDP_OPTION_TIME_TO_LIVE, Math.trunc(Number(ttl)));
  }

  setMulticastTTL(ttl: number): number {
    return this.#set(UDP_OPTION_MULTICAST_TIME_TO_LIVE, Math.trunc(Number(ttl)));
  }

  setMulticastLoopback(enabled: boolean): boolean {
    this.#set(UDP_OPTION_MULTICAST_LOOPBACK, enabled ? 1 : 0);
    return enabled;
  }

  setMulticastInterface(interfaceAddress: string): boolean {
    this.#checkOpen();
    const place = interfaceOf(this.#endpoint.all, interfaceAddress);
    if (place === undefined) return false;
    this.#set(UDP_OPTION_MULTICAST_INTERFACE, place);
    return true;
  }

  addMembership(multicastAddress: string, interfaceAddress?: string): boolean {
    return this.#setMembership(true, multicastAddress, undefined, interfaceAddress);
  }

  dropMembership(multicastAddress: string, interfaceAddress?: string): boolean {
    return this.#setMembership(false, multicastAddress, undefined, interfaceAddress);
  }

  addSourceSpecificMembership(sourceAddress: string, groupAddress: string, interfaceAddress?: string): boolean {
    return this.#setMembership(true, groupAddress, sourceAddress, interfaceAddress);
  }

  dropSourceSpecificMembership(sourceAddress: string, groupAddress: string, interfaceAddress?: string): boolean {
    return this.#setMembership(false, groupAddress, sourceAddress, interfaceAddress);
  }

  #setMembership(join: boolean, group: string, source: string | undefined, interfaceAddress: string | undefined): true {
    this.#checkOpen();
    const parsed = memberOf(group);
    const from = source === undefined ? undefined : sourceOf(source, parsed);
    const place = interfaceAddress === undefined ? 0 : interfaceOf(this.#endpoint.all, interfaceAddress, parsed);
    const answer = this.#endpoint.setMembership(join, parsed, from, place ?? 0);
    if (answer < 0) throw callFailure(answer, 'setsockopt');
    return true;
  }

  #set(option: number, value: number): number {
    this.#checkOpen();
    const answer = this.#endpoint.setOption(option, value);
    if (answer < 0) throw callFailure(answer, 'setsockopt');
    return value;
  }

  #checkOpen(): void {
    if (this.closed) throw closedFailure();
  }

  #sent(answer: number, { address, port }: Sender): boolean {
    if (answer < 0) throw callFailure(answer, 'send', { address, port });
    return answer === 1;
  }

  #owner(): EndpointOwner {
    return {
      message: (data, { address, port }) => {
        const flags = { truncated: false, ipv6: address.includes(':') };
        this.#call('data', shape(data, this.#binaryType), port, address, flags);
      },
      drained: () => this.#call('drain'),
      // Whoever does not ask for errors must not be ended by one that anybody can send.
      failed: (errno, place) => this.#call('error', callFailure(errno, 'recv', place)),
      lost: (error) => this.#call('error', error),
    };
  }

  #call(name: 'data' | 'drain' | 'error', ...given: readonly unknown[]): void {
    const handler = this.#handlers[name];
    if (handler === undefined) return;
    try {
      const answer = handler.call(this, this, ...given);
      if (name !== 'error' && answer instanceof Promise) answer.catch((error) => this.#raise(error));
    } catch (error) {
      if (name === 'error') uncaught(error);
      else this.#raise(error);
    }
  }

  /** What a handler threw goes to `error`, or is an uncaught exception. */
  #raise(error: unknown): void {
    if (this.#handlers.error === undefined) uncaught(error);
    else this.#call('error', error);
  }
}

interface Destination {
  readonly bytes: Address;
  readonly address: string;
  readonly port: number;
}

interface Packet {
  readonly payload: Uint8Array;
  readonly destination?: Destination;
}

function readMany(packets: readonly unknown[]): Packet[] {
  if (packets.length % 3 !== 0) throw expected('3 arguments for each packet');
  const all: Packet[] = [];
  for (let index = 0; index < packets.length; index += 3) {
    const destination = parseDestination(packets[index + 1], packets[index + 2]);
    all.push({ payload: payloadOf(packets[index] as Data, 'payload'), destination });
  }
  return all;
}

function parseDestination(port: unknown, address: unknown): Destination {
  const number = portOf(port, 1, '"port"');
  const text = String(address);
  const bytes = parseAddress(text);
  if (bytes === undefined) throw expected(`a valid IP address, got ${text}`);
  return { bytes, address: text, port: number };
}

function socketAddress({ address, port }: Sender): SocketAddress {
  return { address, family: addressFamily(address), port };
}
