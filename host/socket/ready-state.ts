/**
 * `readyState`: the phase of the *object*, not of the control block; the core may still linger in FIN-WAIT or TIME-WAIT
 * when the object is closed. The only table of its values. Not for: the state of the connection (`assembly/tcp/`).
 */
export type ReadyState = -2 | -1 | 0 | 1 | 2;

export type Phase =
  /** SYN sent. */
  | 'connecting'
  /** From the `open` handler on: established, paused, under backpressure, half-closed by the peer. */
  | 'open'
  /** After our `end` or `shutdown`, until `close`. */
  | 'shutdown'
  /** Inside the `close` handler and for ever after. */
  | 'closed'
  /** Never connected. */
  | 'detached';

export const READY_STATE: Readonly<Record<Phase, ReadyState>> = {
  connecting: 2,
  open: 1,
  shutdown: -2,
  closed: 0,
  detached: -1,
};
