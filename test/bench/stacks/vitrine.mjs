/**
 * Vitrine under measurement: a program on its public API that serves a sink (5001), a source (5002), an echo (5003), and
 * over TLS a sink (5004) and a source (5005), Node's server of HTTP (5006), and of datagrams a sink (5007) and a source (5008,
 * see ../native/kudp.c), on the TUN device at descriptor 3, see
 * ../native/tunexec.c.
 *
 *   node vitrine.mjs ADDRESS   answers `settle` on stdin with its memory as JSON; ends with its stdin
 */
import { createServer as createHttpServer } from 'node:http';
import { createInterface } from 'node:readline';
import { createStack, tun } from '../../../dist/host/index.js';
import { createServer } from '../../../dist/host/node/net.js';
import { CERTIFICATE, KEY } from '../tls/certificate.mjs';

const hostname = process.argv[2];
const device = tun({ fd: 3, addresses: [`${hostname}/16`] });
const memory = memoryGivenTo(device);
const stack = await createStack({ device });

const block = new Uint8Array(256 * 1024);
let received = 0;

stack.listen({
  hostname,
  port: 5001,
  socket: {
    data(_socket, chunk) {
      received += chunk.length;
    },
  },
});

stack.listen({ hostname, port: 5002, socket: { open: fill, drain: fill } });

stack.listen({
  hostname,
  port: 5003,
  socket: {
    data(socket, chunk) {
      socket.write(chunk);
    },
  },
});

const tls = { cert: CERTIFICATE, key: KEY };
stack.listen({ hostname, port: 5004, tls, socket: { data() {} } });
stack.listen({ hostname, port: 5005, tls, socket: { open: fill, drain: fill } });

const http = createHttpServer((_request, response) => response.end('hello'));
createServer({ stack }, (socket) => http.emit('connection', socket)).listen(5006, hostname);

let datagrams = 0;
await stack.udpSocket({
  hostname,
  port: 5007,
  socket: {
    data(socket, data, port, address) {
      if (data.length === 1) socket.send(new BigUint64Array([BigInt(datagrams)]), port, address);
      else datagrams++;
    },
  },
});
await stack.udpSocket({
  hostname,
  port: 5008,
  socket: { data: (_socket, wanted, port, address) => sendFor(wanted, { hostname: address, port }) },
});

createInterface({ input: process.stdin })
  .on('line', () => {
    globalThis.gc?.();
    console.log(JSON.stringify({ linearBytes: memory().buffer.byteLength, received, ...stack.counters() }));
  })
  .on('close', () => {
    // A process that just exits leaves its ring, and with that the device and its name, for some 50 ms.
    stack.close();
    process.exit();
  });
console.log('ready');

function fill(socket) {
  while (socket.write(block) === block.length);
}

/** Datagrams of one size for some milliseconds, in batches, between which other work of the process gets its turn. */
async function sendFor(wanted, connect) {
  const socket = await stack.udpSocket({ connect });
  const batch = Array(64).fill(new Uint8Array(wanted.readUInt32LE(0)));
  const end = performance.now() + wanted.readUInt32LE(4);
  while (performance.now() < end) {
    socket.sendMany(batch);
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.close();
}

/** The public API does not show linear memory, but every device is told of it. */
function memoryGivenTo(target) {
  const attach = target.attach;
  let given;
  target.attach = (port) => {
    given = port.memory;
    attach.call(target, port);
  };
  return () => given;
}
