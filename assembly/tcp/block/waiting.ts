// How long a connection has waited for its peer, and how long its user lets it: the user timeout (RFC 9293 §3.9.1, §3.10.8;
// RFC 5482, whose option we do not exchange). Without one, R2 says when to give up (tcp/timers.ts).

import { Micros, NEVER, state } from '../../memory/state';
import { Tcb } from '../tcb';
import { userTimeout } from './rare';

/** From now on something is outstanding, or the window is shut before something; unless that is so already. */
export function waitBegins(tcb: Tcb): void {
  if (tcb.waitsSince == 0) tcb.waitsSince = max<Micros>(state.now, 1);
}

/** The peer has taken something; `all`: it waits for nothing more. */
export function waitProgresses(tcb: Tcb, all: bool): void {
  tcb.waitsSince = all ? 0 : max<Micros>(state.now, 1);
}

/** When the user's patience ends; NEVER: the user has set no bound, or nothing is waited for. */
export function waitDeadline(tcb: Tcb): Micros {
  const patience = userTimeout(tcb);
  return patience == 0 || tcb.waitsSince == 0 ? NEVER : tcb.waitsSince + <Micros>patience * 1_000;
}
