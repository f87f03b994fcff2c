/**
 * The thread that waits for an idle TUN device: waiting in the main thread would block it, and a wait in Node's thread
 * pool could be neither unref'd nor interrupted. Its other side is `poller.ts`.
 *
 * It sleeps until it is told what to wait for, waits once, says once what came, and sleeps again: so while the main
 * thread is busy reading, this one costs nothing. An eventfd interrupts the wait.
 *
 * Plain JavaScript, so that a worker can be started from it in the source tree and in `dist/` alike.
 */
import { parentPort, workerData } from 'node:worker_threads';
import koffi from 'koffi';

/**
 * @typedef {object} PollerData
 * @property {number} descriptor what to wait for
 * @property {number} eventfd non-blocking; readable when WANTED has changed during a wait
 * @property {SharedArrayBuffer} control two 32-bit words, see below
 * @property {import('node:worker_threads').MessagePort} [port] where to answer, if not to the thread that started this one
 */

/** Word of `control`: POLL* bits to wait for, and CLOSE. Set by the main thread, taken by this one. */
const WANTED = 0;
/** Word of `control`: 1 when this thread has made its last native call. */
const DONE = 1;
const CLOSE = 1 << 16;
const POLLIN = 1;

const { descriptor, eventfd, control: shared, port = parentPort } = /** @type {PollerData} */ (workerData);
const control = new Int32Array(shared);
const libc = koffi.load(null);
const poll = libc.func('int poll(void *fds, ulong count, int timeout)');
const read = libc.func('int64_t read(int fd, void *bytes, size_t length)');

// Two of struct pollfd { int fd; short events; short revents; }.
const descriptors = new Int32Array([descriptor, 0, eventfd, 0]);
const events = new Int16Array(descriptors.buffer);
events[6] = POLLIN;
const counter = new Uint8Array(8);

let wanted = 0;
for (;;) {
  wanted |= Atomics.exchange(control, WANTED, 0);
  if (wanted === 0) {
    // A wish that was taken before its notification came leaves one without a wish: so look again after each.
    Atomics.wait(control, WANTED, 0);
    continue;
  }
  if (wanted & CLOSE) break;
  const came = waitFor(wanted);
  if (came === 0) continue;
  wanted = 0;
  port?.postMessage(came);
}
Atomics.store(control, DONE, 1);
Atomics.notify(control, DONE);

/**
 * @param {number} wanted POLL* bits
 * @returns {number} those that came, 0 when the wait was interrupted
 */
function waitFor(wanted) {
  events[2] = wanted;
  events[3] = 0;
  events[7] = 0;
  poll(descriptors, 2, -1);
  if (events[7] !== 0) read(eventfd, counter, counter.length);
  return events[3];
}
