/**
 * The files beside this one: `recorded/` is what Bun did, and never changes; `expected/` is where Vitrine differs, as it
 * was reviewed. One file for each group of scenarios, one line for each entry.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Recorded, Recording } from './transcript.js';
import type { Expected } from './verdict.js';

/** @param where which expectations: `in-stack`, `client`, `server` */
export class Files {
  readonly #recordings = new Map<string, Recording>();
  readonly #expected = new Map<string, Record<string, Expected>>();

  constructor(private readonly where: string) {}

  recorded(id: string): Recorded {
    const group = groupOf(id);
    const recording = cached(this.#recordings, group, () => read(new URL(`./recorded/${group}.json`, import.meta.url)));
    const recorded = recording[id];
    if (recorded === undefined) throw new Error(`nothing was recorded for ${id}`);
    return recorded;
  }

  expected(id: string): Expected | undefined {
    return this.#group(groupOf(id))[id];
  }

  expect(id: string, expected: Expected | undefined): void {
    const group = this.#group(groupOf(id));
    delete group[id];
    if (expected !== undefined) group[id] = expected;
  }

  /** Scenarios that are expected to differ. */
  get listed(): string[] {
    return GROUPS.flatMap((group) => Object.keys(this.#group(group)));
  }

  save(): void {
    mkdirSync(new URL(this.#url('')), { recursive: true });
    for (const [group, expected] of this.#expected) {
      const url = new URL(this.#url(`${group}.json`));
      if (Object.keys(expected).length > 0) writeFileSync(url, print(expected));
      else rmSync(url, { force: true });
    }
  }

  #group(group: string): Record<string, Expected> {
    return cached(this.#expected, group, () => {
      const url = new URL(this.#url(`${group}.json`));
      return existsSync(url) ? read(url) : {};
    });
  }

  #url(name: string): string {
    return new URL(`./expected/${this.where}/${name}`, import.meta.url).href;
  }
}

function groupOf(id: string): string {
  return id.slice(0, id.indexOf('/'));
}

function read<T>(url: URL): T {
  return JSON.parse(readFileSync(url, 'utf8')) as T;
}

function cached<T>(map: Map<string, T>, key: string, make: () => T): T {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}

/** JSON, with a line for each difference. */
function print(expected: Record<string, Expected>): string {
  const scenarios = Object.entries(expected).sort(([one], [other]) => (one < other ? -1 : 1));
  const list = (lines: string[]) => `[\n${lines.map((line) => `      ${JSON.stringify(line)}`).join(',\n')}\n    ]`;
  const groups = (each: Expected) =>
    Object.entries(each).map(([key, lines]) => `    ${JSON.stringify(key)}: ${list(lines)}`);
  const body = scenarios.map(([id, each]) => `  ${JSON.stringify(id)}: {\n${groups(each).join(',\n')}\n  }`);
  return `{\n${body.join(',\n')}\n}\n`;
}

const GROUPS = ['close', 'connect', 'handlers', 'listener', 'options', 'state', 'tls', 'write'];
