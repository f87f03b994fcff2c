/** Two stacks in one process, joined by a wire in memory: no root, no kernel. */
import { createStack, memoryWire } from 'vitrine';

const [left, right] = memoryWire();
const alice = await createStack({ device: left, addresses: ['10.9.0.1/24'] });
const bob = await createStack({ device: right, addresses: ['10.9.0.2/24'] });

const listener = bob.listen({
  hostname: '10.9.0.2',
  port: 7,
  socket: {
    data(socket, chunk) {
      socket.write(chunk);
    },
  },
});

await alice.connect({
  hostname: '10.9.0.2',
  port: 7,
  socket: {
    open(socket) {
      socket.write('hello through the glass');
    },
    data(socket, chunk) {
      console.log(`echo: ${chunk}`);
      socket.end();
    },
    close() {
      listener.stop();
    },
  },
});
