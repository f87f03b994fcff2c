/**
 * An impossible state inside the core, told with its place: the text that a failed assertion left on WASI's standard
 * error, or the source line of a hardware trap, found in the source map beside the `.wasm`.
 * Not for: anything a peer can cause, nor a user but by taking away memory that is shared (`split.ts`).
 */

/** The core has failed and holds nothing that could be trusted any more; every later call throws the same fault. */
export class CoreFault extends Error {
  override readonly name = 'CoreFault';
  readonly code = 'ERR_CORE_FAULT';
}

/**
 * @param thrown what the call into WebAssembly threw
 * @param standardError what the core wrote before it ended, "message at file:line:column" or nothing
 * @param origin where the `.wasm` was loaded from; its map lies beside it
 */
export function coreFault(thrown: unknown, standardError: string, origin: URL | undefined): CoreFault {
  const { message, place } = assertion(standardError) ?? trap(thrown, origin);
  return new CoreFault(`core fault at ${place}: ${message}`, { cause: thrown });
}

interface Report {
  message: string;
  place: string;
}

function assertion(text: string): Report | undefined {
  const match = /^(.*) at (\S+:\d+:\d+)\s*$/s.exec(text);
  return match === null ? undefined : { message: match[1] as string, place: match[2] as string };
}

function trap(thrown: unknown, origin: URL | undefined): Report {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const hexadecimal =
    thrown instanceof Error ? /wasm-function\[\d+\]:0x([0-9a-f]+)/.exec(thrown.stack ?? '')?.[1] : undefined;
  if (hexadecimal === undefined) return { message, place: 'an unknown place' };
  const offset = Number.parseInt(hexadecimal, 16);
  return { message, place: sourceLine(offset, origin) ?? `offset 0x${hexadecimal}` };
}

/** Only Node can read the map, and only a map on disk; elsewhere the offset has to do. */
function sourceLine(offset: number, origin: URL | undefined): string | undefined {
  if (origin?.protocol !== 'file:' || typeof globalThis.process?.getBuiltinModule !== 'function') return undefined;
  try {
    const { readFileSync } = process.getBuiltinModule('node:fs');
    const { SourceMap } = process.getBuiltinModule('node:module');
    const map = new SourceMap(JSON.parse(readFileSync(new URL(`${origin.href}.map`), 'utf8')));
    const entry = map.findEntry(0, offset);
    if (!('originalSource' in entry) || entry.originalSource === undefined) return undefined;
    return `${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  } catch {
    return undefined;
  }
}
