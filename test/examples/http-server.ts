/**
 * A tiny HTTP server on a TUN device, asked by Node's own `fetch`. It sends more than the send buffer holds: `writeAll`
 * goes on whenever there is room again. Run it as root or inside `unshare -Urn`.
 */
import { createStack, tun, writeAll } from 'vitrine';

const page = Buffer.alloc(10_000_000, 'Vitrine is a stack under glass.\n');
const head = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${page.length}\r\nConnection: close\r\n\r\n`;

const device = tun({ addresses: ['10.9.0.2/24'], kernelAddress: '10.9.0.1/24' });
const stack = await createStack({ device });
const listener = stack.listen<{ request: string }>({
  hostname: '10.9.0.2',
  port: 80,
  socket: {
    open(socket) {
      socket.data = { request: '' };
    },
    async data(socket, chunk) {
      socket.data.request += chunk;
      if (!socket.data.request.includes('\r\n\r\n')) return;
      console.log(socket.data.request.split('\r\n')[0]);
      await writeAll(socket, head);
      await writeAll(socket, page);
      socket.end();
    },
  },
});

const response = await fetch('http://10.9.0.2/');
const body = await response.text();
console.log(`${response.status}: ${body.length} characters, the last line is "${body.trimEnd().split('\n').at(-1)}"`);
listener.stop();
