/**
 * What single calls on a TUN device cost from JavaScript, by koffi. A packet that is written is for nobody, and the kernel
 * drops it; those that are read were sent by a kernel socket before, outside the time that is told.
 *
 *   node device.mjs SECONDS ROUNDS   on the TUN device at descriptor 3, see ../native/tunexec.c; prints JSON
 */
import koffi from 'koffi';
import { takeTurns } from '../running/turns.mjs';

const [TUN, DATAGRAM, INTERNET, BATCH, HEADERS] = [3, 2, 2, 64, 28];
const libc = koffi.load('libc.so.6');
const read = libc.func('long read(int fd, void *buffer, size_t length)');
const write = libc.func('long write(int fd, void *buffer, size_t length)');
const pageSize = libc.func('int getpagesize()');
const parent = libc.func('int getppid()');
const socket = libc.func('int socket(int family, int type, int protocol)');
const connect = libc.func('int connect(int fd, void *address, int length)');

const buffer = new Uint8Array(65536);
const sender = socket(INTERNET, DATAGRAM, 0);
// sockaddr_in: an address of the device's network, port 9, which discards.
connect(sender, Uint8Array.of(INTERNET, 0, 0, 9, 10, 9, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0), 16);
while (read(TUN, buffer, buffer.length) >= 0);

const [, , seconds, rounds] = process.argv;
const works = [
  { label: 'koffi: a call of nothing', work: repeated(() => pageSize()) },
  { label: 'koffi: a system call, getppid', work: repeated(() => parent()) },
  { label: 'TUN: a read that finds nothing', work: repeated(() => read(TUN, buffer, buffer.length)) },
  ...[40, 1500, 65000].flatMap((bytes) => [
    { label: `TUN: a read of ${bytes} bytes`, bytes, work: reads(bytes) },
    { label: `TUN: a write of ${bytes} bytes`, bytes, work: writes(bytes) },
  ]),
];
const times = takeTurns(Object.fromEntries(works.map(({ label, work }) => [label, work])), {
  seconds: Number(seconds) * works.length,
  rounds: Number(rounds),
});
console.log(JSON.stringify(works.map(({ label, bytes }) => ({ label, bytes, times: times[label] }))));

function repeated(work) {
  return (turns) => {
    for (let turn = 0; turn < turns; turn++) work();
  };
}

function writes(bytes) {
  const packet = new Uint8Array(bytes);
  // IPv4 to an address that is nobody's, without a checksum: it ends where the kernel looks at it first.
  packet.set([0x45, 0, bytes >> 8, bytes, 0, 0, 0, 0, 64, 17, 0, 0, 10, 9, 0, 2, 10, 77, 0, 9]);
  return repeated(() => write(TUN, packet, bytes));
}

/** Sends some, then times their reading alone. */
function reads(bytes) {
  return (turns) => {
    let took = 0;
    for (let left = turns; left > 0; left -= BATCH) {
      const many = Math.min(left, BATCH);
      for (let sent = 0; sent < many; sent++) write(sender, buffer, bytes - HEADERS);
      const began = performance.now();
      for (let got = 0; got < many; got++) read(TUN, buffer, buffer.length);
      took += performance.now() - began;
    }
    return took;
  };
}
