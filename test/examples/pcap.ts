/** Looks at one connection twice: as packets in a capture for Wireshark, and as states in the stack's own trace. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createStack, memoryWire, pcap } from 'vitrine';

const path = process.argv[2] ?? join(tmpdir(), 'vitrine-example.pcapng');
const [left, right] = memoryWire();
const capture = pcap(left, { path });
const alice = await createStack({ device: capture, addresses: ['10.9.0.1/24'] });
const bob = await createStack({ device: right, addresses: ['10.9.0.2/24'] });
alice.trace(true);

bob.listen({
  hostname: '10.9.0.2',
  port: 13,
  socket: {
    open(socket) {
      socket.end('It is always now.\n');
    },
    drain() {},
  },
});

await new Promise<void>((resolve) => {
  alice.connect({
    hostname: '10.9.0.2',
    port: 13,
    socket: {
      data(_socket, chunk) {
        process.stdout.write(chunk);
      },
      close: () => resolve(),
    },
  });
});

for (const { before, after } of alice.takeTrace()) {
  if (before !== after) console.log(`${before} → ${after}`);
}
alice.close();
bob.close();
await capture.finished;
console.log(`${capture.captured} packets in ${path}`);
