/**
 * An HTTPS server on a TUN device, asked by Node's own `https`. The argument is a PEM file with a certificate for
 * `localhost` and its key. Run it as root or inside `unshare -Urn`.
 */
import { readFileSync } from 'node:fs';
import { get } from 'node:https';
import { text } from 'node:stream/consumers';
import { createStack, tun, writeAll } from 'vitrine';

const [path = ''] = process.argv.slice(2);
const pem = readFileSync(path, 'utf8');

const device = tun({ addresses: ['10.9.0.2/24'], kernelAddress: '10.9.0.1/24' });
const stack = await createStack({ device });

const listener = stack.listen<{ request: string }>({
  hostname: '10.9.0.2',
  port: 443,
  tls: { cert: pem, key: pem, ALPNProtocols: ['http/1.1'] },
  socket: {
    open(socket) {
      socket.data = { request: '' };
    },
    async data(socket, chunk) {
      socket.data.request += chunk;
      if (!socket.data.request.includes('\r\n\r\n')) return;
      const page = `${socket.data.request.split('\r\n')[0]} over ${socket.getTLSVersion()}, ${socket.alpnProtocol}\n`;
      const head = `HTTP/1.1 200 OK\r\nContent-Length: ${page.length}\r\nConnection: close\r\n\r\n`;
      await writeAll(socket, head + page);
      socket.end();
    },
  },
});

const options = { host: '10.9.0.2', path: '/glass', ca: pem, servername: 'localhost', ALPNProtocols: ['http/1.1'] };
get(options, async (response) => {
  console.log(`${response.statusCode}: ${(await text(response)).trimEnd()}`);
  listener.stop();
});
