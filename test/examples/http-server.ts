/**
 * A tiny HTTP server on a TUN device, asked by Node's own `fetch`. It sends more than the send buffer holds: `write`
 * says how much it took, and `drain` when to go on. Run it as root or inside `unshare -Urn`.
 */
import { createStack, type Socket, tun } from 'vitrine';

interface Exchange {
  request: string;
  /** What is still to be sent. */
  rest: Uint8Array;
}

const page = Buffer.alloc(10_000_000, 'Vitrine is a stack under glass.\n');
const head = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${page.length}\r\nConnection: close\r\n\r\n`;

function sendRest(socket: Socket<Exchange>): void {
  const { data } = socket;
  data.rest = data.rest.subarray(Math.max(socket.write(data.rest), 0));
  if (data.rest.length === 0) socket.end();
}

const device = tun({ addresses: ['10.9.0.2/24'], kernelAddress: '10.9.0.1/24' });
const stack = await createStack({ device });
const listener = stack.listen<Exchange>({
  hostname: '10.9.0.2',
  port: 80,
  allowHalfOpen: true,
  socket: {
    open(socket) {
      socket.data = { request: '', rest: new Uint8Array() };
    },
    data(socket, chunk) {
      socket.data.request += chunk;
      if (!socket.data.request.includes('\r\n\r\n')) return;
      console.log(socket.data.request.split('\r\n')[0]);
      socket.data.rest = Buffer.concat([Buffer.from(head), page]);
      sendRest(socket);
    },
    drain(socket) {
      if (socket.data.rest.length > 0) sendRest(socket);
    },
  },
});

const response = await fetch('http://10.9.0.2/');
const body = await response.text();
console.log(`${response.status}: ${body.length} characters, the last line is "${body.trimEnd().split('\n').at(-1)}"`);
listener.stop();
