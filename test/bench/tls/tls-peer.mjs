/**
 * The kernel's side of the rows of TLS: a client of node:tls on a kernel socket, with the words and the answer of
 * native/kpeer.c. AES in hardware makes it the faster side.
 *
 *   node tls-peer.mjs source|sink -h HOST -s SOURCE -P PID -t SECONDS -C CONGESTION
 *
 * `source` sends to the stack's sink (5004), `sink` receives from its source (5005). Prints one line of JSON.
 */
import { connect } from 'node:tls';
import { parseArgs } from 'node:util';
import { cpuSeconds } from '../running/cpu.mjs';
import { CERTIFICATE, NAME } from './certificate.mjs';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: Object.fromEntries(['h', 's', 'P', 't', 'C'].map((short) => [short, { type: 'string', short }])),
});
const [mode] = positionals;
const block = Buffer.alloc(256 * 1024, 'x');
let bytes = 0;

const socket = connect({
  host: values.h,
  localAddress: values.s,
  port: mode === 'source' ? 5004 : 5005,
  ca: CERTIFICATE,
  servername: NAME,
});
socket.on('error', (error) => report({ error: error.message }));
socket.on('secureConnect', () => {
  const began = { time: process.hrtime.bigint(), cpu: cpuSeconds(values.P) };
  setTimeout(() => {
    const seconds = Number(process.hrtime.bigint() - began.time) / 1e9;
    const { name, version } = socket.getCipher();
    report({ bytes, seconds, stackCpu: cpuSeconds(values.P) - began.cpu, cipher: `${version} ${name}` });
  }, Number(values.t) * 1000);
  if (mode === 'source') fill();
});
socket.on('data', (chunk) => {
  bytes += chunk.length;
});
socket.on('drain', fill);

function fill() {
  // What waits in Node's own queue has not been sent yet.
  do bytes += block.length;
  while (socket.write(block));
}

function report(line) {
  console.log(JSON.stringify(line));
  process.exit();
}
