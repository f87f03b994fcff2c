/** What public authorities have to do, one broken rule at a time. */
import { describe, expect, it } from 'vitest';
import { defaultProvider } from '../../../../host/tls/crypto/default.js';
import { contextTag } from '../../../../host/tls/x509/der.js';
import {
  writeElement,
  writeInteger,
  writeNull,
  writeOctetString,
  writeSequence,
} from '../../../../host/tls/x509/der-writer.js';
import { KEY_USAGE } from '../../../../host/tls/x509/extensions.js';
import { ATTRIBUTE, EXTENSION, USAGE } from '../../../../host/tls/x509/oids.js';
import type { Profile } from '../../../../host/tls/x509/path/conformance.js';
import { TrustStore } from '../../../../host/tls/x509/trust.js';
import { verifyChain } from '../../../../host/tls/x509/verify.js';
import {
  altNames,
  basicConstraints,
  directory,
  dns,
  extendedKeyUsage,
  extension,
  intermediate,
  ip,
  keyIdentifier,
  keyUsage,
  leaf,
  NOW,
  name,
  nameConstraints,
  newKey,
  newRsaKey,
  type Recipe,
  RSA_SHA256,
  root,
} from '../issue.js';

const { authorityKeyIdentifier, subjectKeyIdentifier, subjectAltName } = EXTENSION;
const key = newKey();
const keyId = writeElement(contextTag(0), keyIdentifier(key));

/** What an authority of one's own may do. */
const SPARED: readonly string[] = [
  'has the serial number 0',
  'has a negative serial number',
  'has a serial number of 21 bytes',
  'has no authority key identifier',
  'is for any usage',
  'has an underscore in a name',
  'has basic constraints that are not critical',
  'has no subject key identifier',
  'has DNS constraints with a dot',
  'names its issuer by number',
  'names its issuer by name',
];

/** Extensions other than by default. */
const own = (extensions: Recipe['extensions']): Recipe => ({ extensions: extensions ?? {} });
const common = (text: string, ...names: readonly Uint8Array[]): Recipe => ({
  subject: text,
  ...own({ [subjectAltName]: altNames(...names) }),
});

describe.each<[string, Recipe, string]>([
  ['has the serial number 0', { serial: Uint8Array.of(0) }, 'CERT_REJECTED'],
  ['has a negative serial number', { serial: Uint8Array.of(0x80) }, 'CERT_REJECTED'],
  ['has a serial number of 21 bytes', { serial: new Uint8Array(21).fill(1) }, 'CERT_REJECTED'],
  ['has no authority key identifier', own({ [authorityKeyIdentifier]: undefined }), 'MISSING_AUTHORITY_KEY_IDENTIFIER'],
  [
    'has a subject key identifier that is critical',
    own({ [subjectKeyIdentifier]: extension(subjectKeyIdentifier, writeOctetString(Uint8Array.of(1)), true) }),
    'SUBJECT_KEY_IDENTIFIER_CRITICAL',
  ],
  ['is an authority', own({ [EXTENSION.basicConstraints]: basicConstraints(true) }), 'INVALID_PURPOSE'],
  [
    'is no authority and may sign certificates',
    own({ [EXTENSION.keyUsage]: keyUsage(KEY_USAGE.keyCertSign | KEY_USAGE.digitalSignature) }),
    'KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA',
  ],
  [
    'is no authority and has a path length',
    own({ [EXTENSION.basicConstraints]: basicConstraints(false, 1) }),
    'PATHLEN_INVALID_FOR_NON_CA',
  ],
  ['has name constraints', { more: [nameConstraints([dns('example.com')], [])] }, 'CERT_REJECTED'],
  ['has an empty subject and names that are not critical', { subject: name() }, 'EMPTY_SUBJECT_SAN_NOT_CRITICAL'],
  [
    'has a subject and names that are critical',
    own({ [subjectAltName]: extension(subjectAltName, writeSequence(dns('example.com')), true) }),
    'CERT_REJECTED',
  ],
  [
    'is for any usage',
    own({ [EXTENSION.extendedKeyUsage]: extendedKeyUsage(USAGE.serverAuth, USAGE.any) }),
    'INVALID_PURPOSE',
  ],
  ['has an underscore in a name', common('leaf', dns('a_b.example.com')), 'CERT_REJECTED'],
  ['has an address as a name', common('leaf', dns('192.0.2.1')), 'CERT_REJECTED'],
  ['has a common name of somewhere else', common('b.example.com', dns('a.example.com')), 'CERT_REJECTED'],
  ['has a common name in other letters', common('Example.COM', dns('example.com')), 'CERT_REJECTED'],
  ['has a common name that is another address', common('192.0.2.2', ip(192, 0, 2, 1)), 'CERT_REJECTED'],
  ['has a common name that is an address in hexadecimal', common('0xC0000201', ip(192, 0, 2, 1)), 'CERT_REJECTED'],
  ['has a common name that is an address with zeros', common('192.000.002.001', ip(192, 0, 2, 1)), 'CERT_REJECTED'],
  [
    'has a common name that is an IPv6 address in capitals',
    common('::A', ip(...Array(15).fill(0), 10)),
    'CERT_REJECTED',
  ],
  [
    'has a common name that is an IPv6 address in full',
    common('0:0:0:0:0:0:0:a', ip(...Array(15).fill(0), 10)),
    'CERT_REJECTED',
  ],
  ['has an RSA key of 2052 bits', { key: newRsaKey(2052) }, 'CERT_REJECTED'],
])('a leaf that %s', (what, recipe, expected) => {
  it(`is refused: ${expected}`, () => {
    const top = root();
    expect(code([leaf(top, recipe)], top, 'strict')).toBe(expected);
    expect(code([leaf(top, recipe)], top, 'public')).toBe(expected);
    expect(code([leaf(top, recipe)], top, 'private')).toBe(SPARED.includes(what) ? undefined : expected);
  });
});

describe.each<[string, Recipe, string]>([
  [
    'has basic constraints that are not critical',
    own({ [EXTENSION.basicConstraints]: basicConstraints(true, undefined, false) }),
    'CA_BCONS_NOT_CRITICAL',
  ],
  ['has no subject key identifier', own({ [subjectKeyIdentifier]: undefined }), 'MISSING_SUBJECT_KEY_IDENTIFIER'],
  ['has DNS constraints with a dot', { more: [nameConstraints([dns('.com')], [])] }, 'UNSUPPORTED_CONSTRAINT_SYNTAX'],
  [
    'names its issuer by number',
    own({
      [authorityKeyIdentifier]: extension(
        authorityKeyIdentifier,
        writeSequence(keyId, writeElement(contextTag(2), Uint8Array.of(1))),
      ),
    }),
    'CERT_REJECTED',
  ],
  [
    'names its issuer by name',
    own({
      [authorityKeyIdentifier]: extension(
        authorityKeyIdentifier,
        writeSequence(keyId, writeElement(0xa1, directory(name([ATTRIBUTE.commonName, 'x'])))),
      ),
    }),
    'CERT_REJECTED',
  ],
  [
    'has an authority key identifier that is critical',
    own({ [authorityKeyIdentifier]: extension(authorityKeyIdentifier, writeSequence(keyId), true) }),
    'AUTHORITY_KEY_IDENTIFIER_CRITICAL',
  ],
  [
    'has policy constraints that are not critical',
    { more: [extension(EXTENSION.policyConstraints, writeSequence(writeElement(0x81, Uint8Array.of(0))))] },
    'CERT_REJECTED',
  ],
  [
    'inhibits any policy, not critically',
    { more: [extension(EXTENSION.inhibitAnyPolicy, writeInteger(0))] },
    'CERT_REJECTED',
  ],
])('an authority that %s', (what, recipe, expected) => {
  it(`is refused: ${expected}`, () => {
    const top = root({ key });
    const lower = intermediate(top, recipe);
    const chain = [leaf(lower), lower.certificate];
    expect(code(chain, top, 'strict')).toBe(expected);
    expect(code(chain, top, 'public')).toBe(expected);
    expect(code(chain, top, 'private')).toBe(SPARED.includes(what) ? undefined : expected);
  });

  it('is refused as an anchor by the strictest alone', () => {
    const top = root({ key, ...recipe });
    expect(code([leaf(top)], top, 'strict')).toBe(expected);
    expect(code([leaf(top)], top, 'public')).toBeUndefined();
  });
});

describe('an anchor', () => {
  it.each<[string, Recipe, string]>([
    [
      'that names another key than its own',
      own({
        [authorityKeyIdentifier]: extension(
          authorityKeyIdentifier,
          writeSequence(writeElement(contextTag(0), Uint8Array.of(1))),
        ),
      }),
      'CERT_REJECTED',
    ],
    [
      'with an authority key identifier without a key',
      own({ [authorityKeyIdentifier]: extension(authorityKeyIdentifier, writeSequence()) }),
      'MISSING_AUTHORITY_KEY_IDENTIFIER',
    ],
    [
      'with an extended key usage',
      own({ [EXTENSION.extendedKeyUsage]: extendedKeyUsage(USAGE.serverAuth) }),
      'INVALID_PURPOSE',
    ],
    ['with an RSA key of 2052 bits', { key: newRsaKey(2052), algorithm: RSA_SHA256 }, 'CERT_REJECTED'],
  ])('%s is refused by the strictest alone', (_, recipe, expected) => {
    const top = root(recipe);
    const certificate = leaf(top, recipe.algorithm === undefined ? {} : { algorithm: recipe.algorithm });
    expect(code([certificate], top, 'strict')).toBe(expected);
    expect(code([certificate], top, 'public')).toBeUndefined();
  });

  it('may leave out its authority key identifier when it signed itself, and have the serial number 0', () => {
    const top = root({ serial: Uint8Array.of(0) });
    expect(code([leaf(top)], top, 'strict')).toBeUndefined();
    const other = intermediate(root(), own({ [authorityKeyIdentifier]: undefined }));
    expect(code([leaf(other)], other, 'strict')).toBe('MISSING_AUTHORITY_KEY_IDENTIFIER');
  });
});

it('name constraints that are not critical are for the Baseline Requirements, not for RFC 5280', () => {
  const top = root({ more: [nameConstraints([dns('example.com')], [], false)] });
  expect(code([leaf(top)], top, 'strict')).toBe('CERT_REJECTED');
  const lower = intermediate(root({ key }), { more: [nameConstraints([dns('example.com')], [], false)] });
  expect(code([leaf(lower), lower.certificate], root({ key }), 'public')).toBeUndefined();
});

it('who identifies its own key identifies its authority’s, too', () => {
  const top = root();
  const own = extension(subjectKeyIdentifier, writeOctetString(Uint8Array.of(1)));
  const recipe = { extensions: { [authorityKeyIdentifier]: undefined, [subjectKeyIdentifier]: own } };
  expect(code([leaf(top, recipe)], top, 'private')).toBe('MISSING_AUTHORITY_KEY_IDENTIFIER');
});

it.each<[string, Recipe]>([
  ['the parent of a name', common('example.com', dns('*.example.com'))],
  ['one of the addresses', common('192.0.2.1', ip(192, 0, 2, 1))],
  ['an IPv6 address as it is written', common('::a', ip(...Array(15).fill(0), 10))],
  ['no name of a host', common('A person', dns('example.com'))],
])('a common name may be %s', (_, recipe) => {
  const top = root();
  expect(code([leaf(top, recipe)], top, 'strict')).toBeUndefined();
});

it('what is not known and not critical is nobody’s business', () => {
  const top = root();
  expect(code([leaf(top, { more: [extension('1.2.3', writeNull())] })], top, 'strict')).toBeUndefined();
});

function code(
  chain: Parameters<typeof verifyChain>[0]['chain'],
  top: ReturnType<typeof root>,
  profile: Profile,
): string | undefined {
  const trust = TrustStore.of([top.certificate], profile);
  return verifyChain({ chain, trust, purpose: 'server', at: NOW, provider: defaultProvider() }).code;
}
