/**
 * rawudp.c in JavaScript: the ceiling of a Node host for datagrams. A sink (5007) and a source (5008), with the words of
 * ../native/kudp.c, on the TUN device at descriptor 3, with one synchronous koffi call for each packet.
 *
 * Not a stack: it computes no checksum of what it sends but once, and checks none of what it gets.
 */
import koffi from 'koffi';

const TUN = 3;
const IP = 20;
const UDP = 8;
const HEADERS = IP + UDP;
const BURST = 64;
const SINK_PORT = 5007;
const SOURCE_PORT = 5008;

const libc = koffi.load('libc.so.6');
const read = libc.func('long read(int fd, void *buffer, size_t length)');
const write = libc.func('long write(int fd, void *buffer, size_t length)');
const poll = libc.func('int poll(void *descriptors, size_t count, int timeout)');

const input = new Uint8Array(65536);
const output = new Uint8Array(65536);
const pollIn = new Int16Array([TUN, 0, 1, 0]);
let received = 0;

process.stdout.write('ready\n');
for (;;) {
  const length = read(TUN, input, input.length);
  if (length >= HEADERS) receive(length);
  else if (length < 0) poll(pollIn, 1, -1);
}

function receive(length) {
  if (input[0] !== 0x45 || input[9] !== 17) return;
  const port = (input[22] << 8) | input[23];
  const data = length - HEADERS;
  if (port === SINK_PORT && data !== 1) {
    received++;
  } else if (port === SINK_PORT) {
    new DataView(output.buffer).setBigUint64(HEADERS, BigInt(received), true);
    write(TUN, output, answer(8));
  } else if (port === SOURCE_PORT && data === 8) {
    const wanted = new DataView(input.buffer, HEADERS);
    sendFor(wanted.getUint32(0, true), wanted.getUint32(4, true));
  }
}

function sendFor(size, time) {
  output.fill(0x78, HEADERS, HEADERS + size);
  const length = answer(size);
  const end = performance.now() + time;
  while (performance.now() < end) {
    for (let turn = 0; turn < BURST; turn++) write(TUN, output, length);
  }
}

/** Fills in the headers of an answer to the datagram in `input`; its data is there. @returns its length */
function answer(data) {
  output.set([0x45, 0, (HEADERS + data) >> 8, HEADERS + data, 0, 0, 0x40, 0, 64, 17, 0, 0]);
  output.set(input.subarray(16, 20), 12);
  output.set(input.subarray(12, 16), 16);
  put16(10, checksum(0, IP, 0));
  output.set(input.subarray(22, 24), IP);
  output.set(input.subarray(20, 22), IP + 2);
  put16(IP + 4, UDP + data);
  put16(IP + 6, 0);
  put16(IP + 6, checksum(12, 8 + UDP + data, 17 + UDP + data) || 0xffff);
  return HEADERS + data;
}

function put16(at, value) {
  output[at] = value >> 8;
  output[at + 1] = value;
}

function checksum(at, length, start) {
  let total = start;
  for (let index = 0; index < length; index++) total += index & 1 ? output[at + index] : output[at + index] << 8;
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return ~total & 0xffff;
}
