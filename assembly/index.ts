// The contract between host and core: every export, one line each. `host/core/core.ts` is its typed other side.
//
//   input → ip/input → tcp/input → arrives → acknowledge | receive | close      (reads; sends nothing)
//   output → tcp/send → emit → ip/output → transmit queue                     (writes what is owed)
//
// Integers and addresses only. `now` is in milliseconds on the stack's clock, with a fraction, and never goes back.
// A call without it happens at the moment of the last call that gave one. A handle is positive; a negative answer is one
// of ERROR_*. "result[n]" is the n-th u32 of the result area.
// Not for: any logic.

// Life. `initialize` seeds the secrets from `random_get`; call it once, first.
export { initialize, counter } from './core';
export { configure, setting } from './memory/settings';

// Where host and core meet in memory.
export { receiveDescriptors, receiveArena, receiveArenaEnd, resultArea } from './memory/map';

// Interfaces. `interfaceAdd(mtu, offloads, link)` answers its number; of LINK_ETHERNET its address is at result[0..1].
export { interfaceAdd } from './ip/interface';
// Addresses: `addressAdd(interface, prefixLength, flags)`, `addressRemove(interface)` of the address at result[0..3];
// `addressShow(index)`. Prefix lengths are of 128 bits here and below; result[0..3] as everywhere.
export { addressAdd, addressRemove, addressShow } from './ip/configure';
// Routes: `routeAdd(interface, prefixLength, metric)`, `routeRemove(interface, prefixLength)` of the network at result[0..3] over
// the gateway at result[4..7]; `routeShow(index)`.
export { routeAdd, routeRemove, routeShow } from './ip/route';
// `sourceShow()` puts in the place of the destination at result[0..3] the address that packets to it leave with; 0: none.
export { sourceShow } from './ip/source';

// The link, of Ethernet interfaces. `interfaceOption(interface, option, value)` sets INTERFACE_*. `neighborShow(from)` answers the
// place behind the next neighbour, 0 when there is none: result[0..3] address, [4] interface, [5..6] its hardware address, [7]
// NEIGHBOR_*, [8] 1: a router. `addressGeneration()` is another number whenever addresses have changed, or what routers say about
// names: `routerServer(interface, index)` answers 1 and the server at result[0..3], `routerDomain(interface, index)` the bytes of
// the domain at the address result[0]; 0 behind the last.
export { addressGeneration, interfaceOption } from './link/state';
export { neighborShow } from './link/show';
export { routerDomain, routerServer } from './link/router/names';

// Packets. `input(count, now)` takes `count` filled descriptors and what waits on loopback. `output(now)` answers how
// many packets loopback still holds. `transmitQueue(interface)` is the address of {head u32, count u32, descriptors};
// `transmitDone(interface, count)` gives back the first `count` packets.
export { input, output } from './core';
export { transmitQueue, transmitDone } from './ip/transmit';

// Time. `timersExpire(now)`; `nextDeadline()` is in milliseconds, Infinity when nothing is pending; never late.
export { timersExpire, nextDeadline } from './core';

// Events. `readyNext()` answers the handle of the next connection with events, 0 when there is none;
// result[0] = EVENT_* bits, result[1] = handle of its listener when it was accepted, else 0.
// `readyPeek()` answers how many handles of the next ones, BATCH_LIMIT at the most, it has put at result[0] and behind it.
// `readyLists()` is the address of four u32, for a look that costs less than a call: the first and the last connection of that
// list, the first UDP socket with events, the first that waits for room to send; 0: none. The host does not write there.
export { readyNext } from './core';
export { readyLists } from './memory/state';
export { readyPeek } from './tcp/block/ready';

// TCP connections. `tcpConnect(remotePort, localPort)` takes the remote address from result[0..3] and the
// local one from result[4..7] (zero: chosen).
export { tcpConnect } from './tcp/open/connect';
// `tcpFastOpenKey()` makes cookies by the key at result[0..3]; `tcpFastOpenForget()` forgets those of all servers.
export { tcpFastOpenKey } from './tcp/open/fastopen';
export { tcpFastOpenForget } from './tcp/open/fastcache';
// `tcpListen(port, backlog, flags)` takes the local address from result[0..3] (`::`: any); result[0] = the port in use.
export { tcpListen, tcpListenerClose } from './tcp/open/listen';
// `tcpListenerOption(handle, option, value)` sets LISTENER_*. Where connections wait (LISTENER_QUEUE), `tcpAccept(handle)`
// answers the handle of the next one, 0 when there is none, and `tcpAcceptable(handle)` how many there are; what
// happened to it meanwhile follows by `readyNext`.
export { tcpListenerOption } from './tcp/open/listen';
export { tcpAccept, tcpAcceptable } from './tcp/open/accept';
// `tcpSendReserve(handle, wanted)` answers how many bytes may be put at result[0], 0 when the buffer is full (then
// EVENT_DRAIN follows); `tcpSendCommit(handle, length)` sends them.
export { tcpSendReserve, tcpSendCommit, tcpFlush } from './tcp/calls';
// `tcpUrgent(handle)` marks what is queued as urgent; `tcpUrgentLeft(handle)` answers how many bytes up to the peer's mark
// are still to be taken (RFC 9293 §3.8.5).
export { tcpUrgent, tcpUrgentLeft } from './tcp/calls';
// `tcpReceive(handle, limit)` takes in-order bytes: answers how many; result[0] = bytes left, [1] = pieces, then address
// and length of each. They stay valid until the next call of `input`, `output` or `timersExpire`.
export { tcpReceive } from './tcp/calls';
// `tcpPeek` is the same without taking. `tcpQueues(handle)` answers STATE_*; result[0] = bytes not received, [1] = not
// acknowledged, [2] = not sent, [3] = what the send buffer holds at most, [4] = 1 once the peer's FIN is reached, [5] = what the receive buffer holds, [6] = what goes out together.
// `tcpRecordEnd(handle)`: no segment carries bytes from both sides of the end of what is queued.
export { tcpPeek, tcpQueues, tcpRecordEnd } from './tcp/block/queues';
// `tcpShutdown` queues a FIN; `tcpAbort` resets; `tcpRelease` leaves the connection to itself: what was sent is still
// delivered, what arrives from now on is answered with RST. The handle is dead after `tcpRelease`.
export { tcpShutdown, tcpAbort, tcpRelease } from './tcp/calls';
export { tcpSetOption, tcpSetTimeout } from './tcp/calls';
// `tcpSoftError`: the trouble of a connection that lives on, as ICMP or repeated silence tell it.
export { tcpSoftError } from './tcp/calls';
// `tcpEndpoints`: result[0..3] local address, [4..7] remote address, [8] local port, [9] remote port.
export { tcpState, tcpError, tcpEndpoints } from './tcp/calls';
// `tcpInfo(handle)` and `tcpListenerInfo(handle)`: result[0..61] = Linux's `struct tcp_info`.
export { tcpInfo, tcpListenerInfo } from './tcp/observe/info';
// `tcpNext(handle)`: the live connection after this one (0: the first one), 0 at the end.
export { tcpNext } from './tcp/observe/info';

// Records of TLS, on the rings of a TCP connection, or, for `tlsNew(0)`, on rings of their own.
export { tlsNew, tlsFree, tlsOption } from './tls/state';
// `tlsKeys(handle, direction, cipher)` takes the key from result[0..7], the static nonce from [8..10], and wipes them there.
export { tlsKeys } from './tls/seal';
// Own rings. `tlsReserve(handle, wanted)` answers how many bytes of ciphertext may be put at result[0], `tlsCommit(handle,
// length)` hands them over; `tlsTake(handle, limit)` takes what is to go out, as `tcpReceive`.
export { tlsReserve, tlsCommit, tlsTake, tlsBacklog } from './tls/streams';
// `tlsOpen(handle, limit)` answers the type of the records opened, 0: none is whole; the result area as after `tcpReceive`.
// A record that breaks a rule: TLS_ALERT_BASE − the alert; result[0] = TLS_FAULT_*, [1..2] = its header.
export { tlsOpen } from './tls/open';
// `tlsSealReserve(handle, type, wanted)` answers how many bytes of plaintext may be put at result[0]; `tlsSealCommit(handle,
// type, length)`, the next call, makes a record of them. `tlsSealsLeft(handle)`: how many more the keys may seal.
export { tlsSealReserve, tlsSealCommit, tlsSealsLeft } from './tls/seal';

// UDP sockets. `udpOpen(port, flags)` takes the local address from result[0..3] (`::` any, 0.0.0.0 any of IPv4), answers the
// handle; result[0] = the port. `udpConnect(handle, port)` takes the peer's address from result[0..3]; port 0: no peer any more.
export { udpOpen, udpConnect, udpClose, udpOption } from './udp/calls';
// `udpEndpoints(handle)`: result[0..3] local address, [4..7] the peer's, [8] local port, [9] the peer's, [10] bytes held, [11]
// datagrams dropped. `udpNext(handle)`: the socket after this one (0: the first one), 0 at the end.
// `udpInterfaceOf()`: the interface that has the address at result[0..3], -1: none.
export { udpEndpoints, udpInterfaceOf } from './udp/calls';
export { udpNext } from './udp/socket';
// `udpSendReserve(handle, port, length)` takes the destination from result[0..3] (port 0: the peer): 1, and the data goes to
// result[0]; 0 when there is no room (then UDP_DRAIN follows). `udpSendCommit(handle)`, the next call, sends it, with the same answers.
export { udpSendReserve, udpSendCommit } from './udp/send';
// `udpReadyNext()` answers the handle of the next socket with events, 0 when there is none; result[0] = UDP_*.
export { udpReadyNext } from './udp/events';
// `udpReceive(handle)` takes a datagram: its length, ERROR_AGAIN when there is none; result[0..3] from, [4..7] to, [8] port it came
// from, [9] interface, [10] hops left, [11] DS field, [12] address of its bytes, which are there until the next call.
export { udpReceive } from './udp/receive';
// `udpError(handle)` takes what ICMP says: ERROR_*, ERROR_AGAIN for nothing; result[0..3] and [4] where the datagram should have gone,
// [5] the MTU of which ERROR_MESSAGE_SIZE speaks.
export { udpError } from './udp/errors';
// `udpMembership(handle, interface, join)`: the group at result[0..3], for the source at result[4..7] (zero: every one); interface is a
// number + 1, 0: chosen.
export { udpMembership } from './udp/membership';

// ICMP echo. `icmpEcho(sequence, length, lifetime)` sends a request to result[0..3]. `icmpEchoNext()` answers 1 for each
// answer taken: result[0..3] who sent it, [4] sequence, [5] bytes of data, [6] TTL, [7] type, [8] code, [9] MTU, [10] 0 for
// a reply, else ERROR_*, [12..15] whom the request was for.
export { icmpEcho } from './ip/icmp/echo';
export { icmpEchoNext } from './ip/icmp/answers';

// Trace. `traceTake()` answers how many records stand at result[0]; result[1] = dropped since the last call.
export { traceEnable, traceTake } from './trace/trace';
