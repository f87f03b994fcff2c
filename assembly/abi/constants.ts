// Literals read by BOTH compilers: `asc` (the core) and `tsc` (the host). Nothing here is written twice.
// Only literals without type annotations may stand in this file.
// Not for: anything computed, or known to one side only.

// Connection states, RFC 9293 §3.3.2.
export const STATE_CLOSED = 0;
export const STATE_LISTEN = 1;
export const STATE_SYN_SENT = 2;
export const STATE_SYN_RECEIVED = 3;
export const STATE_ESTABLISHED = 4;
export const STATE_FIN_WAIT_1 = 5;
export const STATE_FIN_WAIT_2 = 6;
export const STATE_CLOSE_WAIT = 7;
export const STATE_CLOSING = 8;
export const STATE_LAST_ACK = 9;
export const STATE_TIME_WAIT = 10;

// Events of a connection, one bit each. The host delivers them from the lowest bit to the highest.
export const EVENT_OPEN = 1; // the three-way handshake is complete
export const EVENT_DATA = 2; // in-order bytes wait to be received
export const EVENT_DRAIN = 4; // room in the send buffer after a short send
export const EVENT_END = 8; // the peer's FIN has been reached; no more data will come
export const EVENT_TIMEOUT = 16; // the timer set by `tcpSetTimeout` fired
export const EVENT_CLOSED = 32; // both directions are finished, or the connection failed: see `tcpError`
export const EVENT_SOFT_ERROR = 64; // trouble that ends nothing, for who asks by OPTION_SOFT_ERRORS: see `tcpSoftError`
export const EVENT_URGENT = 128; // the peer marks urgent bytes ahead of what was taken: see `tcpUrgentLeft`

// What a call can answer besides success. Negative, so that a count or a handle can share the return value.
// The numbers are Linux's errno values; `host/socket/errors.ts` turns them into words.
export const ERROR_AGAIN = -11; // EAGAIN: there is nothing to take
export const ERROR_ACCESS = -13; // EACCES
export const ERROR_NO_DEVICE = -19; // ENODEV: no interface leads to a group
export const ERROR_INVALID = -22; // EINVAL
export const ERROR_PIPE = -32; // EPIPE: the send side is shut
export const ERROR_MESSAGE_SIZE = -90; // EMSGSIZE: no packet or fragments can hold it
export const ERROR_ADDRESS_IN_USE = -98; // EADDRINUSE
export const ERROR_ADDRESS_NOT_AVAILABLE = -99; // EADDRNOTAVAIL
export const ERROR_NO_NETWORK = -64; // ENONET: the host is cut off from its network
export const ERROR_PROTOCOL = -71; // EPROTO: somebody on the way did not understand our packets
export const ERROR_DESTINATION_REQUIRED = -89; // EDESTADDRREQ
export const ERROR_PROTOCOL_OPTION = -92; // ENOPROTOOPT: the host does not speak TCP
export const ERROR_NOT_SUPPORTED = -95; // EOPNOTSUPP: a source route failed
export const ERROR_NETWORK_UNREACHABLE = -101; // ENETUNREACH
export const ERROR_CONNECTION_ABORTED = -103; // ECONNABORTED
export const ERROR_CONNECTION_RESET = -104; // ECONNRESET
export const ERROR_NO_BUFFERS = -105; // ENOBUFS: a stated limit is reached
export const ERROR_NOT_CONNECTED = -107; // ENOTCONN
export const ERROR_TIMED_OUT = -110; // ETIMEDOUT
export const ERROR_CONNECTION_REFUSED = -111; // ECONNREFUSED
export const ERROR_HOST_DOWN = -112; // EHOSTDOWN: nobody knows the host
export const ERROR_HOST_UNREACHABLE = -113; // EHOSTUNREACH
export const ERROR_STALE_HANDLE = -77; // EBADFD: the handle names nothing that lives

// Options of a connection, `tcpSetOption`. Times in milliseconds.
export const OPTION_NO_DELAY = 1; // 1: Nagle off (RFC 9293 §3.7.4)
export const OPTION_KEEP_ALIVE = 2; // 1: keep-alive on (RFC 9293 §3.8.4)
export const OPTION_KEEP_IDLE = 3;
export const OPTION_KEEP_INTERVAL = 4;
export const OPTION_KEEP_COUNT = 5;
export const OPTION_PAUSED = 6; // 1: no EVENT_DATA; bytes wait in the receive ring, the window closes
export const OPTION_DISCARD = 7; // 1: incoming bytes are acknowledged and thrown away (shutdown of the read half)
export const OPTION_REFUSE = 8; // REFUSE_*: nobody will read; what waits or still comes is answered with RST, behind what was accepted for sending
export const OPTION_CONGESTION = 9; // CONGESTION_*
export const OPTION_DIFFSERV = 10; // the Differentiated Services field; its lowest two bits are ECN's (RFC 9293 §3.9.1.9)
export const OPTION_TIME_TO_LIVE = 11; // of what the connection sends (RFC 9293 §3.9.2)
export const OPTION_MSS = 12; // the largest segment either way, 88 to 32767; 0: no bound. Announced when it is set before the SYN leaves
export const OPTION_MTU_DISCOVER = 13; // MTU_DISCOVER_*
export const OPTION_SEND_BUFFER = 14; // a size in bytes that tuning leaves alone; 0: tuned
export const OPTION_RECEIVE_BUFFER = 15; // likewise; before the SYN has gone it sets the window scale too
export const OPTION_FAST_OPEN = 16; // OPEN_*, before the SYN has gone: answers how many bytes of data it now waits for (RFC 7413 §4.2); 0: it does not
export const OPTION_CORK = 20; // 1: a segment that is not full waits for more, or for a retransmission timeout
export const OPTION_MORE = 21; // 1: as OPTION_CORK, for the output that follows
export const OPTION_SOFT_ERRORS = 25; // 1: EVENT_SOFT_ERROR tells of ICMP errors, and of the third retransmission in a row
export const OPTION_BURSTS = 26; // 1: a SEND may exceed the send buffer by what goes out together, as on Linux
export const OPTION_SYN_RETRIES = 22; // instead of SETTING_SYN_RETRIES; 0: not instead
export const OPTION_FIN_WAIT_2 = 23; // instead of SETTING_FIN_WAIT_2; 0: not instead
export const OPTION_USER_TIMEOUT = 24; // instead of SETTING_USER_TIMEOUT; 0: not instead

// Options of a listener, `tcpListenerOption`. Times in milliseconds.
export const LISTENER_BACKLOG = 1; // bound of its SYN queue, and of its accept queue
export const LISTENER_QUEUE = 2; // 1: connections wait on its accept queue for `tcpAccept`; 0: `readyNext` hands them out
export const LISTENER_DEFER_ACCEPT = 3; // a connection is kept from the user until data comes, for so long; 0: not at all
export const LISTENER_DIFFSERV = 4; // OPTION_DIFFSERV of its connections
export const LISTENER_TIME_TO_LIVE = 5; // OPTION_TIME_TO_LIVE
export const LISTENER_MSS = 6; // OPTION_MSS
export const LISTENER_MTU_DISCOVER = 7; // OPTION_MTU_DISCOVER
export const LISTENER_SEND_BUFFER = 8; // OPTION_SEND_BUFFER of its connections
export const LISTENER_RECEIVE_BUFFER = 9; // OPTION_RECEIVE_BUFFER
export const LISTENER_FAST_OPEN = 10; // how many connections may have brought data on their SYN and wait for its ACK (RFC 7413 §5.1); 0: none

// Events of a UDP socket, one bit each, `udpReadyNext`. The host delivers them from the lowest bit to the highest.
export const UDP_ERROR = 1; // ICMP says that a datagram did not arrive: see `udpError`
export const UDP_DATA = 2; // datagrams wait to be received
export const UDP_DRAIN = 4; // there is room again after a send for which there was none

// Flags of a UDP socket beside BIND_*, `udpOpen`.
export const UDP_REUSE_ADDRESS = 2; // others that say so too may have the same port; each hears groups, the newest hears the rest
export const UDP_REUSE_PORT = 4; // the same, and datagrams are shared among them by who sends them

// Options of a UDP socket, `udpOption`.
export const UDP_OPTION_BROADCAST = 1; // 1: it may send to broadcast addresses
export const UDP_OPTION_TIME_TO_LIVE = 2;
export const UDP_OPTION_MULTICAST_TIME_TO_LIVE = 3; // 1 at first (RFC 1112 §6.1); 0: no further than this host
export const UDP_OPTION_MULTICAST_LOOPBACK = 4; // 1, at first: what goes to groups that we are in comes to us, too
export const UDP_OPTION_MULTICAST_INTERFACE = 5; // number of the interface for groups, + 1; 0: by the route
export const UDP_OPTION_SERVICE = 6; // the Differentiated Services field and ECN's two bits
export const UDP_OPTION_RECEIVE_BUFFER = 7; // instead of SETTING_UDP_RECEIVE_BUFFER
export const UDP_OPTION_ERRORS = 8; // 1: every ICMP error is told, of connected sockets and of others
export const UDP_OPTION_INTERFACE = 9; // the only interface that it uses; 0: any

// Settings of a whole stack, `configure`; defaults and bounds stand in assembly/memory/settings.ts. Times in milliseconds.
export const SETTING_SEND_BUFFER = 1; // bytes a connection may hold for sending
export const SETTING_RECEIVE_BUFFER = 2; // bytes a connection may hold for the reader; the window's upper bound
export const SETTING_MEMORY_LIMIT = 3; // bytes of linear memory that buffers and pools may take in all
export const SETTING_CONNECTION_LIMIT = 4; // control blocks in all states
export const SETTING_MSL = 5; // maximum segment lifetime (RFC 9293 §3.4.2)
export const SETTING_SYN_RETRIES = 6; // retransmissions of a SYN before ETIMEDOUT
export const SETTING_DATA_RETRIES = 7; // R2: retransmissions of data before ETIMEDOUT (RFC 9293 §3.8.3)
export const SETTING_CONGESTION = 8; // CONGESTION_* of new connections
export const SETTING_SYN_ACK_RETRIES = 9; // retransmissions of a SYN-ACK before the connection is forgotten
export const SETTING_ORPHAN_RETRIES = 10; // R2 of connections that no user holds
export const SETTING_ORPHAN_LIMIT = 11; // connections that no user holds; beyond it they are reset
export const SETTING_FIN_WAIT_2 = 12; // how long FIN-WAIT-2 lasts when no user holds the connection
export const SETTING_INITIAL_WINDOW = 13; // segments (RFC 6928); 0: the formula of RFC 6928 §2
export const SETTING_ACK_DELAY = 14; // RFC 9293 §3.8.6.3 MUST-40
export const SETTING_QUICK_ACKS = 15; // segments at the beginning that are acknowledged at once
export const SETTING_RTO_MINIMUM = 16; // RFC 6298 §2.4
export const SETTING_RTO_INITIAL = 17; // RFC 6298 §2.1
export const SETTING_TIMESTAMPS = 18; // 1: offered and accepted (RFC 7323 §3)
export const SETTING_WINDOW_SCALING = 19; // 1: offered and accepted (RFC 7323 §2)
export const SETTING_SACK = 20; // 1: offered and accepted (RFC 2018)
export const SETTING_ECN = 21; // 0: never; 1: asked for and accepted; 2: accepted (RFC 3168)
export const SETTING_FAST_OPEN = 22; // FAST_OPEN_* bits (RFC 7413)
export const SETTING_SYN_COOKIES = 23; // 0: never; 1: when a SYN queue is full; 2: always (RFC 4987 §3.6)
export const SETTING_IDLE_RESTART = 24; // 1: the window starts over after a pause (RFC 5681 §4.1)
export const SETTING_TAIL_PROBE = 25; // 1: tail loss probes (RFC 8985 §7)
export const SETTING_DUPLICATE_THRESHOLD = 26; // segments (RFC 5681 §3.2)
export const SETTING_MTU_PROBING = 27; // 0: never; 1: once a black hole is suspected; 2: always (RFC 4821)
export const SETTING_BASE_MSS = 28; // where probing starts (RFC 4821 §7.2)
export const SETTING_PACING = 29; // 1: segments of a window are spread over the round trip
export const SETTING_DIALECT = 30; // DIALECT_*: whose ways the stack has where RFCs leave a choice
export const SETTING_SEND_BUFFER_INITIAL = 31; // where tuning starts
export const SETTING_RECEIVE_BUFFER_INITIAL = 32; // where tuning starts
export const SETTING_STRICT_RESET = 33; // 1: a RST counts at RCV.NXT only (RFC 5961 §3); 0: anywhere in the window
export const SETTING_STRICT_SYN = 34; // 1: a SYN in the window earns a challenge ACK (RFC 5961 §4); 0: it resets
export const SETTING_DROP_SYN_FIN = 35; // 1: a SYN that carries a FIN is dropped
export const SETTING_USER_TIMEOUT = 36; // of new connections; 0: none (RFC 9293 §3.9.1, RFC 5482)
export const SETTING_STATISTICS = 37; // 1: new connections count what they do, for `tcpInfo`
export const SETTING_HYSTART = 38; // 1: slow start ends when delay grows (RFC 9406)
export const SETTING_FORWARD_RTO = 39; // 1: spurious timeouts are looked for (RFC 5682)
export const SETTING_CHALLENGE_LIMIT = 40; // challenge ACKs a second (RFC 5961 §7)
export const SETTING_TIME_TO_LIVE = 41; // of every packet, unless its connection says otherwise (RFC 9293 §3.9.2 MUST-49)
export const SETTING_GROWTH_LIMIT = 42; // segments that an ACK adds in slow start (RFC 3465 §2.2, RFC 9406 §4.3: L); 0: no limit
export const SETTING_ICMP_ABORT = 43; // ICMP_ABORT_*: which ICMP errors end a connection that is being opened
export const SETTING_ECN_SYN_RETRIES = 44; // SYNs that ask for ECN once more, before they go without it (RFC 3168 §6.1.1.1)
export const SETTING_RTO_SPREAD = 45; // the least that a timeout lies above the smoothed round trip: G of RFC 6298 §2.2
export const SETTING_FORWARDING = 46; // 1: packets for others are passed on (RFC 1812); a stack is a router
export const SETTING_ICMP_RATE = 47; // ICMP errors a second (RFC 1812 §4.3.2.8, RFC 4443 §2.4 (f)); 0: none are sent
export const SETTING_UDP_RECEIVE_BUFFER = 48; // bytes of datagrams that a UDP socket holds for its reader, and 256 for each
export const SETTING_SHARE = 49; // how many stacks have the same addresses, << 8; the lowest 8 bits: which of them this one is
export const SETTING_LIMIT = 50;

/** Ports from here on are chosen by stacks; several that share an address have every so-manyth (SETTING_SHARE). */
export const CHOSEN_PORTS = 32768;

// Bits of SETTING_FAST_OPEN (RFC 7413), as Linux's tcp_fastopen.
export const FAST_OPEN_CLIENT = 1;
export const FAST_OPEN_SERVER = 2;
export const FAST_OPEN_CLIENT_NO_COOKIE = 4; // data goes with a SYN that carries no cookie
export const FAST_OPEN_SERVER_NO_COOKIE = 512; // data of a SYN without a cookie is taken
export const FAST_OPEN_EVERY_LISTENER = 1024; // listeners that say nothing take as many as their backlog

// OPTION_REFUSE of a connection.
export const REFUSE_ALL = 1;
export const REFUSE_BUT_FAREWELL = 2; // few bytes more are passed over in silence: the tickets and the close_notify of a peer that speaks TLS

// OPTION_FAST_OPEN of a connection.
export const OPEN_COOKIE = 1; // data goes with a cookie; without one, the SYN asks for it and does not wait
export const OPEN_NO_COOKIE = 2; // data goes without a cookie too

// Whose ways a stack has where the RFCs leave a choice: how the options of a SYN are laid out, and how windows are rounded.
export const DIALECT_LINUX = 0; // MSS, SACK permitted, timestamps, window scale, padded with NOP
export const DIALECT_BSD = 1; // MSS, window scale, SACK permitted, timestamps, padded with EOL

// What routers may do with a packet that is too large for them, and whether we hear what they say, as Linux's IP_PMTUDISC_*.
export const MTU_DISCOVER_DONT = 0; // they may fragment it; what they say is not heard
export const MTU_DISCOVER_WANT = 1; // RFC 1191; they may fragment it only once the path is narrower than what every host can take
export const MTU_DISCOVER_DO = 2; // RFC 1191; they may never
export const MTU_DISCOVER_PROBE = 3; // they may never, and what they say is not heard

// Which ICMP errors end a connection whose SYN is not answered yet; one that is synchronized survives all (RFC 5927 §5.2).
export const ICMP_ABORT_NEVER = 0; // each is remembered, and told when retransmission gives up
export const ICMP_ABORT_HARD = 1; // protocol or port unreachable (RFC 9293 §3.9.2.2 SHLD-26), prohibited; time exceeded in transit
export const ICMP_ABORT_ANY = 2; // soft errors too (RFC 5461 §4.1)

// Congestion controllers.
export const CONGESTION_RENO = 0; // RFC 5681
export const CONGESTION_CUBIC = 1; // RFC 9438

// What a device can take over, `offloads`, one bit each.
export const OFFLOAD_CHECKSUM = 1; // partial checksums both ways, marked in the virtio-net header
export const OFFLOAD_TSO4 = 2; // TCP/IPv4 segments up to 64 KiB both ways, cut by the other side
export const OFFLOAD_TSO6 = 4; // the same over IPv6
export const OFFLOAD_USO = 8; // datagrams to one place, of either family, together in packets of up to 64 KiB both ways, likewise

// What packets of an interface begin with, `interfaceAdd`.
export const LINK_IP = 0; // an IPv4 or IPv6 header
export const LINK_ETHERNET = 1; // an Ethernet header (RFC 894, RFC 2464)

// Options of an Ethernet interface, `interfaceOption`.
export const INTERFACE_LINK_LOCAL = 1; // 1: it has a link-local IPv6 address (RFC 4291 §2.1)
export const INTERFACE_AUTOCONFIGURE = 2; // 1: routers are asked and heard: prefixes, routes, parameters (RFC 4862)
export const INTERFACE_DUPLICATE_TRANSMITS = 3; // solicitations before an IPv6 address is ours (RFC 4862 §5.1), 0 to 16
export const INTERFACE_MTU = 4; // bytes of the largest packet, no larger than the device's

// States of a neighbour (RFC 4861 §7.3.2), `neighborShow`.
export const NEIGHBOR_NONE = 0;
export const NEIGHBOR_INCOMPLETE = 1; // asked for
export const NEIGHBOR_REACHABLE = 2; // it was heard to hear us a short while ago
export const NEIGHBOR_STALE = 3; // it was, or never
export const NEIGHBOR_DELAY = 4; // a packet went there; somebody above may hear of its arrival
export const NEIGHBOR_PROBE = 5; // asked whether it is still there

// Flags of an address, `addressAdd` and `addressShow`.
export const ADDRESS_TENTATIVE = 1; // not ours before it is known to be nobody else's (RFC 4862 §5.4)
export const ADDRESS_DEPRECATED = 2; // not for new connections (RFC 4862 §5.5.4)
export const ADDRESS_AUTOMATIC = 4; // made from a prefix that a router advertises, or from nothing (RFC 4862)
export const ADDRESS_DUPLICATE = 8; // somebody else has it; it stays tentative
export const ADDRESS_TEMPORARY = 16; // RFC 8981
export const ADDRESS_NO_NETWORK = 32; // the network of its prefix is not on the link by itself (RFC 5942 §4)

// Flags of a route, `routeShow`.
export const ROUTE_CONNECTED = 1; // the network of an address of ours
export const ROUTE_AUTOMATIC = 2; // a router said so
export const ROUTE_SILENT = 4; // its gateway did not answer when it was asked last: others are preferred

// Flags of a listener or socket on every address, `tcpListen`, `udpOpen`.
export const BIND_IPV6_ONLY = 1; // `::` means IPv6 addresses alone

// Beside the lifetime of an echo request, `icmpEcho`.
export const ECHO_DONT_FRAGMENT = 256; // nobody may fragment it, we neither

// Sizes of the seam.
export const BATCH_LIMIT = 64; // packets one `input` takes
export const PACKET_LIMIT = 65535; // bytes of the largest IP packet
export const HEADROOM = 32; // bytes before a packet: Ethernet (14), VLAN (4), room, then the virtio-net header
export const ETHERNET_HEADER = 14; // bytes before the packet in a frame: destination, source, type (RFC 894)
export const VNET_HEADER = 10; // bytes of Linux's legacy virtio_net_hdr; it ends where the packet begins
export const RECEIVE_DESCRIPTOR = 16; // bytes: address u32, length u32, interface u32, u32: bytes of it that are there if its data is elsewhere, else 0
export const TRANSMIT_DESCRIPTOR = 16; // bytes: address u32, length u32, reserved u32 × 2
export const TRANSMIT_LIMIT = 256; // packets one interface's transmit queue holds
export const INTERFACE_LIMIT = 8; // interfaces, loopback among them
export const LOOPBACK_INTERFACE = 0;
export const ADDRESS_LIMIT = 64; // addresses of all interfaces
export const ROUTE_LIMIT = 256; // routes of a stack
export const UDP_SOCKET_LIMIT = 65536; // UDP sockets of a stack
export const MEMBERSHIP_LIMIT = 1024; // groups that all UDP sockets are in, each counted for each socket and source
export const GROUP_LIMIT = 256; // groups that all interfaces are in
export const SOURCE_LIMIT = 1024; // sources of groups that are told apart
export const ADDRESS_SIZE = 16; // every address is IPv6-sized; IPv4 is IPv4-mapped (RFC 4291 §2.5.5.2)
export const RESULT_WORDS = 264; // u32 words of the result area

// Records of TLS (RFC 8446 §5, RFC 5246 §6), `tls*`.
export const TLS_READ = 0; // directions
export const TLS_WRITE = 1;
export const TLS_CHANGE_CIPHER_SPEC = 20; // content types
export const TLS_ALERT = 21;
export const TLS_HANDSHAKE = 22;
export const TLS_APPLICATION_DATA = 23;
export const TLS_ALERT_BASE = -1000; // an answer of TLS_ALERT_BASE − n asks for the alert n; result[0] = TLS_FAULT_*, result[1..2] = the record's header
export const TLS_PLAINTEXT_LIMIT = 16384; // bytes of content in a record
export const TLS_OPEN_LIMIT = 65536; // bytes of application data that one `tlsOpen` gives at most

// Options of a record layer, `tlsOption`.
export const TLS_OPTION_READ_VERSION = 1; // 0x0303 or 0x0304: the form of records from the next `tlsKeys` on
export const TLS_OPTION_WRITE_VERSION = 2;
export const TLS_OPTION_RECORD_VERSION = 3; // what records say that are sent without keys: 0x0301 to 0x0303
export const TLS_OPTION_FRAGMENT = 4; // bytes of content in a record that is sent, at most: 512 to TLS_PLAINTEXT_LIMIT
export const TLS_OPTION_PASS = 5; // 1: the handshake of TLS 1.3 is under way: plain change_cipher_spec records are passed over, a plain alert is heard
export const TLS_OPTION_SKIP = 6; // so many bytes of records that can't be opened are passed over, until the first that can be (RFC 8446 §4.2.10)
export const TLS_OPTION_SEAL_LIMIT = 7; // records that the keys in place may seal, fewer than the cipher allows

// Why a record was refused.
export const TLS_FAULT_VERSION = 1; // the version field
export const TLS_FAULT_RECORD_TYPE = 2; // a content type that can't stand here
export const TLS_FAULT_OUTER_TYPE = 3; // a protected record of TLS 1.3 does not look like application data
export const TLS_FAULT_ENCRYPTED_LENGTH = 4; // too long to be opened
export const TLS_FAULT_LENGTH = 5; // too much content
export const TLS_FAULT_MAC = 6; // not authentic, or too short to be
export const TLS_FAULT_NO_TYPE = 7; // nothing but padding
export const TLS_FAULT_EMPTY = 8; // no content, where there has to be some
export const TLS_FAULT_TOO_MANY_EMPTY = 9; // too many in a row without content, change_cipher_spec among them
export const TLS_FAULT_EARLY_DATA = 10; // more than TLS_OPTION_SKIP
export const TLS_FAULT_CHANGE_CIPHER_SPEC = 11; // a change_cipher_spec that says something else
export const TLS_FAULT_SEQUENCE = 12; // the keys in place have opened or sealed as many records as they may

// Trace records, `trace*`.
export const TRACE_RECORD = 64; // bytes, laid out in assembly/trace/trace.ts
export const TRACE_LIMIT = 1024; // records the ring holds; the oldest is dropped and counted
export const TRACE_SEGMENT_IN = 1;
export const TRACE_SEGMENT_OUT = 2;
export const TRACE_STATE = 3; // a change of state without a segment (a call, a timer)

// Counters, `counter(which)`.
export const COUNTER_PACKETS_IN = 0;
export const COUNTER_PACKETS_OUT = 1;
export const COUNTER_PACKETS_BAD = 2; // dropped: malformed or wrong checksum
export const COUNTER_SEGMENTS_IN = 3;
export const COUNTER_SEGMENTS_OUT = 4;
export const COUNTER_SEGMENTS_RETRANSMITTED = 5;
export const COUNTER_RESETS_OUT = 6;
export const COUNTER_CHALLENGE_ACKS = 7;
export const COUNTER_SYNS_DROPPED = 8; // a listener's SYN queue was full
export const COUNTER_CONNECTIONS = 9; // in all states now, those of which a record is left included
export const COUNTER_LISTENERS = 10; // in use now
export const COUNTER_BUFFER_BYTES = 11; // bytes of rings and reassembly blocks in use now
export const COUNTER_COOKIES_SENT = 12; // SYN-ACKs with a cookie (RFC 4987 §3.6)
export const COUNTER_COOKIES_ACCEPTED = 13; // connections that a cookie opened
export const COUNTER_COOKIES_FAILED = 14; // ACKs that could have carried a cookie, and did not
export const COUNTER_HALF_OPEN = 15; // handshakes under way now, of passive opens
export const COUNTER_TIME_WAIT = 16; // in TIME-WAIT now, without a user
export const COUNTER_ORPHANS = 17; // control blocks in use now whose user has let go
export const COUNTER_TLS = 18; // record layers of TLS in use now
export const COUNTER_FORWARDED = 19; // packets passed on
export const COUNTER_FORWARD_DROPPED = 20; // packets for others that were not: no route, no hops left, too large, no room
export const COUNTER_SEGMENTS_RETRANSMITTED_FAST = 21; // of COUNTER_SEGMENTS_RETRANSMITTED: because ACKs said so, not a timer
export const COUNTER_DATAGRAMS_BAD = 22; // of COUNTER_PACKETS_BAD: a wrong length or checksum of UDP
export const COUNTER_FRAGMENTS_IN = 24;
export const COUNTER_FRAGMENTS_OUT = 25;
export const COUNTER_REASSEMBLED = 26; // packets put together
export const COUNTER_REASSEMBLY_FAILED = 27; // packets given up: too late, fragments that overlap, no room
export const COUNTER_REASSEMBLIES = 28; // packets of which fragments wait now
export const COUNTER_ICMP_ERRORS_OUT = 29;
export const COUNTER_ICMP_ERRORS_HELD = 30; // errors that the rate limit held back
export const COUNTER_DATAGRAMS_IN = 31;
export const COUNTER_DATAGRAMS_OUT = 32;
export const COUNTER_DATAGRAMS_DROPPED = 33; // a socket's receive buffer was full, or memory scarce
export const COUNTER_DATAGRAMS_UNCLAIMED = 34; // no socket was there for them
export const COUNTER_UDP_SOCKETS = 35; // in use now
export const COUNTER_FRAMES_BAD = 36; // dropped: not an Ethernet frame, or not what its type says
export const COUNTER_NEIGHBORS = 37; // neighbours known now
export const COUNTER_GROUPS = 38; // multicast groups that interfaces are in now
export const COUNTER_MEMORY_TAKEN = 39; // bytes of linear memory, up to which pools and buffers reach
export const COUNTER_LIMIT = 40;

// Ciphers of TLS records, `aead*` and `tlsKeys`.
export const CIPHER_AES_128_GCM = 1;
export const CIPHER_AES_256_GCM = 2;
export const CIPHER_CHACHA20_POLY1305 = 3;
