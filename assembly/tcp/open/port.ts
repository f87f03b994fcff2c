// Ephemeral ports: simple hash-based selection (RFC 6056 §3.3.3). The sequence differs for each destination and cannot
// be told from outside, and a port comes again as late as possible.

import { sipHash } from '../../crypto/siphash';
import { Ends } from '../../memory/ends';
import { ownPort, ownPorts } from '../../memory/share';
import { state } from '../../memory/state';
import { tableFind } from '../table';
import { listenerCollides, listenerFor } from './listener';

/** A free local port for a connection between two addresses; 0 when every one is taken. */
export function ephemeralPort(ends: Ends, remotePort: u32): u32 {
  const fromHigh = ends.fromHigh;
  const fromLow = ends.fromLow;
  // SYNs from there would cross with themselves, and open the connection (RFC 9293 §3.5) where nobody listens.
  const itself = fromHigh == ends.toHigh && fromLow == ends.toLow ? remotePort : 0;
  const offset = <u32>sipHash(state.isnKey1, state.isnKey0, fromHigh, fromLow, ends.toHigh, ends.toLow, remotePort);
  for (let tried: u32 = 0; tried < ownPorts(); tried++) {
    const port = ownPort(offset + state.ephemeralNext++);
    if (port == itself) continue;
    // A port that someone listens on would make its next caller meet this connection instead.
    if (listenerFor(fromHigh, fromLow, port) != null) continue;
    if (tableFind(ends, port, remotePort) == null) return port;
  }
  return 0;
}

/** A free port for a listener that leaves the choice to us; 0 when every one is taken. */
export function listeningPort(high: u64, low: u64, ipv6Only: u32): u32 {
  const offset = <u32>sipHash(state.isnKey1, state.isnKey0, high, low, 0, 0, 0);
  for (let tried: u32 = 0; tried < ownPorts(); tried++) {
    const port = ownPort(offset + state.ephemeralNext++);
    if (!listenerCollides(high, low, port, ipv6Only)) return port;
  }
  return 0;
}
