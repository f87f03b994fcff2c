/**
 * Whether a certificate is for a host (RFC 9525, RFC 5280 §4.2.1.6): subject alternative names only, never the common name.
 * Not for: name constraints (`path/constraints.ts`); distinguished names (`name.ts`).
 */
import ipaddr from 'ipaddr.js';
import type { Certificate } from './certificate.js';
import { equalBytes } from './der.js';
import { altNameText } from './general-name.js';

/**
 * @param name a host name, with or without a dot at its end, or an IPv4 or IPv6 address, without brackets
 * @returns `undefined` when the certificate is for it, otherwise a sentence in Node's words that says why not
 * @throws DerError when the subject alternative name extension is malformed
 */
export function nameMismatch(certificate: Certificate, name: string): string | undefined {
  const names = certificate.subjectAltName ?? [];
  const address = addressBytes(name);
  const matches =
    address === undefined
      ? names.some((entry) => entry.kind === 'dns' && matchesHost(entry.text, name))
      : names.some((entry) => entry.kind === 'ip' && equalBytes(entry.bytes, address));
  if (matches) return undefined;
  return `Hostname/IP does not match certificate's altnames: ${reason(certificate, name, address !== undefined)}`;
}

/**
 * RFC 9525 §6.3: label by label without regard to case; `*` stands for exactly one label, as the whole left-most one, and
 * has at least two labels behind it, so that nobody gets a whole top-level domain.
 */
export function matchesHost(presented: string, host: string): boolean {
  const pattern = presented.toLowerCase();
  const reference = asciiHost(host)?.toLowerCase();
  if (reference === undefined || !isHostName(reference)) return false;
  if (!pattern.startsWith('*.')) return isHostName(pattern) && pattern === reference;
  const base = pattern.slice(2);
  const dot = reference.indexOf('.');
  return isHostName(base) && base.includes('.') && dot > 0 && reference.slice(dot + 1) === base;
}

/**
 * Labels of letters, digits, hyphens and, since they are met, underscores; no address in disguise (RFC 1123 §2.1).
 * An empty label, so a dot at the end, is none.
 */
export function isHostName(name: string): boolean {
  return name.length <= 253 && name.split('.').every((label) => LABEL.test(label)) && !/(^|\.)\d+$/.test(name);
}

/** 4 or 16 bytes; `undefined` when it is no address. An IPv4 address has four decimal numbers, an IPv6 one no zone. */
export function addressBytes(text: string): Uint8Array | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return Uint8Array.from(ipaddr.IPv4.parse(text).toByteArray());
  if (!text.includes(':') || text.includes('%') || !ipaddr.IPv6.isValid(text)) return undefined;
  return Uint8Array.from(ipaddr.IPv6.parse(text).toByteArray());
}

/** A host name in A-labels (RFC 5891), without the dot that says that nothing follows; `undefined` where there are none for it. */
export function asciiHost(host: string): string | undefined {
  const name = host.endsWith('.') ? host.slice(0, -1) : host;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII
  if (/^[\x00-\x7f]*$/.test(name)) return name;
  try {
    return new URL(`http://${name}/`).hostname;
  } catch {
    return undefined;
  }
}

function reason(certificate: Certificate, name: string, isAddress: boolean): string {
  const names = certificate.subjectAltName ?? [];
  if (isAddress) {
    const addresses = names
      .filter(({ kind }) => kind === 'ip')
      .map((entry) => altNameText([entry]).slice('IP Address:'.length));
    return `IP: ${name} is not in the cert's list: ${addresses.join(', ')}`;
  }
  if (names.length === 0) return 'Cert does not contain a DNS name';
  return `Host: ${name.replace(/\.$/, '')}. is not in the cert's altnames: ${altNameText(names)}`;
}

const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/i;
