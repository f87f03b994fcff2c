/** Small pieces of work measured in turns in this process, so that a noisy moment meets all of them. */

/**
 * @param {Record<string, (turns: number) => number | void>} contestants each does its piece of work `turns` times; what it
 * answers, if anything, are the milliseconds that count
 * @param {{ seconds: number, rounds: number }} settings `seconds` shared by all of them in all rounds
 * @returns {Record<string, number[]>} nanoseconds for one piece of work, in each round
 */
export function takeTurns(contestants, { seconds, rounds }) {
  const names = Object.keys(contestants);
  const times = Object.fromEntries(names.map((name) => [name, []]));
  // The first round lets compilers finish.
  const slice = (seconds * 1000) / names.length / (rounds + 1);
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      const time = timeOf(contestants[name], slice);
      if (round > 0) times[name].push(time);
    }
  }
  return times;
}

/** The number of turns between two looks at the clock grows until the clock costs nothing. */
function timeOf(work, milliseconds) {
  const began = performance.now();
  let [turns, done, counted] = [1, 0, 0];
  for (let last = began; last - began < milliseconds; ) {
    const own = work(turns);
    const now = performance.now();
    const took = typeof own === 'number' ? own : now - last;
    counted += took;
    done += turns;
    if ((now - last) * 40 < milliseconds) turns *= 2;
    last = now;
  }
  return (counted * 1e6) / done;
}
