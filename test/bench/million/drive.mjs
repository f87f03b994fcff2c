/**
 * Leads a crowd (`crowd.mjs`) through what it is to do, in strides: each is prepared, handed to the stack, timed until the
 * last answer is there, and judged. Not for: which stack it is; `whole.mjs` and `core.mjs` say how it is made to run.
 */
import { PREPARED } from './crowd.mjs';

/**
 * @typedef {object} Subject what is measured
 * @property {import('./crowd.mjs').Crowd} crowd
 * @property {(done: () => boolean) => Promise<void>} run lets it take what the crowd has prepared, until it is done
 * @property {(milliseconds: number) => Promise<void>} pass lets time pass
 */

/** What a step costs: microseconds for each connection it was done on, on a processor that nobody else wants. */
export class Costs {
  #spent = 0;
  #count = 0;

  add(spent, count) {
    this.#spent += spent;
    this.#count += count;
  }

  get each() {
    return this.#count === 0 ? 0 : this.#spent / this.#count;
  }
}

/**
 * One step of many connections: `say` prepares a packet of each, and the stack answers each with so many.
 * @param {Subject} subject
 * @param {Uint32Array} indices
 * @param {(index: number) => void} say
 * @param {number} answers of each
 * @param {Costs} [costs]
 */
export async function step(subject, indices, say, answers, costs = new Costs()) {
  const { crowd } = subject;
  for (let first = 0; first < indices.length; first += PREPARED) {
    const stride = indices.subarray(first, first + PREPARED);
    for (const index of stride) say(index);
    const wanted = stride.length * answers;
    const before = performance.now();
    await subject.run(() => crowd.waiting === 0 && crowd.heard >= wanted);
    costs.add((performance.now() - before) * 1000, stride.length);
    if (crowd.heard !== wanted) throw new Error(`${crowd.heard} answers to ${stride.length} packets, not ${wanted}`);
    crowd.judge();
  }
}

/** Opens connections. @param {Subject} subject @param {Uint32Array} indices @param {Costs} [costs] */
export async function open(subject, indices, costs) {
  const { crowd } = subject;
  for (let first = 0; first < indices.length; first += HALF_OPEN) {
    const stride = indices.subarray(first, first + HALF_OPEN);
    await step(subject, stride, (index) => crowd.open(index), 1, costs);
    const rest = new Costs();
    await step(subject, stride, (index) => crowd.acknowledge(index), 0, rest);
    costs?.add(rest.each * stride.length, 0);
  }
}

/**
 * Something is said on each connection, echoed, and the echo acknowledged, on so many at a time; time passes meanwhile, so that
 * whoever has had its turn is idle again before long.
 * @param {Subject} subject @param {Uint32Array} indices @param {{ echo?: Costs, acknowledgment?: Costs, expiry?: Costs }} [costs]
 */
export async function echo(subject, indices, { echo, acknowledgment, expiry } = {}, atATime = PREPARED) {
  const { crowd } = subject;
  for (let first = 0; first < indices.length; first += atATime) {
    const stride = indices.subarray(first, first + atATime);
    await step(subject, stride, (index) => crowd.speak(index), 1, echo);
    await step(subject, stride, (index) => crowd.acknowledge(index), 0, acknowledgment);
    const start = performance.now();
    await subject.pass(stride.length / RATE);
    expiry?.add((performance.now() - start) * 1000, stride.length);
  }
}

/** The crowd ends its connections, and so does the stack. @param {Subject} subject @param {Uint32Array} indices @param {Costs} [costs] */
export async function close(subject, indices, costs) {
  const { crowd } = subject;
  for (let first = 0; first < indices.length; first += PREPARED) {
    const stride = indices.subarray(first, first + PREPARED);
    await step(subject, stride, (index) => crowd.end(index), 1, costs);
    await step(subject, stride, (index) => crowd.acknowledge(index), 0);
  }
}

/** The numbers from `from` to `to` in an order that nobody can foresee, the same in every run. */
export function shuffled(from, to, seed = 1) {
  const order = Uint32Array.from({ length: to - from }, (_, place) => from + place);
  let state = seed >>> 0;
  for (let place = order.length - 1; place > 0; place--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const other = Math.floor((state / 2 ** 32) * (place + 1));
    const taken = order[place];
    order[place] = order[other];
    order[other] = taken;
  }
  return order;
}

/** Echoes in a millisecond of the stack's time. */
const RATE = 400;
/** Handshakes under way at a time: fewer than a listener's backlog, beyond which there are SYN cookies. */
const HALF_OPEN = 256;
