/**
 * Reading single options with Bun's checks and words: absent is `undefined` or `null`, a wrong type throws at once.
 * Not for: what the options mean (`../options.ts`).
 */

/** The object that a program gave. Each property is read once. */
export type Source = Readonly<Record<string, unknown>>;

export function readString(source: Source, name: string): string | undefined {
  const value = source[name] ?? undefined;
  if (value === undefined || typeof value === 'string') return value;
  throw wrongType(`TLSOptions.${name} must be a string`);
}

export function readBoolean(source: Source, name: string): boolean | undefined {
  const value = source[name] ?? undefined;
  if (value === undefined || typeof value === 'boolean') return value;
  throw wrongType(`TLSOptions.${name} must be a boolean`);
}

export function readNumber(source: Source, name: string): number | undefined {
  const value = source[name] ?? undefined;
  if (value === undefined || typeof value === 'number') return value;
  throw wrongType(`TLSOptions.${name} must be a number`);
}

/** The bytes of a buffer or a view, not copied; `undefined` for everything else. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (typeof SharedArrayBuffer !== 'undefined' && value instanceof SharedArrayBuffer) return new Uint8Array(value);
  return ArrayBuffer.isView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : undefined;
}

export function wrongType(message: string): TypeError {
  return Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_TYPE' });
}

export function wrongValue(message: string, code = 'ERR_INVALID_ARG_VALUE', cause?: unknown): Error {
  return Object.assign(new Error(message, cause === undefined ? {} : { cause }), { code });
}
