/**
 * `writeAll`: for programs that want their bytes sent rather than answers of how many were taken. Not for: the waiting
 * itself (`backlog.ts`).
 */
import { wrongType } from '../errors.js';
import { type Payload, parsePayload } from '../payload.js';
import { Socket } from '../socket.js';
import { OutputMembers } from './members.js';

/**
 * Sends all of `data`, however large. Calls on one socket keep their order, and `end` comes behind them; until then
 * `write` answers 0. Nothing is copied: leave the bytes alone until the promise is resolved.
 * @param data a string (UTF-8), buffer or view
 * @returns resolved when the socket has taken all of it, which is before the peer has it
 * @throws TypeError at once, for arguments that mean nothing
 */
export function writeAll<Data>(socket: Socket<Data>, data: Payload): Promise<void> {
  if (!(socket instanceof Socket)) throw wrongType('The "socket" argument must be a Socket');
  if (data === undefined) throw wrongType('The "data" argument is missing');
  const payload = parsePayload(data, undefined, undefined);
  return OutputMembers.output.writeAll(socket, payload);
}
