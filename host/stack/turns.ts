/**
 * Two ways to go on later, in every runtime. Not for: waiting for time to pass (`core/clock.ts`).
 */

/**
 * A call that has `task` run when every microtask has run, those that they queue included, but before the next macrotask
 * where the runtime allows it. In Node a `nextTick` that is queued by a microtask runs exactly then; one queued outside
 * would run before the microtasks. A promise's reaction leaves less to the garbage collector than `queueMicrotask`.
 */
export function afterMicrotasks(task: () => void): () => void {
  const { process } = globalThis as Partial<typeof globalThis>;
  const nextTick = process?.nextTick;
  if (typeof nextTick !== 'function') return () => nextTurn(task);
  const settled = Promise.resolve();
  const tick = () => nextTick(task);
  return () => void settled.then(tick);
}

/** Runs `task` in a macrotask of its own, after the I/O that waits now. */
export function nextTurn(task: () => void): void {
  if (typeof setImmediate === 'function') setImmediate(task);
  else postTask(task);
}

/** A message is the only macrotask of a browser that is not delayed when nested. */
function postTask(task: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    task();
  };
  port2.postMessage(undefined);
}
