/** Four megabytes through a storm, on a clock of our own: minutes pass in a moment, and every run is the same. */
import { createStack, manualClock, memoryWire, weather } from 'vitrine';

const clock = manualClock();
const [left, right] = memoryWire();
const storm = weather(left, { seed: 42, loss: 0.05, delay: 30, jitter: 5, duplicate: 0.01, corrupt: 0.01 });
const alice = await createStack({ clock, seed: 1, device: storm, addresses: ['10.9.0.1/24'] });
const bob = await createStack({ clock, seed: 2, device: right, addresses: ['10.9.0.2/24'] });

let received = 0;
let done = false;
bob.listen({
  hostname: '10.9.0.2',
  port: 9,
  socket: {
    data(_socket, chunk) {
      received += chunk.length;
    },
    close() {
      done = true;
    },
  },
});

const cargo = new Uint8Array(4_000_000);
alice.connect({
  hostname: '10.9.0.2',
  port: 9,
  socket: {
    // `end` takes all of it at once, however much that is.
    open: (socket) => void socket.end(cargo),
    data() {},
  },
});

while (!done) {
  await new Promise((resolve) => setImmediate(resolve));
  clock.step();
}

const { segmentsOut, segmentsRetransmitted } = alice.counters();
console.log(`${received} bytes arrived after ${(clock.now() / 1000).toFixed(1)} s`);
console.log(`lost ${storm.counts.out.lost} packets, sent ${segmentsRetransmitted} of ${segmentsOut} segments again`);
alice.close();
bob.close();
