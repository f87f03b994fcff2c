/**
 * Counts what there is in the heap, by class, so that two moments can be compared. Needs `--expose-gc`.
 * Not for: bytes; a leak shows as a number that follows the number of sockets.
 */
import { getHeapSnapshot } from 'node:v8';

export type Census = ReadonlyMap<string, number>;

/** Objects by their constructor, closures by their function. Garbage is collected first. */
export async function census(): Promise<Census> {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve)); // finalizers run in turns of their own
  }
  const chunks: Buffer[] = [];
  for await (const chunk of getHeapSnapshot()) chunks.push(chunk);
  return count(JSON.parse(Buffer.concat(chunks).toString()) as HeapSnapshot);
}

/** Of what there are at least `threshold` more than before, and how many more. */
export function growth(before: Census, after: Census, threshold: number): Record<string, number> {
  const grown: Record<string, number> = {};
  for (const [name, now] of after) {
    const more = now - (before.get(name) ?? 0);
    if (more >= threshold) grown[name] = more;
  }
  return grown;
}

interface HeapSnapshot {
  snapshot: { meta: { node_fields: string[]; node_types: [string[]] } };
  nodes: number[];
  strings: string[];
}

function count({ snapshot, nodes, strings }: HeapSnapshot): Census {
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [type, name] = [fields.indexOf('type'), fields.indexOf('name')];
  const counts = new Map<string, number>();
  for (let node = 0; node < nodes.length; node += fields.length) {
    const kind = types[0][nodes[node + type] as number] as string;
    if (!COUNTED.includes(kind)) continue;
    const key = `${kind} ${strings[nodes[node + name] as number]}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** The others are V8's own, or belong to one of these. */
const COUNTED = ['object', 'closure', 'native', 'regexp'];
