/**
 * Addresses between text and the bytes of a header: RFC 4291 §2.2 read, RFC 5952 written.
 * Not for: prefixes, the core's 16 bytes for both families.
 */

/** 4 or 16 bytes. */
export function addressBytes(text: string): Uint8Array {
  if (!text.includes(':')) return Uint8Array.from(text.split('.').map(Number));
  const [left = [], right] = text.split('::').map(groups);
  const zeros = right === undefined ? 0 : 8 - left.length - right.length;
  const all = [...left, ...new Array<number>(zeros).fill(0), ...(right ?? [])];
  if (all.length !== 8) throw new Error(`${text} is no address`);
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 255]));
}

export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return [...bytes].join('.');
  const groups = Array.from({ length: 8 }, (_, at) => ((bytes[at * 2] ?? 0) << 8) | (bytes[at * 2 + 1] ?? 0));
  const text = groups.map((group) => group.toString(16)).join(':');
  // The longest run of two zeros or more, the first of several (RFC 5952 §4.2).
  const runs = [...text.matchAll(/(?<![^:])0(?::0)+(?![^:])/g)].sort((a, b) => b[0].length - a[0].length);
  const [longest] = runs;
  if (longest === undefined) return text;
  const end = longest.index + longest[0].length;
  return `${text.slice(0, longest.index).replace(/:$/, '')}::${text.slice(end).replace(/^:/, '')}`;
}

function groups(text: string): number[] {
  return text === '' ? [] : text.split(':').flatMap(group);
}

function group(text: string): number[] {
  if (!text.includes('.')) return [Number.parseInt(text, 16)];
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number);
  return [(a << 8) | b, (c << 8) | d];
}
