/** Name constraints, RFC 5280 §4.2.1.10. */
import { describe, expect, it } from 'vitest';
import { defaultProvider } from '../../../../host/tls/crypto/default.js';
import { contextConstructed } from '../../../../host/tls/x509/der.js';
import { writeElement, writeSequence } from '../../../../host/tls/x509/der-writer.js';
import { ATTRIBUTE, EXTENSION } from '../../../../host/tls/x509/oids.js';
import { TrustStore } from '../../../../host/tls/x509/trust.js';
import { verifyChain } from '../../../../host/tls/x509/verify.js';
import { cpuTime } from '../cpu.js';
import {
  altNames,
  directory,
  dns,
  email,
  extension,
  intermediate,
  ip,
  leaf,
  NOW,
  name,
  nameConstraints,
  newKey,
  otherName,
  root,
  uri,
} from '../issue.js';

const cn = (text: string) => name([ATTRIBUTE.commonName, text]);

describe('what is permitted', () => {
  it.each([
    ['a host', dns('example.com'), dns('example.com')],
    ['a host in other letters', dns('EXAMPLE.com'), dns('example.COM')],
    ['a host below', dns('example.com'), dns('a.b.example.com')],
    ['a wildcard below', dns('example.com'), dns('*.example.com')],
    ['any host', dns(''), dns('example.com')],
    ['a host below a dot', dns('.example.com'), dns('a.example.com')],
    ['an address in a network', ip(192, 0, 2, 0, 255, 255, 255, 0), ip(192, 0, 2, 77)],
    ['an IPv6 address', ip(...Array(15).fill(0), 1, ...Array(16).fill(255)), ip(...Array(15).fill(0), 1)],
    ['a mailbox', email('a@example.com'), email('a@EXAMPLE.com')],
    ['a mailbox of a host', email('example.com'), email('a@example.com')],
    ['a mailbox of a host below', email('.example.com'), email('a@b.example.com')],
    ['an asterisk, which is a letter', email('*@example.com'), email('*@example.com')],
    ['a URI of a host', uri('example.com'), uri('https://example.com/path')],
    ['a URI with user and port', uri('example.com'), uri('https://me@example.com:8443/')],
    ['a URI of a host below', uri('.example.com'), uri('ldap://a.example.com')],
    [
      'a name that begins so',
      directory(cn('leaf')),
      directory(name([ATTRIBUTE.commonName, 'LEAF '], ['2.5.4.11', 'unit'])),
    ],
    ['a form that nobody limits', dns('other.example'), email('a@example.com')],
    ['an unknown form, of which no name is there', otherName('1.2.3'), dns('example.com')],
  ])('%s', (_, permitted, subject) => {
    expect(verdict([permitted], [], subject)).toBeUndefined();
  });

  it.each([
    ['another host', dns('example.com'), dns('example.org')],
    ['a host that only ends so', dns('example.com'), dns('notexample.com')],
    ['the host itself, behind a dot', dns('.example.com'), dns('example.com')],
    ['a wildcard that reaches further', dns('foo.example.com'), dns('*.example.com')],
    ['an address elsewhere', ip(192, 0, 2, 0, 255, 255, 255, 0), ip(192, 0, 3, 1)],
    ['an address of the other family', ip(192, 0, 2, 0, 255, 255, 255, 0), ip(...Array(15).fill(0), 1)],
    ['a mailbox with another case', email('A@example.com'), email('a@example.com')],
    ['a mailbox of a host below', email('example.com'), email('a@b.example.com')],
    ['an asterisk that is no wildcard', email('*@example.com'), email('a@example.com')],
    ['a URI of a host below', uri('example.com'), uri('https://a.example.com/')],
    ['another name', directory(cn('leaf')), directory(cn('other'))],
    [
      'a name that is shorter',
      directory(name([ATTRIBUTE.commonName, 'leaf'], ['2.5.4.11', 'unit'])),
      directory(cn('leaf')),
    ],
  ])('not %s: PERMITTED_VIOLATION', (_, permitted, subject) => {
    expect(verdict([permitted], [], subject)).toBe('PERMITTED_VIOLATION');
  });

  it('one of several', () => {
    expect(verdict([dns('a.example'), dns('b.example')], [], dns('b.example'))).toBeUndefined();
  });

  it('for each name', () => {
    expect(verdict([dns('a.example')], [], dns('a.example'), dns('b.example'))).toBe('PERMITTED_VIOLATION');
  });
});

describe('what is excluded', () => {
  it.each([
    ['a host', dns('example.com'), dns('example.com')],
    ['a host below', dns('example.com'), dns('a.example.com')],
    ['a wildcard that reaches it', dns('bar.example.com'), dns('*.example.com')],
    ['a network', ip(192, 0, 2, 0, 255, 255, 255, 0), ip(192, 0, 2, 1)],
    ['every address', ip(0, 0, 0, 0, 0, 0, 0, 0), ip(192, 0, 2, 1)],
    ['a host of mailboxes', email('example.com'), email('a@example.com')],
    ['a name', directory(cn('leaf')), directory(cn('leaf'))],
  ])('%s: EXCLUDED_VIOLATION', (_, excluded, subject) => {
    expect(verdict([], [excluded], subject)).toBe('EXCLUDED_VIOLATION');
  });

  it('comes before what is permitted', () => {
    expect(verdict([dns('example.com')], [dns('example.com')], dns('example.com'))).toBe('EXCLUDED_VIOLATION');
  });

  it('leaves the rest', () => {
    expect(verdict([], [dns('a.example')], dns('b.example'), dns('*.c.a.example.org'))).toBeUndefined();
  });
});

describe('what is not understood', () => {
  it('a name of an unknown form that is limited: UNSUPPORTED_CONSTRAINT_TYPE', () => {
    expect(verdict([], [otherName('1.2.3')], otherName('1.2.3'))).toBe('UNSUPPORTED_CONSTRAINT_TYPE');
  });

  it.each([
    ['wildcard', dns('*.example.com')],
    ['two dots', dns('a..b')],
    ['address without mask', ip(192, 0, 2, 1)],
    ['mask with a gap', ip(192, 0, 2, 0, 255, 0, 255, 0)],
    ['mailbox with two at signs', email('a@b@example.com')],
  ])('a constraint with a %s: UNSUPPORTED_CONSTRAINT_SYNTAX', (_, constraint) => {
    expect(verdict([constraint], [], dns('example.com'))).toBe('UNSUPPORTED_CONSTRAINT_SYNTAX');
  });

  it.each([
    ['a dot in front', dns('example.com'), dns('.example.com')],
    ['an address with a mask', ip(192, 0, 2, 0, 255, 255, 255, 0), ip(192, 0, 2, 0, 255, 255, 255, 0)],
    ['two at signs', email('example.com'), email('a@b@example.com')],
    ['a URI without a host', uri('example.com'), uri('urn:isbn:1')],
    ['a URI of an address', uri('example.com'), uri('https://192.0.2.1/')],
  ])('a name that is limited, with %s: UNSUPPORTED_NAME_SYNTAX', (_, constraint, subject) => {
    expect(verdict([constraint], [], subject)).toBe('UNSUPPORTED_NAME_SYNTAX');
  });
});

it('a list without names is malformed, also beside one with names', () => {
  const empty = (number: number) => writeElement(contextConstructed(number));
  const full = writeElement(contextConstructed(1), writeSequence(dns('example.org')));
  for (const lists of [[], [empty(0)], [empty(1)], [empty(0), full]]) {
    const constraints = extension(EXTENSION.nameConstraints, writeSequence(...lists), true);
    const top = root({ more: [constraints] });
    expect(code([leaf(top)], top)).toBe('INVALID_EXTENSION');
  }
});

describe('to whom constraints apply', () => {
  const extensions = (...permitted: readonly Uint8Array[]) => ({ more: [nameConstraints(permitted, [])] });

  it('to the subject, where directory names are limited', () => {
    const top = root(extensions(directory(cn('leaf'))));
    expect(code([leaf(top, { subject: 'leaf' })], top)).toBeUndefined();
    expect(code([leaf(top, { subject: 'other' })], top)).toBe('PERMITTED_VIOLATION');
  });

  it('to mail addresses in the subject, when there are no alternative names', () => {
    const top = root(extensions(email('example.com')));
    const mail = (text: string) =>
      leaf(top, {
        subject: name([ATTRIBUTE.emailAddress, text]),
        extensions: { [EXTENSION.subjectAltName]: undefined },
      });
    expect(code([mail('a@example.com')], top)).toBeUndefined();
    expect(code([mail('a@example.org')], top)).toBe('PERMITTED_VIOLATION');
  });

  it('to intermediates, but for those that are self-issued; to a leaf always', () => {
    const top = root(extensions(dns('example.com')));
    const alt = { extensions: { [EXTENSION.subjectAltName]: altNames(dns('elsewhere.org')) } };
    const lower = intermediate(top, alt);
    expect(code([leaf(lower), lower.certificate], top)).toBe('PERMITTED_VIOLATION');
    const self = intermediate(top, { ...alt, subject: top.subject });
    expect(code([leaf(self), self.certificate], top)).toBeUndefined();
    expect(code([leaf(top, { ...alt, subject: top.subject })], top)).toBe('PERMITTED_VIOLATION');
  });

  it('all that stand above', () => {
    const top = root(extensions(dns('example.com')));
    const lower = intermediate(top, extensions(dns('a.example.com')));
    const host = (text: string) =>
      leaf(lower, { subject: 'leaf', extensions: { [EXTENSION.subjectAltName]: altNames(dns(text)) } });
    expect(code([host('x.a.example.com'), lower.certificate], top)).toBeUndefined();
    expect(code([host('b.example.com'), lower.certificate], top)).toBe('PERMITTED_VIOLATION');
  });

  it('thousands of names under thousands of constraints end soon', () => {
    const many = Array.from({ length: 2000 }, (_, index) => dns(`n${index}.example`));
    const top = root({ more: [nameConstraints([], many)] });
    const names = Array.from({ length: 2000 }, (_, index) => dns(`m${index}.example.com`));
    const start = cpuTime();
    const certificate = leaf(top, { subject: 'leaf', extensions: { [EXTENSION.subjectAltName]: altNames(...names) } });
    expect(code([certificate], top)).toBe('UNSPECIFIED');
    expect(cpuTime() - start).toBeLessThan(1000);
  });
});

it('thousands of constraints are not looked at on thousands of paths', () => {
  const many = Array.from({ length: 2000 }, (_, index) => ip(10, index >> 8, index, 0, 255, 255, 255, 0));
  const key = newKey();
  const top = root();
  const bound = intermediate(top, { subject: 'level 0', key, more: [nameConstraints([], many)] });
  const subjects = Array.from({ length: 6 }, (_, level) => ({
    subject: name([ATTRIBUTE.commonName, `level ${level}`]),
    key,
  }));
  const web = subjects
    .slice(1)
    .flatMap((own, level) =>
      Array.from({ length: 3 }, () => intermediate(subjects[level] as typeof own, own).certificate),
    );
  const certificate = leaf(subjects[5] as (typeof subjects)[number], { subject: 'other.org' });
  const start = cpuTime();
  expect(code([certificate, ...web, bound.certificate], top)).toBe('CERT_REJECTED');
  expect(cpuTime() - start).toBeLessThan(1000);
});

function verdict(
  permitted: readonly Uint8Array[],
  excluded: readonly Uint8Array[],
  ...names: readonly Uint8Array[]
): string | undefined {
  const top = root({ more: [nameConstraints(permitted, excluded)] });
  return code([leaf(top, { subject: 'leaf', extensions: { [EXTENSION.subjectAltName]: altNames(...names) } })], top);
}

function code(chain: Parameters<typeof verifyChain>[0]['chain'], top: ReturnType<typeof root>): string | undefined {
  const trust = TrustStore.of([top.certificate], 'private');
  return verifyChain({ chain, trust, purpose: 'server', at: NOW, provider: defaultProvider() }).code;
}
