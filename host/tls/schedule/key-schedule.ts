/**
 * The key schedule of TLS 1.3, RFC 8446 §7.1, with the names of its figure. Not for: TLS 1.2 (`../tls12/`); when keys are
 * put in place (`../client/`, `../server/`).
 */
import type { CipherSuite } from '../parameters.js';
import type { TrafficKeys } from '../records.js';
import { EMPTY, wipe } from '../wire/bytes.js';
import { deriveSecret, expandLabel, extract, type Hash, hashLength } from './hkdf.js';

/** The secrets of both directions, as long as the hash. */
export interface TrafficSecrets {
  readonly client: Uint8Array<ArrayBuffer>;
  readonly server: Uint8Array<ArrayBuffer>;
}

/**
 * Goes down the figure of §7.1: Early Secret, Handshake Secret, Master Secret. Each step overwrites the secret above it.
 * The secrets that are given out belong to the caller, who wipes them.
 */
export class KeySchedule {
  #secret: Uint8Array<ArrayBuffer>;

  /** Starts at the Early Secret. @param psk absent: a full handshake */
  constructor(
    readonly hash: Hash,
    psk?: Uint8Array,
  ) {
    const zeros = new Uint8Array(hashLength(hash));
    this.#secret = extract(hash, EMPTY, psk ?? zeros);
  }

  /** The key of a binder over a PSK of resumption, §4.2.11.2. */
  binderKey(): Uint8Array<ArrayBuffer> {
    return deriveSecret(this.hash, this.#secret, 'res binder', this.#emptyHash());
  }

  /** To the Handshake Secret. @param sharedSecret of (EC)DHE; wiped */
  enterHandshake(sharedSecret: Uint8Array): void {
    this.#next(sharedSecret);
  }

  /** @param transcriptHash up to ServerHello */
  handshakeTrafficSecrets(transcriptHash: Uint8Array): TrafficSecrets {
    return {
      client: deriveSecret(this.hash, this.#secret, 'c hs traffic', transcriptHash),
      server: deriveSecret(this.hash, this.#secret, 's hs traffic', transcriptHash),
    };
  }

  /** To the Master Secret. */
  enterMaster(): void {
    this.#next(new Uint8Array(hashLength(this.hash)));
  }

  /** @param transcriptHash up to the server's Finished */
  applicationTrafficSecrets(transcriptHash: Uint8Array): TrafficSecrets {
    return {
      client: deriveSecret(this.hash, this.#secret, 'c ap traffic', transcriptHash),
      server: deriveSecret(this.hash, this.#secret, 's ap traffic', transcriptHash),
    };
  }

  /** @param transcriptHash up to the server's Finished */
  exporterMasterSecret(transcriptHash: Uint8Array): Uint8Array<ArrayBuffer> {
    return deriveSecret(this.hash, this.#secret, 'exp master', transcriptHash);
  }

  /** @param transcriptHash up to the client's Finished */
  resumptionMasterSecret(transcriptHash: Uint8Array): Uint8Array<ArrayBuffer> {
    return deriveSecret(this.hash, this.#secret, 'res master', transcriptHash);
  }

  wipe(): void {
    this.#secret.fill(0);
  }

  #next(material: Uint8Array): void {
    const salt = deriveSecret(this.hash, this.#secret, 'derived', this.#emptyHash());
    this.#secret.fill(0);
    this.#secret = extract(this.hash, salt, material);
    wipe(salt, material);
  }

  #emptyHash(): Uint8Array {
    return this.hash.provider.hash(this.hash.name, EMPTY);
  }
}

/** RFC 8446 §7.3: what the record layer seals and opens with. The caller wipes it. */
export function trafficKeys(hash: Hash, suite: CipherSuite, secret: Uint8Array): TrafficKeys {
  return {
    aead: suite.aead,
    key: expandLabel(hash, secret, 'key', EMPTY, suite.aead === 'aes-128-gcm' ? 16 : 32),
    iv: expandLabel(hash, secret, 'iv', EMPTY, 12),
  };
}

/** RFC 8446 §7.2: the secret of the next generation. */
export function nextTrafficSecret(hash: Hash, secret: Uint8Array): Uint8Array<ArrayBuffer> {
  return expandLabel(hash, secret, 'traffic upd', EMPTY, hashLength(hash));
}

/**
 * verify_data of a Finished, and a PSK's binder: RFC 8446 §4.4.4, §4.2.11.2.
 * @param baseKey the sender's handshake traffic secret, or the binder key
 */
export function finishedData(hash: Hash, baseKey: Uint8Array, transcriptHash: Uint8Array): Uint8Array<ArrayBuffer> {
  const key = expandLabel(hash, baseKey, 'finished', EMPTY, hashLength(hash));
  const data = hash.provider.hmac(hash.name, key, transcriptHash);
  key.fill(0);
  return data;
}

/** RFC 8446 §4.6.1: the PSK that belongs to a ticket. */
export function resumptionPsk(hash: Hash, resumptionMasterSecret: Uint8Array, nonce: Uint8Array) {
  return expandLabel(hash, resumptionMasterSecret, 'resumption', nonce, hashLength(hash));
}

/** RFC 8446 §7.5. An absent context is an empty one. */
export function exportSecret(
  hash: Hash,
  exporterMasterSecret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Uint8Array<ArrayBuffer> {
  const { provider, name } = hash;
  const secret = deriveSecret(hash, exporterMasterSecret, label, provider.hash(name, EMPTY));
  const exported = expandLabel(hash, secret, 'exporter', provider.hash(name, context), length);
  secret.fill(0);
  return exported;
}
