/** What a name that did not become an address is told with: the errors of getaddrinfo, with a reason and advice. */
import { nameFailure, type SocketError } from '../socket/errors.js';

/** The name does not exist, or has no address of the family that was asked for. */
export function notFound(hostname: string): SocketError {
  return nameFailure(hostname);
}

/** Nobody could say. @param cause what became of each server */
export function tryAgain(hostname: string, cause: Error): SocketError {
  return Object.assign(nameFailure(hostname, { code: 'EAI_AGAIN' }), { cause });
}

/** Nobody can be asked. */
export function noServers(hostname: string): SocketError {
  const cause = new Error('the stack knows no name server');
  const error = nameFailure(hostname, { code: 'EAI_AGAIN', advice: NO_SERVERS });
  return Object.assign(error, { cause });
}

const NO_SERVERS =
  "This stack knows no name server: give `createStack` the option `dns: { servers: ['10.0.0.53'] }`, or `hosts`, or an IP address.";
