/**
 * rawtun in JavaScript: the ceiling of a Node host. A minimal sink (5001), source (5002) and echo (5003) on the TUN
 * device at descriptor 3, with one synchronous koffi call for each packet, a blocking loop, no WebAssembly, no events.
 *
 *   node noderaw.mjs [N]   acknowledge every N data segments, and whenever the device is drained (default 64)
 *
 * Not a stack: no reassembly, no congestion control, no timers but one to send again, no checks of what comes in.
 */
import koffi from 'koffi';

const FIN = 1;
const SYN = 2;
const RST = 4;
const PSH = 8;
const ACK = 16;
const TUN = 3;
const IP = 20;
const TCP = 20;
const SYN_OPTIONS = 8;
const SOURCE_PORT = 5002;
const ECHO_PORT = 5003;
const WINDOW = 4096;
const WINDOW_SHIFT = 10;
const BURST = 64;
const RESEND_AFTER = 200;

const libc = koffi.load('libc.so.6');
const read = libc.func('long read(int fd, void *buffer, size_t length)');
const write = libc.func('long write(int fd, void *buffer, size_t length)');
const poll = libc.func('int poll(void *descriptors, size_t count, int timeout)');

const mtu = Number(process.env.TUN_MTU ?? 1500);
const mss = mtu - IP - TCP;
const ackEvery = Number(process.argv[2] ?? 64);

const input = new Uint8Array(65536);
const header = new Uint8Array(IP + TCP + SYN_OPTIONS);
const echo = new Uint8Array(65536);
/** Headers are written before the payload, which never changes: its checksum is computed once. */
const segment = new Uint8Array(mtu).map((_, index) => index - IP - TCP);
const segmentSum = fold(sum(segment, IP + TCP, mss, 0));

const pollIn = new Int16Array([TUN, 0, 1, 0]);
const connections = new Map();
const owing = new Set();
let sources = [];

process.stdout.write('ready\n');
for (;;) {
  if (read(TUN, input, input.length) < 0) drained();
  else if (input[0] >> 4 === 4 && input[9] === 6) receive();
}

function drained() {
  for (const connection of owing) {
    if (connection.acknowledged !== connection.rcvNxt) send(connection, ACK, header, 0, 0);
    connection.unacknowledged = 0;
  }
  owing.clear();
  let sent = 0;
  for (const connection of sources) sent += pump(connection);
  if (sent > 0) return;
  poll(pollIn, 1, 100);
  for (const connection of sources) {
    if (connection.sndNxt === connection.sndUna || Date.now() - connection.progress <= RESEND_AFTER) continue;
    connection.sndNxt = connection.sndUna;
    connection.progress = Date.now();
  }
}

function receive() {
  const tcp = (input[0] & 15) * 4;
  const dataOffset = (input[tcp + 12] >> 4) * 4;
  const length = get16(2) - tcp - dataOffset;
  const flags = input[tcp + 13];
  const seq = get32(tcp + 4);
  const key = (input[15] << 16) | get16(tcp);
  let connection = connections.get(key);

  if ((flags & (SYN | ACK)) === SYN) {
    if (connection) forget(key, connection);
    connection = accept(tcp, dataOffset, seq);
    connections.set(key, connection);
    send(connection, SYN | ACK, header, 0, 0);
    return;
  }
  if (!connection) return;
  if (flags & RST) {
    forget(key, connection);
    return;
  }
  connection.sndWnd = get16(tcp + 14) << connection.shift;
  acknowledge(connection, get32(tcp + 8));
  if (length > 0) takeData(connection, seq, tcp + dataOffset, length);
  if (flags & FIN && ((seq + length) | 0) === connection.rcvNxt && !connection.finished) {
    connection.rcvNxt = (connection.rcvNxt + 1) | 0;
    connection.finished = true;
    send(connection, ACK | FIN, header, 0, 0);
  } else if (connection.finished && connection.sndUna === connection.sndNxt) {
    forget(key, connection);
  }
}

function accept(tcp, dataOffset, seq) {
  return {
    local: get32(16),
    remote: get32(12),
    localPort: get16(tcp + 2),
    remotePort: get16(tcp),
    rcvNxt: (seq + 1) | 0,
    sndNxt: seq ^ 0x5a5a5a5a,
    sndUna: seq ^ 0x5a5a5a5a,
    sndWnd: 0,
    shift: windowShift(tcp, dataOffset),
    open: false,
    finished: false,
    unacknowledged: 0,
    acknowledged: 0,
    progress: Date.now(),
  };
}

function windowShift(tcp, dataOffset) {
  for (let at = tcp + TCP; at < tcp + dataOffset && input[at] !== 0; ) {
    if (input[at] === 3) return input[at + 2];
    at += input[at] === 1 ? 1 : input[at + 1] || 1;
  }
  return 0;
}

function acknowledge(connection, ack) {
  if (((ack - connection.sndUna) | 0) > 0) {
    connection.sndUna = ack;
    if (connection.localPort === SOURCE_PORT) connection.progress = Date.now();
    if (((connection.sndNxt - ack) | 0) < 0) connection.sndNxt = ack;
  }
  if (connection.open) return;
  connection.open = true;
  if (connection.localPort === SOURCE_PORT) sources.push(connection);
}

function takeData(connection, seq, at, length) {
  if (seq !== connection.rcvNxt) {
    send(connection, ACK, header, 0, 0);
    return;
  }
  connection.rcvNxt = (connection.rcvNxt + length) | 0;
  if (connection.localPort === ECHO_PORT) {
    echo.set(input.subarray(at, at + length), IP + TCP);
    send(connection, PSH | ACK, echo, length, fold(sum(echo, IP + TCP, length, 0)));
  } else if (++connection.unacknowledged >= ackEvery) {
    send(connection, ACK, header, 0, 0);
    connection.unacknowledged = 0;
  } else {
    owing.add(connection);
  }
}

function forget(key, connection) {
  connections.delete(key);
  owing.delete(connection);
  if (connection.localPort === SOURCE_PORT) sources = sources.filter((other) => other !== connection);
}

function pump(connection) {
  let sent = 0;
  while (sent < BURST && ((connection.sndNxt - connection.sndUna) | 0) + mss <= connection.sndWnd) {
    if (!send(connection, ACK, segment, mss, segmentSum)) break;
    sent++;
  }
  return sent;
}

/** Writes the headers into `packet` before its `length` bytes of data, whose checksum is `dataSum`, and sends it. */
function send(connection, flags, packet, length, dataSum) {
  const tcpLength = flags & SYN ? TCP + SYN_OPTIONS : TCP;
  const total = IP + tcpLength + length;
  put16(packet, 0, 0x4500);
  put16(packet, 2, total);
  put32(packet, 4, 0x4000);
  put32(packet, 8, 0x40060000);
  put32(packet, 12, connection.local);
  put32(packet, 16, connection.remote);
  put16(packet, 10, ~fold(sum(packet, 0, IP, 0)));

  put16(packet, 20, connection.localPort);
  put16(packet, 22, connection.remotePort);
  put32(packet, 24, connection.sndNxt);
  put32(packet, 28, connection.rcvNxt);
  put16(packet, 32, (tcpLength << 10) | flags);
  put16(packet, 34, flags & SYN ? 65535 : WINDOW);
  put32(packet, 36, 0);
  if (flags & SYN) {
    put32(packet, 40, 0x02040000 | mss);
    put32(packet, 44, 0x01030300 | WINDOW_SHIFT);
  }
  put16(packet, 36, ~fold(sum(packet, 12, 8 + tcpLength, 6 + tcpLength + length) + (length > 0 ? dataSum : 0)));

  if (write(TUN, packet, total) < 0) return false;
  connection.sndNxt = (connection.sndNxt + length + (flags & (SYN | FIN) ? 1 : 0)) | 0;
  connection.acknowledged = connection.rcvNxt;
  return true;
}

function get16(at) {
  return (input[at] << 8) | input[at + 1];
}

function get32(at) {
  return (input[at] << 24) | (input[at + 1] << 16) | (input[at + 2] << 8) | input[at + 3];
}

function put16(packet, at, value) {
  packet[at] = value >> 8;
  packet[at + 1] = value;
}

function put32(packet, at, value) {
  packet[at] = value >>> 24;
  packet[at + 1] = value >>> 16;
  packet[at + 2] = value >>> 8;
  packet[at + 3] = value;
}

function sum(bytes, at, length, start) {
  let total = start;
  const end = at + (length & ~1);
  for (let index = at; index < end; index += 2) total += (bytes[index] << 8) | bytes[index + 1];
  return length & 1 ? total + (bytes[end] << 8) : total;
}

function fold(total) {
  let folded = total;
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16);
  return folded;
}
