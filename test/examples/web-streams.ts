/** Streams instead of handlers: a file is gzipped on its way through a TCP connection, and the other side counts. */
import { createStack, memoryWire } from 'vitrine';
import { connect } from 'vitrine/web';

const [left, right] = memoryWire();
const alice = await createStack({ device: left, addresses: ['10.9.0.1/24'] });
const bob = await createStack({ device: right, addresses: ['10.9.0.2/24'] });

bob.listen<{ bytes: number }>({
  hostname: '10.9.0.2',
  port: 9,
  allowHalfOpen: true,
  socket: {
    open(socket) {
      socket.data = { bytes: 0 };
    },
    data(socket, chunk) {
      socket.data.bytes += chunk.length;
    },
    end(socket) {
      socket.end(`${socket.data.bytes < 100_000 ? 'few' : 'many'} bytes arrived`);
    },
  },
});

const page = new TextEncoder().encode('Vitrine is a stack under glass.\n'.repeat(1000));
let pages = 0;
const file = new ReadableStream<BufferSource>({
  pull(controller) {
    if (pages++ < 100) controller.enqueue(page);
    else controller.close();
  },
});

const socket = connect('10.9.0.2:9', { stack: alice });
console.log(`connected to ${(await socket.opened).remoteAddress}`);

// The pipe waits whenever the peer does; its end is the end of our half.
await file.pipeThrough(new CompressionStream('gzip')).pipeTo(socket.writable);
console.log(`${page.length * 100} bytes were sent, ${await new Response(socket.readable).text()}`);

await socket.closed;
alice.close();
bob.close();
