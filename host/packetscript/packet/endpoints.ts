/**
 * The connections of a script. A packet belongs to the connection under test: the one made or opened last. Scripts with
 * several at a time write ports, which then tell them apart.
 * Not for: numbers (`endpoint.ts`).
 */
import type { PacketSpec, Ports, TcpSpec } from '../language/ast.js';
import { Endpoint } from './endpoint.js';
import { ACK, type IcmpPacket, type Segment, SYN, type Unreadable } from './segment.js';

export interface Addresses {
  local: string;
  remote: string;
  /** Where the script's sockets listen, and where they connect to, unless the script says. */
  bindPort: number;
  connectPort: number;
}

export class Endpoints {
  /** The connection under test. */
  current: Endpoint | undefined;
  readonly #all: Endpoint[] = [];
  #nextRemotePort = 40001;

  constructor(readonly addresses: Addresses) {}

  /** `socket(…) = fd` */
  opened(fd: number): void {
    this.current = this.#add();
    this.current.fd = fd;
    this.current.localPort = this.addresses.bindPort;
  }

  /** `bind(fd, …)` */
  bound(fd: number, port: number): void {
    const endpoint = this.of(fd);
    if (endpoint !== undefined) endpoint.localPort = port;
  }

  /** `listen(fd, …)` */
  listening(fd: number): void {
    const endpoint = this.of(fd);
    if (endpoint !== undefined) endpoint.phase = 'listening';
  }

  /** `connect(fd, …)`: the next SYN is its. */
  connecting(fd: number, port: number): void {
    const endpoint = this.of(fd);
    if (endpoint?.phase !== 'new') return;
    endpoint.phase = 'connecting';
    endpoint.remotePort = port;
    endpoint.localPort = 0;
  }

  /** `connect(fd, {sa_family = AF_UNSPEC})` */
  disconnected(fd: number): void {
    const endpoint = this.of(fd);
    if (endpoint !== undefined) endpoint.phase = 'new';
  }

  /** `accept(…) = fd`, of the connection from `remotePort`. */
  accepted(fd: number, remotePort: number): void {
    const endpoint = this.#all.findLast((one) => one.remotePort === remotePort && one.fd === undefined);
    if (endpoint !== undefined) endpoint.fd = fd;
  }

  /** `close(fd)`: the number may come again, for another connection. */
  closed(fd: number): void {
    const endpoint = this.of(fd);
    if (endpoint !== undefined && endpoint.phase === 'listening') endpoint.phase = 'new';
    if (endpoint !== undefined) endpoint.fd = undefined;
  }

  of(fd: number): Endpoint | undefined {
    return this.#all.findLast((one) => one.fd === fd);
  }

  /** The connection that an inbound packet of the script goes to. @returns undefined when there is none */
  forInbound(spec: PacketSpec): Endpoint | undefined {
    if (spec.kind !== 'tcp') return this.current;
    const endpoint = this.#inboundTcp(spec);
    if (endpoint === undefined) return undefined;
    const syn = (spec.flags & SYN) !== 0;
    const ack = (spec.flags & ACK) !== 0;
    if (endpoint.phase === 'synSent' && syn) {
      endpoint.startsRemoteAt(spec.seq.start);
      if (ack) endpoint.phase = 'open';
    } else if (endpoint.phase === 'synAckSent' && ack) {
      endpoint.phase = 'open';
    }
    return endpoint;
  }

  /** The connection whose packet the script expects. */
  forOutbound(spec: PacketSpec): Endpoint | undefined {
    const ports = spec.kind === 'tcp' ? spec.ports : undefined;
    const named = ports === undefined ? undefined : this.#withPorts(ports.destination, ports.source);
    const endpoint = named ?? this.current;
    const opens = spec.kind === 'tcp' && (spec.flags & (SYN | ACK)) === SYN;
    if (opens && endpoint?.phase === 'connecting') {
      endpoint.phase = 'synSent';
      if (ports !== undefined) endpoint.ports = { remote: ports.destination, local: ports.source };
    }
    return endpoint;
  }

  /** Whether a packet on the wire is the endpoint's; the numbers of its first SYN are learned from it. */
  claims(endpoint: Endpoint, packet: Segment | IcmpPacket | Unreadable, spec: PacketSpec): boolean {
    if (packet.kind === 'unreadable') return true;
    if (packet.kind === 'icmp') return packet.destinationAddress === endpoint.remoteAddress;
    const opens = (packet.flags & (SYN | ACK)) === SYN;
    const scriptSeq = spec.kind === 'tcp' ? spec.seq.start : 0;
    if (endpoint.phase === 'synSent' && endpoint.localPort === 0 && opens) {
      if (packet.destinationPort !== endpoint.remotePort) return false;
      endpoint.localPort = packet.sourcePort;
      endpoint.startsLocalAt(scriptSeq, packet.seq);
      return true;
    }
    if (!endpoint.sends(packet)) return false;
    if (endpoint.phase === 'synReceived' && (packet.flags & (SYN | ACK)) === (SYN | ACK)) {
      endpoint.phase = 'synAckSent';
      endpoint.startsLocalAt(scriptSeq, packet.seq);
    }
    return true;
  }

  /** Whether some connection of the script sends this packet. */
  knows(packet: Segment): boolean {
    return this.#all.some((endpoint) => endpoint.sends(packet));
  }

  #inboundTcp(spec: TcpSpec): Endpoint | undefined {
    const { ports } = spec;
    if (ports !== undefined) {
      const named = this.#withPorts(ports.source, ports.destination);
      if (named !== undefined) return named;
      const listening = this.#all.findLast((one) => one.phase === 'listening');
      const opens = (spec.flags & (SYN | ACK)) === SYN;
      if (listening !== undefined && opens) return this.#passive(spec, listening.localPort, ports);
    }
    const { current } = this;
    if (current !== undefined && current.phase !== 'listening') return current;
    return this.#passive(spec, current?.localPort ?? this.addresses.bindPort, ports);
  }

  #passive(spec: TcpSpec, localPort: number, ports: Ports | undefined): Endpoint {
    const endpoint = this.#add();
    endpoint.phase = 'synReceived';
    endpoint.localPort = ports?.destination || localPort;
    endpoint.remotePort = ports?.source || this.#nextRemotePort++;
    if (ports !== undefined) endpoint.ports = { remote: ports.source, local: ports.destination };
    endpoint.startsRemoteAt(spec.seq.start);
    this.current = endpoint;
    return endpoint;
  }

  #withPorts(remote: number, local: number): Endpoint | undefined {
    return this.#all.findLast(({ ports }) => ports !== undefined && ports.remote === remote && ports.local === local);
  }

  #add(): Endpoint {
    const endpoint = new Endpoint(this.addresses.local, this.addresses.remote);
    this.#all.push(endpoint);
    return endpoint;
  }
}
