/**
 * What an HTTP server has to show: a directory on disk, or pages in memory.
 * Not for: HTTP (`server.ts`).
 */
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

export interface Resource {
  /** Media type. */
  type: string;
  /** In bytes. */
  length: number;
  /** The bytes, `length` of them. */
  chunks(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** What a path leads to: something to send, another path to ask for, or nothing. */
export type Site = (path: string) => Promise<Resource | { location: string } | undefined>;

/** Pages that lie in memory, by path. */
export function memorySite(pages: Readonly<Record<string, { type: string; content: Uint8Array }>>): Site {
  return async (path) => {
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
    return page && { type: page.type, length: page.content.length, chunks: () => [page.content] };
  };
}

/**
 * The files below a directory; directories show their `index.html`, or a list. Links that lead out of it lead nowhere.
 * @throws Error of `node:fs` when there is no such directory
 */
export async function directorySite(directory: string): Promise<Site> {
  const root = await realpath(directory);
  if (!(await stat(root)).isDirectory()) throw new Error(`${directory} is no directory`);
  return async (path) => {
    const file = await inside(root, path);
    if (file === undefined) return undefined;
    const found = await stat(file);
    if (found.isFile()) return path.endsWith('/') ? undefined : fileResource(file);
    if (!found.isDirectory()) return undefined;
    if (!path.endsWith('/')) return { location: `${encodeURI(path)}/` };
    const index = await inside(root, `${path}index.html`);
    return index !== undefined && (await stat(index)).isFile() ? fileResource(index) : listing(file, path);
  };
}

/** @returns the file's real path, `undefined` when there is none in `root` */
async function inside(root: string, path: string): Promise<string | undefined> {
  if (path.includes('\0')) return undefined;
  const file = await realpath(join(root, path)).catch(() => undefined);
  const prefix = root.endsWith(sep) ? root : root + sep;
  return file === root || file?.startsWith(prefix) ? file : undefined;
}

/** The length is that of the file when it is asked for: a file that grows meanwhile is cut there. */
async function fileResource(file: string): Promise<Resource> {
  const { size } = await stat(file);
  return { type: TYPES.get(extname(file)) ?? 'application/octet-stream', length: size, chunks: () => read(file, size) };
}

async function* read(file: string, length: number): AsyncIterable<Uint8Array> {
  const handle = await open(file);
  try {
    for (let position = 0; position < length; ) {
      const buffer = Buffer.allocUnsafe(Math.min(CHUNK, length - position));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0) throw new Error(`${file} has become shorter`);
      yield buffer.subarray(0, bytesRead);
      position += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

async function listing(directory: string, path: string): Promise<Resource> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort();
  const items = (path === '/' ? names : ['../', ...names]).map(
    (name) => `<li><a href="./${escapeHtml(encodeURIComponent(name).replaceAll('%2F', '/'))}">${escapeHtml(name)}</a>`,
  );
  const title = escapeHtml(path);
  const page = Buffer.from(`<!doctype html><meta charset="utf-8"><title>${title}</title><h1>${title}</h1>
<ul>\n${items.join('\n')}\n</ul>\n`);
  return { type: 'text/html; charset=utf-8', length: page.length, chunks: () => [page] };
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

const CHUNK = 256 * 1024;

const TYPES = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.mjs', 'text/javascript; charset=utf-8'],
  ['.json', 'application/json'],
  ['.md', 'text/markdown; charset=utf-8'],
  ['.txt', 'text/plain; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.png', 'image/png'],
  ['.jpg', 'image/jpeg'],
  ['.gif', 'image/gif'],
  ['.pdf', 'application/pdf'],
  ['.wasm', 'application/wasm'],
]);
