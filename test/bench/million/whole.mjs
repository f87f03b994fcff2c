/**
 * The whole product before a crowd: an echo server on the public API. Time is moved by hand, so that nothing depends on how
 * fast the machine is. Not for: the core by itself (`core.mjs`).
 */
import { Crowd } from './crowd.mjs';
import { witnessOf } from './witness.mjs';

/**
 * @param {number} limit of connections
 * @param {{ createStack: Function, manualClock: Function, decodePacket: Function }} product built, or from its sources
 */
export async function wholeProduct(limit, { createStack, manualClock, decodePacket }) {
  const crowd = new Crowd(limit, { server: 0x0a000001, port: 7 }, witnessOf(decodePacket));
  const clock = manualClock(1000);
  const stack = await createStack({ device: crowd, addresses: ['10.0.0.1/8'], clock, seed: 1 });
  stack.listen({
    hostname: '10.0.0.1',
    port: 7,
    socket: {
      data(socket, chunk) {
        socket.write(chunk);
      },
    },
  });
  return { crowd, stack, run, pass, more, left, end: () => stack.close() };

  /** With all of them open: a look at each of the program's sockets, milliseconds; and that nothing waits for any moment. */
  function more() {
    const start = performance.now();
    let sockets = 0;
    for (const socket of stack.sockets) sockets += socket.readyState;
    const iteration = performance.now() - start;
    if (sockets !== stack.counters().connections)
      throw new Error(`${sockets} sockets of ${stack.counters().connections}`);
    if (clock.next !== Number.POSITIVE_INFINITY) throw new Error('idle connections keep the stack busy');
    return { iteration };
  }

  function left() {
    return stack.counters().connections + [...stack.sockets].length;
  }

  async function run(done) {
    crowd.ring();
    for (let turns = 0; !done(); turns++) {
      if (turns === 10_000) throw new Error(`${crowd.waiting} packets are left, ${crowd.heard} answers came`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async function pass(milliseconds) {
    for (let left = milliseconds; left > 0; left -= 10) {
      clock.advance(Math.min(left, 10));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
