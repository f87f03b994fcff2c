// ICMP errors about datagrams of ours (RFC 1122 §4.1.3.3): which socket is told, and how. `quote` (ip/incoming.ts) has the
// datagram that the error is about. Not for: path MTUs, which belong to the destination and not to a socket.

import { ERROR_AGAIN, ERROR_STALE_HANDLE, UDP_ERROR } from '../abi/constants';
import { quote } from '../ip/incoming';
import { RESULT_BASE, setResult } from '../memory/map';
import { raise } from './events';
import { destinationPort, sourcePort, UDP_HEADER } from './header';
import { ALL_ERRORS, socketFind } from './socket';
import { tableFind } from './table';

/**
 * An error quotes a datagram. Answers whether a socket can have sent it. A connected socket hears of errors that will not pass by
 * themselves, as everywhere; one that asked for them (UDP_OPTION_ERRORS) hears of all.
 */
export function udpErrorArrives(): bool {
  if (quote.size < UDP_HEADER) return false;
  const port = destinationPort(quote.transport);
  const socket = tableFind(quote.fromHigh, quote.fromLow, sourcePort(quote.transport), quote.toHigh, quote.toLow, port);
  if (socket == null) return false;
  if (!socket.has(ALL_ERRORS) && !(socket.connected && quote.hard != 0)) return true;
  socket.error = quote.error;
  socket.errorHigh = quote.toHigh;
  socket.errorLow = quote.toLow;
  socket.errorPort = port;
  socket.errorMtu = quote.mtu;
  raise(socket, UDP_ERROR);
  return true;
}

/**
 * Takes the error that waits: answers ERROR_*, ERROR_AGAIN when there is none. result[0..3] where the datagram should have gone,
 * [4] to which port, [5] the MTU of which ERROR_MESSAGE_SIZE speaks.
 */
export function udpError(handle: u32): i32 {
  const socket = socketFind(handle);
  if (socket == null) return ERROR_STALE_HANDLE;
  const error = socket.error;
  if (error == 0) return ERROR_AGAIN;
  socket.error = 0;
  store<u64>(RESULT_BASE, socket.errorHigh);
  store<u64>(RESULT_BASE + 8, socket.errorLow);
  setResult(4, socket.errorPort);
  setResult(5, socket.errorMtu);
  return error;
}
