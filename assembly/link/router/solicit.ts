// Asking for routers (RFC 4861 §6.3.7) until one is there, ever more rarely (RFC 7559): a network whose router was late is
// still found. Not for: what they answer (router/advertisement.ts).

import { ADDRESS_TENTATIVE } from '../../abi/constants';
import { randomBelow } from '../../crypto/random';
import { wakeAt } from '../../memory/deadlines';
import { Micros, NEVER, state } from '../../memory/state';
import { linkAt, OWES_SOLICITATIONS, owe } from '../state';
import { linkLocalOf } from './autoconfigure';
import { hasRouter } from './routes';

/** Goes on with every interface that configures itself. */
export function routersSolicit(): void {
  for (let number: u32 = 1; number < state.interfaceCount; number++) {
    const entry = linkAt(number);
    if (entry.autoconfigure == 0) continue;
    // Begun with the link-local address, and again when the last router has gone.
    if (
      entry.solicitAt == NEVER &&
      !hasRouter(number) &&
      isReady(number) &&
      (entry.advertised == 1 || entry.solicits == 0)
    ) {
      entry.advertised = 0;
      entry.solicitInterval = 0;
      entry.solicitAt = state.now + <Micros>randomBelow(MAX_RTR_SOLICITATION_DELAY);
    }
    if (entry.solicitAt <= state.now) {
      entry.solicits = <u8>min<u32>(entry.solicits + 1, 255);
      entry.owes = 1;
      owe(OWES_SOLICITATIONS);
      entry.solicitInterval = backOff(entry.solicitInterval);
      entry.solicitAt = state.now + <Micros>entry.solicitInterval * 1000;
    }
    wakeAt(entry.solicitAt);
  }
}

function isReady(number: u32): bool {
  const address = linkLocalOf(number);
  return address != null && !address.has(ADDRESS_TENTATIVE);
}

/** RFC 7559 §2, RFC 8415 §15: twice as long as before, a tenth more or less, an hour at most. In milliseconds. */
function backOff(before: u32): u32 {
  if (before == 0) return spread(RTR_SOLICITATION_INTERVAL);
  const next = before + spread(before);
  return next > LONGEST ? spread(LONGEST) : next;
}

function spread(base: u32): u32 {
  return base - base / 10 + randomBelow(base / 5 + 1);
}

/** Microseconds. */
const MAX_RTR_SOLICITATION_DELAY: u32 = 1_000_000;
/** Milliseconds. */
const RTR_SOLICITATION_INTERVAL: u32 = 4_000;
const LONGEST: u32 = 3_600_000;
