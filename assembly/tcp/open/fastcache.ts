// What a client remembers of servers, for TCP Fast Open (RFC 7413 §4.1.3): their cookies, the size of their segments, and
// when fast open did not go well, for then it is left alone for a while (§4.1.3.1). By address and port: another port may
// lead to another host. 64 sets of 4 servers, of which the one not met for longest gives way.
// Not for: deciding what goes on a SYN (fastconnect.ts).

import { DIALECT_LINUX } from '../../abi/constants';
import { sipHash } from '../../crypto/siphash';
import { takeMemory } from '../../memory/pages';
import { Micros, state } from '../../memory/state';
import { Segment } from '../segment';
import { FAST_OPEN_BARE, Tcb } from '../tcb';

@unmanaged
export class Server {
  high: u64;
  low: u64;
  cookie0: u64;
  cookie1: u64;
  metAt: Micros; // 0: nobody
  avoidUntil: Micros;
  port: u16;
  mss: u16; // 0: not known
  cookieSize: u8; // 0: none
  experimental: u8; // 1: the option goes by its experimental number (RFC 7413 §4.1.1, RFC 6994)
  unanswered: u8; // how often the question for a cookie was not answered
  losses: u8; // of SYNs with data, in a row
}

/** What is known of the server of a connection; null: nothing. `make`: begin to know it. */
export function cachedServer(tcb: Tcb, make: bool): Server | null {
  if (state.fastCache == 0) {
    if (!make) return null;
    state.fastCache = <u32>takeMemory(SETS * WAYS * SERVER);
    if (state.fastCache == 0) return null;
  }
  const hash = <u32>sipHash(state.hashKey0, state.hashKey1, tcb.remoteHigh, tcb.remoteLow, 0, 0, tcb.remotePort);
  const set = <usize>state.fastCache + <usize>((hash % SETS) * WAYS * SERVER);
  let oldest = changetype<Server>(set);
  for (let way: u32 = 0; way < WAYS; way++) {
    const server = changetype<Server>(set + <usize>(way * SERVER));
    if (isOf(server, tcb)) return server;
    if (server.metAt < oldest.metAt) oldest = server;
  }
  if (!make) return null;
  memory.fill(changetype<usize>(oldest), 0, <usize>SERVER);
  oldest.high = tcb.remoteHigh;
  oldest.low = tcb.remoteLow;
  oldest.port = tcb.remotePort;
  oldest.metAt = max<Micros>(state.now, 1);
  return oldest;
}

/** Forgets every server. */
export function tcpFastOpenForget(): void {
  if (state.fastCache != 0) memory.fill(<usize>state.fastCache, 0, <usize>(SETS * WAYS * SERVER));
}

export function avoided(server: Server): bool {
  return state.now < server.avoidUntil;
}

/** What the SYN-ACK says: `carried` bytes went on the SYN, `taken` of them are acknowledged. */
export function noteAnswer(tcb: Tcb, seg: Segment, carried: u32, taken: u32, repeated: bool): void {
  const server = cachedServer(tcb, true);
  if (server == null) return;
  server.metAt = max<Micros>(state.now, 1);
  server.mss = <u16>(seg.mss == 0 ? DEFAULT_MSS : seg.mss);
  if (taken > 0) server.losses = 0;
  const asked = !tcb.has(FAST_OPEN_BARE); // a cookie that comes unasked means nothing
  if (asked && seg.hasFastOpen && seg.cookieSize > 0) keep(server, seg);
  else if (carried > 0 && taken == 0 && !repeated) avoid(server, REFUSED);
  else if (asked && carried == 0 && !repeated && server.cookieSize == 0) unanswered(server);
}

/** A SYN with data was lost, or something on the path takes offence at it. Once may be chance. */
export function noteLoss(tcb: Tcb): void {
  const server = cachedServer(tcb, true);
  if (server == null) return;
  server.losses = <u8>min<u32>(server.losses + 1, MOST_LOSSES);
  if (server.losses > 1) avoid(server, LOST_WAIT << server.losses);
}

/**
 * No cookie for the asking. Linux asks once by the option's experimental number, then by the right one again. Others leave
 * the server alone.
 */
function unanswered(server: Server): void {
  if (state.dialect != DIALECT_LINUX) {
    avoid(server, REFUSED);
    return;
  }
  server.unanswered = <u8>min<u32>(server.unanswered + 1, 2);
  server.experimental = server.unanswered == 1 ? 1 : 0;
}

function keep(server: Server, seg: Segment): void {
  server.cookieSize = <u8>seg.cookieSize;
  server.experimental = <u8>seg.experimental;
  server.cookie0 = 0;
  server.cookie1 = 0;
  memory.copy(changetype<usize>(server) + offsetof<Server>('cookie0'), seg.cookie, seg.cookieSize);
}

function avoid(server: Server, time: Micros): void {
  server.avoidUntil = state.now + time;
}

function isOf(server: Server, tcb: Tcb): bool {
  return (
    server.metAt != 0 && server.low == tcb.remoteLow && server.high == tcb.remoteHigh && server.port == tcb.remotePort
  );
}

const SETS: u32 = 64;
const WAYS: u32 = 4;
const SERVER: u32 = 56;
/** RFC 9293 §3.7.1, for IPv4. */
const DEFAULT_MSS: u32 = 536;
/** FreeBSD's net.inet.tcp.fastopen.path_disable_time. */
const REFUSED: Micros = 900_000_000;
/** A minute, doubled for each loss. */
const LOST_WAIT: Micros = 60_000_000;
const MOST_LOSSES: u32 = 8;
