/**
 * `writeAll`: for programs that want their bytes sent rather than answers of how many were taken. Not for: the waiting
 * itself (`output.ts`).
 */
import { wrongType } from '../errors.js';
import { type Payload, parsePayload } from '../payload.js';
import { READY_STATE } from '../ready-state.js';
import { Socket } from '../socket.js';

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
  const { transport, output } = Socket.inner(socket as Socket<unknown>);
  return output.writeAll(socket.readyState === READY_STATE.open ? transport : undefined, payload);
}
