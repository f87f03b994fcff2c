/** One listener for both families: `::` takes IPv4 as well, and shows IPv4 addresses mapped, as Bun does. */
import { createStack, memoryWire } from 'vitrine';

const [left, right] = memoryWire();
const alice = await createStack({ device: left, addresses: ['10.9.0.1/24', 'fd00:9::1/64'] });
const bob = await createStack({ device: right, addresses: ['10.9.0.2/24', 'fd00:9::2/64'] });

const listener = bob.listen({
  hostname: '::',
  port: 7,
  socket: {
    open(socket) {
      console.log(`${socket.remoteFamily}: ${socket.remoteAddress} is here`);
    },
    data(socket, chunk) {
      socket.write(chunk);
    },
  },
});

for (const hostname of ['10.9.0.2', 'fd00:9::2']) {
  await new Promise<void>((resolve) => {
    void alice.connect({
      hostname,
      port: 7,
      socket: {
        open(socket) {
          socket.write(`hello ${hostname}`);
        },
        data(socket, chunk) {
          console.log(`echo: ${chunk}`);
          socket.end();
        },
        close: () => resolve(),
      },
    });
  });
}
listener.stop();
