/**
 * Whom to trust: trust anchors (RFC 5280 §6.1.1 (d)), found by name. Not for: building paths to them (`path/search.ts`).
 */
import { defaultProvider } from '../crypto/default.js';
import { readPem } from '../keys/pem.js';
import { Certificate } from './certificate.js';
import type { Name } from './name.js';
import type { Profile } from './path/conformance.js';

/** Never changes once made. Certificates that are trusted need not be roots: an intermediate, or the peer's own, will do. */
export class TrustStore {
  #certificates: readonly Certificate[] | undefined;
  #bySubject: ReadonlyMap<string, readonly Certificate[]> | undefined;
  #id: string | undefined;

  private constructor(
    private readonly load: () => readonly Certificate[],
    /** How much is asked of those who issued below these anchors. */
    readonly profile: Profile,
  ) {}

  static of(certificates: Iterable<Certificate>, profile: Profile = 'strict'): TrustStore {
    const list = [...certificates];
    return new TrustStore(() => list, profile);
  }

  /**
   * All certificates of a text in PEM.
   * @throws KeyMaterialError or DerError for one that is broken
   */
  static fromPem(text: string, profile: Profile = 'strict'): TrustStore {
    return TrustStore.of(Certificate.fromPem(text, 'ca'), profile);
  }

  /** The roots that the runtime brings (`tls.rootCertificates`); nobody where it brings none. Always the same object. */
  static system(): TrustStore {
    system ??= new TrustStore(systemRoots, 'public');
    return system;
  }

  get certificates(): readonly Certificate[] {
    this.#certificates ??= this.load();
    return this.#certificates;
  }

  /** Those that bear a name, in the order in which they were given. */
  find(name: Name): readonly Certificate[] {
    this.#bySubject ??= index(this.certificates);
    return this.#bySubject.get(name.key) ?? [];
  }

  /** Whether this very certificate is trusted. */
  has(certificate: Certificate): boolean {
    return this.find(certificate.subject).some((trusted) => trusted.equals(certificate));
  }

  /** The same for the same certificates in any order and the same profile; sessions are bound to it. */
  get id(): string {
    if (this.#id === undefined) {
      const { hash } = hasher();
      const digests = this.certificates.map(({ raw }) => hash(raw)).sort();
      this.#id = hash(new TextEncoder().encode([this.profile, ...new Set(digests)].join()));
    }
    return this.#id;
  }
}

function index(certificates: readonly Certificate[]): ReadonlyMap<string, readonly Certificate[]> {
  const found = new Map<string, Certificate[]>();
  for (const certificate of certificates) {
    const { key } = certificate.subject;
    const same = found.get(key);
    if (same === undefined) found.set(key, [certificate]);
    else same.push(certificate);
  }
  return found;
}

function hasher(): { hash(data: Uint8Array): string } {
  const provider = defaultProvider();
  return {
    hash: (data) => Array.from(provider.hash('sha256', data), (byte) => byte.toString(16).padStart(2, '0')).join(''),
  };
}

/** A root that this reader does not take is left out: nobody can be trusted through it. */
function systemRoots(): readonly Certificate[] {
  const runtime = globalThis.process?.getBuiltinModule?.('node:tls');
  return (runtime?.rootCertificates ?? []).flatMap((text) =>
    readPem(text, 'root').flatMap(({ bytes }) => {
      try {
        return [Certificate.parse(bytes)];
      } catch {
        return [];
      }
    }),
  );
}

let system: TrustStore | undefined;
