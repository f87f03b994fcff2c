/**
 * The data of DNS records as zone files write it (RFC 1035 §5.1; RFC 3597 for what is unknown). Bytes that a terminal could
 * obey are escaped. Not for: names and addresses, which are texts already (`../../dns/message/`).
 */
export function dataText(type: string, data: unknown): string {
  if (data instanceof Uint8Array) return `\\# ${data.length} ${Buffer.from(data).toString('hex')}`.trimEnd();
  if (type === 'TXT') return texts(data).map(quoted).join(' ');
  if (NAMES.has(type)) return name(data);
  if (typeof data === 'string') return safe(data);
  const fields = data as { [field: string]: unknown };
  const order = FIELDS[type];
  if (order === undefined) return safe(JSON.stringify(data));
  return order.map((field) => (NAME_FIELDS.has(field) ? name(fields[field]) : safe(String(fields[field])))).join(' ');
}

function texts(data: unknown): Uint8Array[] {
  return (Array.isArray(data) ? data : [data]).map((text) => Buffer.from(text as string));
}

function quoted(bytes: Uint8Array): string {
  const letters = Array.from(bytes, (byte) => {
    if (byte < 0x20 || byte > 0x7e) return `\\${String(byte).padStart(3, '0')}`;
    return byte === 0x22 || byte === 0x5c ? `\\${String.fromCharCode(byte)}` : String.fromCharCode(byte);
  });
  return `"${letters.join('')}"`;
}

function name(value: unknown): string {
  const text = safe(String(value));
  return text.endsWith('.') ? text : `${text}.`;
}

function safe(text: string): string {
  return text.replace(/[^ -~]/gu, (letter) => `\\${String(letter.codePointAt(0)).padStart(3, '0')}`);
}

const NAMES = new Set(['CNAME', 'NS', 'PTR', 'DNAME']);
/** In the order in which zone files have them; names of dns-packet's. */
const FIELDS: { readonly [type: string]: readonly string[] | undefined } = {
  MX: ['preference', 'exchange'],
  SRV: ['priority', 'weight', 'port', 'target'],
  SOA: ['mname', 'rname', 'serial', 'refresh', 'retry', 'expire', 'minimum'],
  CAA: ['flags', 'tag', 'value'],
  HINFO: ['cpu', 'os'],
};
const NAME_FIELDS = new Set(['exchange', 'target', 'mname', 'rname']);
