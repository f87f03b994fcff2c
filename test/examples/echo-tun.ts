/** An echo server on a TUN device, and a client that uses the kernel's TCP. Run it as root or inside `unshare -Urn`. */
import { connect } from 'node:net';
import { createStack, tun } from 'vitrine';

const device = tun({ addresses: ['10.9.0.2/24'], kernelAddress: '10.9.0.1/24' });
const stack = await createStack({ device });

const listener = stack.listen({
  hostname: '10.9.0.2',
  port: 7,
  socket: {
    open(socket) {
      console.log(`${socket.remoteAddress} is here`);
    },
    data(socket, chunk) {
      // Fine for an echo of few bytes: `write` may take less than all; see http-server.ts.
      socket.write(chunk);
    },
    close() {
      listener.stop();
    },
  },
});

const client = connect(7, '10.9.0.2', () => client.write('hello from the kernel'));
client.on('data', (chunk) => {
  console.log(`echo: ${chunk}`);
  client.end();
});
