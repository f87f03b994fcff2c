/** Two stacks that speak TLS on a wire in memory. The argument is a PEM file with a certificate and its key. */
import { readFileSync } from 'node:fs';
import { createStack, memoryWire } from 'vitrine';

// Any certificate will do, `openssl req -x509` makes one: who is trusted directly needs nobody above it.
const [path = ''] = process.argv.slice(2);
const pem = readFileSync(path, 'utf8');

const [left, right] = memoryWire();
const alice = await createStack({ device: left, addresses: ['10.9.0.1/24'] });
const bob = await createStack({ device: right, addresses: ['10.9.0.2/24'] });

const listener = bob.listen({
  hostname: '10.9.0.2',
  port: 443,
  tls: { cert: pem, key: pem, ALPNProtocols: ['echo'] },
  socket: {
    data(socket, chunk) {
      socket.write(chunk);
    },
  },
});

await alice.connect({
  hostname: '10.9.0.2',
  port: 443,
  tls: { ca: pem, serverName: 'localhost', ALPNProtocols: ['echo'] },
  socket: {
    handshake(socket, success, error) {
      if (!success) return console.error(error?.message);
      console.log(`${socket.getTLSVersion()}, ${socket.getCipher().name}, ${socket.alpnProtocol}`);
      socket.write('hello through the glass');
    },
    data(socket, chunk) {
      console.log(`${socket.authorized ? 'from whom we asked' : 'from somebody'}: ${chunk}`);
      socket.end();
    },
    close() {
      listener.stop();
    },
  },
});
