/**
 * From a host to the address to connect to: literals and `localhost` by themselves, every other name by the `lookup`
 * that the program gives. Not for: asking name servers.
 */
import { isIP } from 'node:net';
import type { Destination } from './connect-options.js';
import { failure, nameNotFound, wrongValue } from './errors.js';

/** What came of it; literals are not looked up, and nobody is told of them. */
export type Found =
  | { kind: 'literal'; address: string }
  | { kind: 'name'; address: string; family: number }
  | { kind: 'failed'; error: Error; family?: number | undefined };

/** Calls back later, in any case. */
export function findAddress({ host, family, hints, lookup }: Destination, found: (result: Found) => void): void {
  if (isIP(host) !== 0) {
    process.nextTick(found, { kind: 'literal', address: host });
  } else if (lookup !== undefined) {
    askProgram(host, { family, hints }, lookup, found);
  } else if (host.toLowerCase() === 'localhost') {
    process.nextTick(found, { kind: 'name', address: '127.0.0.1', family: 4 });
  } else {
    process.nextTick(found, { kind: 'failed', error: nameNotFound(host) });
  }
}

function askProgram(
  host: string,
  { family, hints }: Pick<Destination, 'family' | 'hints'>,
  lookup: NonNullable<Destination['lookup']>,
  found: (result: Found) => void,
): void {
  // The stack speaks IPv4; whoever asks for IPv6 gets what the stack says to it.
  lookup(host, { family: family || 4, hints, all: false }, (error, answer, answerFamily) => {
    if (error) {
      found({ kind: 'failed', error, family: answerFamily });
      return;
    }
    const first = Array.isArray(answer) ? (answer.find((entry) => entry.family === 4) ?? answer[0]) : undefined;
    const address = Array.isArray(answer) ? first?.address : answer;
    const kind = isIP(String(address));
    if (address === undefined || kind === 0) {
      found({ kind: 'failed', error: wrongValue('ERR_INVALID_IP_ADDRESS', `Invalid IP address: ${address}`) });
    } else if (family !== 0 && kind !== family) {
      const message = `Invalid address family: ${answerFamily} ${host}`;
      found({ kind: 'failed', error: failure('ERR_INVALID_ADDRESS_FAMILY', message) });
    } else {
      found({ kind: 'name', address, family: kind });
    }
  });
}
