/**
 * The cipher-list language of OpenSSL (openssl-ciphers(1)), over the suites that are spoken here. Names of TLS 1.3 suites may
 * stand in the same list, as in Node. Not for: what suites are (`../parameters.ts`).
 */
import { type CipherSuite, SUITES, type SuiteName, TLS12, TLS13 } from '../parameters.js';
import { wrongValue } from './reading.js';

/**
 * The suites that a list allows, by preference. Words apply to TLS 1.2; without the name of a TLS 1.3 suite all of those
 * are there, in our order. With nothing but such names there is no suite of TLS 1.2. What is not known selects nothing.
 * @throws Error `Invalid ciphers` when nothing in the list is known
 */
export function parseCiphers(list: string): readonly SuiteName[] {
  const modern = new Selection(TLS13);
  const classic = new Selection(TLS12);
  for (const item of list.split(/[:;,|\s[\]]+/).filter((item) => item !== '')) {
    if (item === '@STRENGTH') classic.sort();
    else if (!item.startsWith('@')) for (const selection of [modern, classic]) selection.apply(item);
  }
  if (modern.chosen.length + classic.chosen.length === 0) throw wrongValue('Invalid ciphers', 'ERR_BORINGSSL');
  return [...(modern.named ? modern.chosen : modern.remaining), ...classic.chosen].map((suite) => suite.standardName);
}

/** What the items of a list have selected so far, among the suites of one version. */
class Selection {
  readonly #all: readonly CipherSuite[];
  readonly #killed = new Set<CipherSuite>();
  chosen: readonly CipherSuite[] = [];
  /** A suite was selected by its name. */
  named = false;

  constructor(private readonly version: number) {
    this.#all = SUITES.filter((suite) => suite.version === version);
  }

  /** All that is not excluded for ever. */
  get remaining(): readonly CipherSuite[] {
    return this.#all.filter((suite) => !this.#killed.has(suite));
  }

  apply(item: string): void {
    const [, operator = '', word = ''] = /^([!+-]?)(.*)$/.exec(item) ?? [];
    const matched = this.#all.filter(
      (suite) => isNamed(suite, word) || (this.version === TLS12 && matches(suite, word)),
    );
    const others = this.chosen.filter((suite) => !matched.includes(suite));
    switch (operator) {
      case '!':
        for (const suite of matched) this.#killed.add(suite);
        this.chosen = others;
        return;
      case '-':
        this.chosen = others;
        return;
      case '+':
        this.chosen = [...others, ...this.chosen.filter((suite) => matched.includes(suite))];
        return;
      default: {
        const fresh = matched.filter((suite) => !this.chosen.includes(suite) && !this.#killed.has(suite));
        this.chosen = [...this.chosen, ...fresh];
        this.named ||= matched.length > 0;
      }
    }
  }

  /** Stable: among those of one strength the order stays. */
  sort(): void {
    this.chosen = [...this.chosen].sort((left, right) => strength(right) - strength(left));
  }
}

function isNamed({ name, standardName }: CipherSuite, word: string): boolean {
  return word === name || word === standardName;
}

/** Words may be joined by `+`: `ECDHE+AESGCM` means both. */
function matches(suite: CipherSuite, words: string): boolean {
  return words.split('+').every((word) => WORDS[word]?.(suite) ?? false);
}

function strength({ aead }: CipherSuite): number {
  return aead === 'aes-128-gcm' ? 128 : 256;
}

const always = () => true;
const ecdsa = ({ authentication }: CipherSuite) => authentication === 'ecdsa';
const rsa = ({ authentication }: CipherSuite) => authentication === 'rsa';
const aes = ({ aead }: CipherSuite) => aead !== 'chacha20-poly1305';
/** Words that select anything here; the others of OpenSSL stand for what is not spoken: CBC, RSA key exchange, DHE … */
const WORDS: Readonly<Record<string, (suite: CipherSuite) => boolean>> = {
  ALL: always,
  DEFAULT: always,
  HIGH: always,
  'TLSv1.2': always,
  ECDHE: always,
  EECDH: always,
  kECDHE: always,
  kEECDH: always,
  ECDH: always,
  ECDSA: ecdsa,
  aECDSA: ecdsa,
  aRSA: rsa,
  AES: aes,
  AESGCM: aes,
  AES128: ({ aead }) => aead === 'aes-128-gcm',
  AES256: ({ aead }) => aead === 'aes-256-gcm',
  CHACHA20: (suite) => !aes(suite),
};
