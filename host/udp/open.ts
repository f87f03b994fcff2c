/**
 * `udpSocket`: from options to a socket. Not for: what it does then (`socket.ts`).
 */
import { ERROR_INVALID, UDP_OPTION_ERRORS, UDP_OPTION_INTERFACE } from '../../assembly/abi/constants.js';
import { type Address, isAny, isElsewhere, isIPv4, onLink, parseAddress } from '../core/address.js';
import { nameFailure } from '../socket/errors.js';
import { resolve } from '../socket/options.js';
import type { Endpoint } from './endpoint.js';
import type { Endpoints } from './endpoints.js';
import { bindFailure, callFailure } from './errors.js';
import { type ParsedOptions, parseOptions } from './options.js';
import { UdpSocket } from './socket.js';

/**
 * @throws TypeError at once, for options that mean nothing. The promise is rejected with a SocketError when the address can't be
 * had, or leads nowhere.
 */
export function openSocket(endpoints: Endpoints, options: unknown): Promise<UdpSocket> {
  const parsed = parseOptions(options);
  return open(endpoints, parsed);
}

async function open(endpoints: Endpoints, options: ParsedOptions): Promise<UdpSocket> {
  const { hostname, port, connect } = options;
  const named = await addressOf(endpoints, hostname);
  // Nothing that comes to such an address comes in there.
  if (isElsewhere(named, options.interface)) throw bindFailure(ERROR_INVALID, hostname, port);
  const address = onLink(named, options.interface);
  const peer = connect && (await addressOf(endpoints, connect.hostname));
  const endpoint = endpoints.open(localFor(address, peer, hostname), port, options.flags);
  if (typeof endpoint === 'number') throw bindFailure(endpoint, hostname, port);
  try {
    prepare(endpoint, options);
    if (connect !== undefined && peer !== undefined) {
      const answer = endpoint.connect(peer, connect.port);
      if (answer < 0) throw callFailure(answer, 'connect', { address: connect.hostname, port: connect.port });
    }
    return new UdpSocket(endpoint, options);
  } catch (error) {
    endpoint.close();
    throw error;
  }
}

function prepare(endpoint: Endpoint, options: ParsedOptions): void {
  const { receiveBuffer, interface: number } = options;
  endpoint.setOption(UDP_OPTION_ERRORS, 1);
  const answers = [
    receiveBuffer === undefined ? 0 : endpoint.setReceiveBuffer(receiveBuffer),
    number === 0 ? 0 : endpoint.setOption(UDP_OPTION_INTERFACE, number),
  ];
  const failed = answers.find((answer) => answer < 0);
  if (failed !== undefined) throw callFailure(failed, 'setsockopt');
}

/** Literals and `localhost` by themselves, other names by the stack's resolver. */
async function addressOf({ port }: Endpoints, hostname: string): Promise<Address> {
  const literal = resolve(hostname);
  if (literal !== undefined) return literal;
  const { address } = await port.resolver().lookup(hostname);
  const found = parseAddress(address);
  if (found === undefined) throw nameFailure(hostname);
  return found;
}

/** Bun's default is every IPv4 address; who connects to an IPv6 one without saying from where means every IPv6 one. */
function localFor(address: Address, peer: Address | undefined, hostname: string): Address {
  const unsaid = hostname === '0.0.0.0' && isAny(address);
  return unsaid && peer !== undefined && !isIPv4(peer) ? new Uint8Array(address.length) : address;
}
