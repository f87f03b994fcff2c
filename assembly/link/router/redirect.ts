// A router says that there is a better first hop (RFC 4861 §8): to a destination that is on our link, or over another router.
// Taken from the router alone that we use for that destination now, on interfaces that configure themselves.
//
//   type, code, checksum | reserved u32 | target 16 | destination 16 | options
//
// Those of IPv4 are not taken (ip/icmp): nothing in them tells who sent them, so whoever can guess a destination could have
// our packets (RFC 6274 §6.2.2).

import { isLinkLocal, isUnicast, withZone } from '../../ip/address';
import { incoming } from '../../ip/incoming';
import { choice, route } from '../../ip/route';
import { neighborRouter, neighborSpoke } from '../cache/reach';
import { hardwareIn, TARGET_LINK_LAYER } from '../header';
import { linkAt } from '../state';
import { routeHeard } from './routes';

/** Takes the redirect at `message`. False: not valid (§8.1). */
export function redirectArrives(message: usize, options: usize, end: usize): bool {
  const number = incoming.interface;
  const targetHigh = withZone(load<u64>(message, 8), number);
  const targetLow = load<u64>(message, 16);
  const high = withZone(load<u64>(message, 24), number);
  const low = load<u64>(message, 32);
  if (!isLinkLocal(incoming.fromHigh) || !isUnicast(high, low)) return false;
  const onLink = targetHigh == high && targetLow == low;
  if (!onLink && !isLinkLocal(targetHigh)) return false;
  if (linkAt(number).autoconfigure == 0 || route(high, low) != <i32>number) return true;
  if (choice.nextHopHigh != incoming.fromHigh || choice.nextHopLow != incoming.fromLow) return true;
  const hardware = hardwareIn(options, end, TARGET_LINK_LAYER);
  if (hardware != 0) {
    const neighbor = neighborSpoke(number, targetHigh, targetLow, hardware, true);
    if (neighbor != null && !onLink) neighborRouter(neighbor, true);
  }
  routeHeard(number, high, low, 128, onLink ? 0 : targetHigh, onLink ? 0 : targetLow, METRIC, LIFETIME);
  return true;
}

/** Bytes before the options. */
export const REDIRECTION: u32 = 40;

/** Better than what is known for the same destination. */
const METRIC: u32 = 0;
/** Seconds. The RFC gives none; what holds is said again. */
const LIFETIME: u32 = 600;
