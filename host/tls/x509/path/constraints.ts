/**
 * Name constraints (RFC 5280 §4.2.1.10, §6.1.3 (b), (c)): DNS, IP, directory names, e-mail and URIs. A constraint or a name
 * that is not understood, and meets the other, rejects. Not for: whether a certificate is for a host (`../names.ts`).
 */
import type { Certificate } from '../certificate.js';
import type { GeneralName } from '../general-name.js';
import { addressBytes, isHostName } from '../names.js';
import { ATTRIBUTE } from '../oids.js';
import { type Failure, failure } from './failure.js';

/** How many looks at a constraint are left, over all paths that are tried: lists of thousands multiply. */
export interface NameBudget {
  comparisons: number;
}

/**
 * @param path leaf first, trust anchor last
 * @throws DerError
 */
export function checkNameConstraints(path: readonly Certificate[], budget: NameBudget): Failure | undefined {
  for (const [index, authority] of path.entries()) {
    if (authority.nameConstraints === undefined) continue;
    for (const [below, certificate] of path.slice(0, index).entries()) {
      // §6.1.3: self-issued certificates are spared, unless they are the last.
      if (below > 0 && certificate.selfIssued) continue;
      const found = checkNames(certificate, authority, budget);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function checkNames(certificate: Certificate, authority: Certificate, budget: NameBudget): Failure | undefined {
  const { permitted = [], excluded = [] } = authority.nameConstraints ?? {};
  budget.comparisons -= permitted.length + excluded.length;
  if (budget.comparisons < 0) return failure('UNSPECIFIED', `too much to do for the name constraints of ${authority}`);
  const malformed = [...permitted, ...excluded].find((constraint) => !isConstraint(constraint));
  if (malformed !== undefined) {
    return failure('UNSUPPORTED_CONSTRAINT_SYNTAX', `${authority} has a malformed ${malformed.kind} name constraint`);
  }
  const inside = byKind(permitted);
  const outside = byKind(excluded);
  for (const name of namesOf(certificate)) {
    const found = checkName(name, inside.get(name.kind) ?? [], outside.get(name.kind) ?? [], budget);
    if (found !== undefined) {
      return failure(found, `the ${name.kind} name of ${certificate} against the name constraints of ${authority}`);
    }
  }
  return undefined;
}

function byKind(names: readonly GeneralName[]): ReadonlyMap<GeneralName['kind'], readonly GeneralName[]> {
  const found = new Map<GeneralName['kind'], GeneralName[]>();
  for (const name of names) {
    const same = found.get(name.kind);
    if (same === undefined) found.set(name.kind, [name]);
    else same.push(name);
  }
  return found;
}

function checkName(
  name: GeneralName,
  permitted: readonly GeneralName[],
  excluded: readonly GeneralName[],
  budget: NameBudget,
): Failure['code'] | undefined {
  const count = permitted.length + excluded.length;
  if (count === 0) return undefined;
  budget.comparisons -= count;
  if (budget.comparisons < 0) return 'UNSPECIFIED';
  if (!SUPPORTED.has(name.kind)) return 'UNSUPPORTED_CONSTRAINT_TYPE';
  if (!isConstrainable(name)) return 'UNSUPPORTED_NAME_SYNTAX';
  if (excluded.some((constraint) => within(name, constraint) || canReach(name, constraint)))
    return 'EXCLUDED_VIOLATION';
  if (permitted.length > 0 && !permitted.some((constraint) => within(name, constraint))) return 'PERMITTED_VIOLATION';
  return undefined;
}

/** What constraints apply to: alternative names, the subject, and e-mail addresses in it when there is no alternative. */
function namesOf(certificate: Certificate): readonly GeneralName[] {
  const { subject, subjectAltName } = certificate;
  const names: GeneralName[] = [...(subjectAltName ?? [])];
  if (!subject.empty) names.push({ kind: 'directory', name: subject, raw: subject.raw });
  if (subjectAltName === undefined) {
    for (const text of subject.all(ATTRIBUTE.emailAddress)) names.push({ kind: 'email', text, raw: subject.raw });
  }
  return names;
}

function within(name: GeneralName, constraint: GeneralName): boolean {
  if (name.kind === 'dns' && constraint.kind === 'dns') return hostWithin(name.text, constraint.text);
  if (name.kind === 'ip' && constraint.kind === 'ip') return addressWithin(name.bytes, constraint.bytes);
  if (name.kind === 'directory' && constraint.kind === 'directory') return name.name.within(constraint.name);
  if (name.kind === 'email' && constraint.kind === 'email') return mailboxWithin(name.text, constraint.text);
  if (name.kind === 'uri' && constraint.kind === 'uri') return uriWithin(name.text, constraint.text);
  return false;
}

/** `example.com` is itself and all below; nothing is everything. A dot in front, which some write, leaves out itself. */
function hostWithin(host: string, constraint: string): boolean {
  const [name, base] = [host.toLowerCase(), constraint.toLowerCase()];
  if (base === '') return true;
  return base.startsWith('.') ? name.endsWith(base) : name === base || name.endsWith(`.${base}`);
}

/** Whether a wildcard also stands for a name that is excluded: `*.example.com` for `bar.example.com`. */
function canReach(name: GeneralName, constraint: GeneralName): boolean {
  if (name.kind !== 'dns' || constraint.kind !== 'dns' || !name.text.startsWith('*.')) return false;
  const base = constraint.text.toLowerCase().replace(/^\./, '');
  return base.slice(base.indexOf('.') + 1) === name.text.slice(2).toLowerCase();
}

/** Address and mask; an address of the other family is not within. */
function addressWithin(address: Uint8Array, constraint: Uint8Array): boolean {
  const size = address.length;
  if (constraint.length !== 2 * size) return false;
  return address.every((byte, index) => ((byte ^ (constraint[index] ?? 0)) & (constraint[size + index] ?? 0)) === 0);
}

/** A mailbox is itself (RFC 5321 §2.4: case counts in its local part), `example.com` a host, `.example.com` hosts below. */
function mailboxWithin(mailbox: string, constraint: string): boolean {
  const [local, host] = splitMailbox(mailbox);
  if (!constraint.includes('@')) return hostEquals(host, constraint);
  const [permittedLocal, permittedHost] = splitMailbox(constraint);
  return local === permittedLocal && host.toLowerCase() === permittedHost.toLowerCase();
}

function uriWithin(uri: string, constraint: string): boolean {
  const host = uriHost(uri);
  return host !== undefined && hostEquals(host, constraint);
}

/** A host, or with a dot in front all hosts below it. */
function hostEquals(host: string, constraint: string): boolean {
  const [name, base] = [host.toLowerCase(), constraint.toLowerCase()];
  return base.startsWith('.') ? name.endsWith(base) : name === base;
}

/** Whether it is clear what a constraint of a supported kind means. */
function isConstraint(constraint: GeneralName): boolean {
  switch (constraint.kind) {
    case 'dns':
      return constraint.text === '' || isHostName(constraint.text.replace(/^\./, ''));
    case 'ip':
      return (constraint.bytes.length === 8 || constraint.bytes.length === 32) && isMask(constraint.bytes);
    case 'email':
      return constraint.text.includes('@')
        ? isMailbox(constraint.text)
        : isHostName(constraint.text.replace(/^\./, ''));
    case 'uri':
      return isHostName(constraint.text.replace(/^\./, ''));
    default:
      return true;
  }
}

/** Whether it is clear what a name of a supported kind stands for. */
function isConstrainable(name: GeneralName): boolean {
  switch (name.kind) {
    case 'dns':
      return isHostName(name.text.replace(/^\*\./, ''));
    case 'ip':
      return name.bytes.length === 4 || name.bytes.length === 16;
    case 'email':
      return isMailbox(name.text);
    case 'uri': {
      const host = uriHost(name.text);
      return host !== undefined && isHostName(host); // §4.2.1.10: an authority, and not an address
    }
    default:
      return true;
  }
}

/** Ones, then zeros (RFC 4632). */
function isMask(constraint: Uint8Array): boolean {
  const bits = Array.from(constraint.subarray(constraint.length / 2), (byte) => byte.toString(2).padStart(8, '0')).join(
    '',
  );
  return /^1*0*$/.test(bits);
}

/** One `@` with something in front and a host behind; quoted local parts are not understood. */
function isMailbox(text: string): boolean {
  const [local, host] = splitMailbox(text);
  return /^[!#-'*+\-/-9=?A-Z^-~.]+$/.test(local) && isHostName(host);
}

function splitMailbox(text: string): [local: string, host: string] {
  const at = text.lastIndexOf('@');
  return [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
}

/** RFC 3986 §3.2.2 */
function uriHost(uri: string): string | undefined {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(uri)?.[1];
  const host = authority?.replace(/^.*@/, '').replace(/:\d*$/, '');
  return host === undefined || addressBytes(host) !== undefined ? undefined : host;
}

const SUPPORTED = new Set<GeneralName['kind']>(['dns', 'ip', 'directory', 'email', 'uri']);
