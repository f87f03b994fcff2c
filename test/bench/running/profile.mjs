/** Reads V8's `.cpuprofile` files: where Vitrine's process spent its own time. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @returns the path of the newest profile of a main thread (thread 0: workers leave theirs too), if there is one. */
export function newestProfile(folder) {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => /\.0\.\d+\.cpuprofile$/.test(name)) : [];
  const newest = names.sort().at(-1);
  return newest && join(folder, newest);
}

/** @returns the `limit` costliest functions as `{ name, place, share }`, `share` of the time that was not idle. */
export function topCosts(path, limit) {
  const profile = JSON.parse(readFileSync(path, 'utf8'));
  const callFrames = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
  const costs = new Map();
  let busy = 0;
  for (const [index, id] of profile.samples.entries()) {
    const { functionName, url, lineNumber } = callFrames.get(id);
    const time = profile.timeDeltas[index];
    if (functionName === '(idle)' || functionName === '(program)') continue;
    busy += time;
    const place = url ? `${url.replace(/^.*\/(?=[^/]*\/[^/]*$)/, '')}:${lineNumber + 1}` : '';
    const key = `${functionName || '(anonymous)'} ${place}`;
    const cost = costs.get(key) ?? { name: functionName || '(anonymous)', place, time: 0 };
    cost.time += time;
    costs.set(key, cost);
  }
  return [...costs.values()]
    .sort((a, b) => b.time - a.time)
    .slice(0, limit)
    .map(({ name, place, time }) => ({ name, place, share: time / busy }));
}
