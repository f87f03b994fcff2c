/**
 * Turns values into what two runs, two machines and two runtimes can agree on: ports and addresses by name, bytes by
 * length and content, errors by their fields, sockets by their actor. Not for: what is recorded when (`probe.ts`).
 */

export class Normaliser {
  /** What to call objects that have a name. */
  readonly names = new WeakMap<object, string>();
  readonly ports = new Map<unknown, string>();

  constructor(
    private readonly host: string,
    private readonly host6: string,
  ) {}

  text(text: string): string {
    let result = text;
    for (const [port, name] of this.ports) {
      result = result.replace(new RegExp(`(^|[^0-9])${port}(?![0-9])`, 'g'), `$1${name}`);
    }
    return result.replaceAll(this.host, '<host>').replaceAll(`[${this.host6}]`, '[<host6>]');
  }

  port(port: unknown): unknown {
    return this.ports.get(port) ?? (typeof port === 'number' ? (port === 0 ? 0 : '<ephemeral>') : this.value(port));
  }

  value(value: unknown, depth = 0): unknown {
    if (value === null || typeof value === 'boolean') return value;
    if (typeof value === 'number') return Number.isFinite(value) ? value : `$${value}`;
    if (typeof value === 'string') return this.text(value);
    if (typeof value === 'bigint') return `$bigint:${value}`;
    if (typeof value === 'symbol') return `$${String(value)}`;
    if (typeof value === 'object') return this.#object(value, depth);
    return value === undefined ? '$undefined' : '$function';
  }

  #object(value: object, depth: number): unknown {
    const name = this.names.get(value);
    if (name !== undefined) return `<${name}>`;
    if (isBytes(value)) return { $bytes: value.constructor.name, ...summary(bytesOf(value)) };
    if (isError(value)) return this.#error(value, depth);
    if ('then' in value && typeof value.then === 'function') return '$promise';
    if (depth > DEPTH) return Array.isArray(value) ? '$array' : '$object';
    if (Array.isArray(value)) return value.map((each) => this.value(each, depth + 1));
    const tag = Object.prototype.toString.call(value).slice('[object '.length, -1);
    const members = Object.entries(value).map(([key, each]) => [key, this.value(each, depth + 1)]);
    return { ...(tag !== 'Object' && { $tag: tag }), ...Object.fromEntries(members) };
  }

  #error(error: Error, depth: number): object {
    const fields = error as unknown as Record<string, unknown>;
    const known = ERROR_FIELDS.filter((key) => fields[key] !== undefined).map((key) => {
      if (key === 'port') return [key, this.ports.get(fields[key]) ?? '<port>'];
      return [key, key === 'fd' ? '<fd>' : this.value(fields[key], depth + 1)];
    });
    const cause = error.cause === undefined ? {} : { cause: this.value(error.cause, depth + 1) };
    const { name, message } = error;
    return {
      $error: error.constructor?.name ?? '?',
      name,
      message: this.text(message),
      ...Object.fromEntries(known),
      ...cause,
    };
  }
}

/** The bytes of anything that holds some, or of a text. */
export function bytesOf(value: unknown): Uint8Array {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return new TextEncoder().encode(String(value));
}

/** Few bytes as they are, many by a hash (FNV-1a). */
export function summary(bytes: Uint8Array): object {
  const len = bytes.length;
  if (len > SHOWN) return { len, fnv: hash(bytes) };
  if (bytes.every((byte) => byte >= 0x20 && byte <= 0x7e)) return { len, text: String.fromCharCode(...bytes) };
  return { len, hex: Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('') };
}

export function concatenate(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

function isBytes(value: object): boolean {
  return value instanceof ArrayBuffer || ArrayBuffer.isView(value);
}

function isError(value: object): value is Error {
  return value instanceof Error || ('message' in value && typeof value.message === 'string' && 'stack' in value);
}

function hash(bytes: Uint8Array): string {
  let result = 0x811c9dc5;
  for (const byte of bytes) result = Math.imul(result ^ byte, 0x01000193);
  return (result >>> 0).toString(16).padStart(8, '0');
}

const ERROR_FIELDS = 'code errno syscall address port reason host fd hostname library function'.split(' ');
const DEPTH = 4;
const SHOWN = 48;
