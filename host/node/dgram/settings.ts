/**
 * The options of a datagram socket, by Node's methods. Not for: its life (`socket.ts`).
 */
import { EventEmitter } from 'node:events';
import {
  BIND_IPV6_ONLY,
  UDP_OPTION_BROADCAST,
  UDP_OPTION_MULTICAST_INTERFACE,
  UDP_OPTION_MULTICAST_LOOPBACK,
  UDP_OPTION_MULTICAST_TIME_TO_LIVE,
  UDP_OPTION_RECEIVE_BUFFER,
  UDP_OPTION_TIME_TO_LIVE,
  UDP_REUSE_ADDRESS,
  UDP_REUSE_PORT,
} from '../../../assembly/abi/constants.js';
import { ANY_ADDRESS, isIPv4, parseAddress } from '../../core/address.js';
import type { Endpoint } from '../../udp/endpoint.js';
import { interfaceOf } from '../../udp/membership.js';
import { misuse, wrongType, wrongValue } from '../errors.js';
import { bufferSizeError, callError } from './errors.js';
import type { SocketOptions } from './options.js';

export abstract class Settings extends EventEmitter {
  /** Once the socket is bound. */
  protected endpoint: Endpoint | undefined;
  #receiveBuffer = RECEIVE_BUFFER;
  #sendBuffer = RECEIVE_BUFFER;

  /** @throws Error when the socket is closed */
  protected abstract checkOpen(): void;
  /** The endpoint, which is made if there is none yet. */
  protected abstract openNow(): Endpoint;

  setBroadcast(flag: boolean): void {
    this.#set(UDP_OPTION_BROADCAST, flag ? 1 : 0, 'setBroadcast');
  }

  setTTL(ttl: number): number {
    if (typeof ttl !== 'number') throw wrongType('"ttl" argument', 'of type number', ttl);
    this.#set(UDP_OPTION_TIME_TO_LIVE, ttl, 'setTTL');
    return ttl;
  }

  setMulticastTTL(ttl: number): number {
    if (typeof ttl !== 'number') throw wrongType('"ttl" argument', 'of type number', ttl);
    this.#set(UDP_OPTION_MULTICAST_TIME_TO_LIVE, ttl, 'setMulticastTTL');
    return ttl;
  }

  setMulticastLoopback(flag: boolean): typeof flag {
    this.#set(UDP_OPTION_MULTICAST_LOOPBACK, flag ? 1 : 0, 'setMulticastLoopback');
    return flag;
  }

  setMulticastInterface(interfaceAddress: string): void {
    this.checkOpen();
    if (typeof interfaceAddress !== 'string')
      throw wrongType('"interfaceAddress" argument', 'of type string', interfaceAddress);
    const endpoint = this.opened('setMulticastInterface');
    const chosen = this.#interface(endpoint, interfaceAddress, 'setMulticastInterface');
    check(endpoint.setOption(UDP_OPTION_MULTICAST_INTERFACE, chosen), 'setMulticastInterface');
  }

  addMembership(multicastAddress: string, multicastInterface?: string): void {
    this.#setMembership(true, multicastAddress, undefined, multicastInterface, 'addMembership');
  }

  dropMembership(multicastAddress: string, multicastInterface?: string): void {
    this.#setMembership(false, multicastAddress, undefined, multicastInterface, 'dropMembership');
  }

  addSourceSpecificMembership(sourceAddress: string, groupAddress: string, multicastInterface?: string): void {
    checkText(sourceAddress, groupAddress);
    this.#setMembership(true, groupAddress, sourceAddress, multicastInterface, 'addSourceSpecificMembership');
  }

  dropSourceSpecificMembership(sourceAddress: string, groupAddress: string, multicastInterface?: string): void {
    checkText(sourceAddress, groupAddress);
    this.#setMembership(false, groupAddress, sourceAddress, multicastInterface, 'dropSourceSpecificMembership');
  }

  setRecvBufferSize(size: number): void {
    const bytes = bufferSize(size);
    this.#checkBuffer('uv_recv_buffer_size');
    this.#receiveBuffer = bytes;
    this.endpoint?.setOption(UDP_OPTION_RECEIVE_BUFFER, Math.min(Math.max(bytes, LEAST_BUFFER), LARGEST_BUFFER));
  }

  /** What waits to be sent is bounded by the queue of the interface. */
  setSendBufferSize(size: number): void {
    const bytes = bufferSize(size);
    this.#checkBuffer('uv_send_buffer_size');
    this.#sendBuffer = bytes;
  }

  getRecvBufferSize(): number {
    this.#checkBuffer('uv_recv_buffer_size');
    return this.#receiveBuffer;
  }

  getSendBufferSize(): number {
    this.#checkBuffer('uv_send_buffer_size');
    return this.#sendBuffer;
  }

  protected flagsOf({ type, reuseAddr, reusePort, ipv6Only }: SocketOptions): number {
    const reuse = (reuseAddr ? UDP_REUSE_ADDRESS : 0) | (reusePort ? UDP_REUSE_PORT : 0);
    return type === 'udp6' && ipv6Only ? reuse | BIND_IPV6_ONLY : reuse;
  }

  protected attach(endpoint: Endpoint, { recvBufferSize, sendBufferSize }: SocketOptions): void {
    this.endpoint = endpoint;
    if (recvBufferSize) this.setRecvBufferSize(recvBufferSize);
    if (sendBufferSize) this.setSendBufferSize(sendBufferSize);
  }

  /** @throws Error `EBADF` while the socket is not bound, as Node */
  protected opened(syscall: string): Endpoint {
    if (this.endpoint === undefined) throw callError(BAD_DESCRIPTOR, syscall);
    return this.endpoint;
  }

  #set(option: number, value: number, syscall: string): void {
    this.checkOpen();
    const endpoint = this.opened(syscall);
    check(Number.isInteger(value) ? endpoint.setOption(option, value >>> 0) : INVALID, syscall);
  }

  #setMembership(
    join: boolean,
    group: string,
    source: string | undefined,
    multicastInterface: string | undefined,
    syscall: string,
  ): void {
    this.checkOpen();
    if (!group) throw wrongValue('ERR_MISSING_ARGS', 'The "multicastAddress" argument must be specified');
    const endpoint = this.openNow();
    const bytes = parseAddress(group);
    const from = source === undefined ? ANY_ADDRESS : parseAddress(source);
    if (bytes === undefined || from === undefined) throw callError(INVALID, syscall);
    if (source !== undefined && isIPv4(bytes) !== isIPv4(from)) throw callError(INVALID, syscall);
    const chosen = multicastInterface === undefined ? 0 : this.#interface(endpoint, multicastInterface, syscall);
    check(endpoint.setMembership(join, bytes, from, chosen), syscall);
  }

  #interface(endpoint: Endpoint, text: string, syscall: string): number {
    let chosen: number | undefined;
    try {
      chosen = interfaceOf(endpoint.all, text);
    } catch (error) {
      throw callError((error as { errno?: number }).errno ?? INVALID, syscall);
    }
    if (chosen === undefined) throw callError(INVALID, syscall);
    return chosen;
  }

  #checkBuffer(call: 'uv_recv_buffer_size' | 'uv_send_buffer_size'): void {
    this.checkOpen();
    if (this.endpoint === undefined) throw bufferSizeError(call, BAD_DESCRIPTOR);
  }
}

function check(answer: number, syscall: string): void {
  if (answer < 0) throw callError(answer, syscall);
}

function checkText(sourceAddress: unknown, groupAddress: unknown): void {
  if (typeof sourceAddress !== 'string') throw wrongType('"sourceAddress" argument', 'of type string', sourceAddress);
  if (typeof groupAddress !== 'string') throw wrongType('"groupAddress" argument', 'of type string', groupAddress);
}

function bufferSize(size: number): number {
  if (size >>> 0 !== size)
    throw misuse(TypeError, 'ERR_SOCKET_BAD_BUFFER_SIZE', 'Buffer size must be a positive integer');
  return size;
}

const BAD_DESCRIPTOR = -9;
const INVALID = -22;
const RECEIVE_BUFFER = 262144;
const LEAST_BUFFER = 2048;
const LARGEST_BUFFER = 2 ** 26;
