/**
 * Who Vitrine talks to in the demonstration, as the script sees it: the kernel (`kernel-side.ts`), or a second Vitrine
 * where there is no TUN device (`memory-side.ts`).
 */
import type { Issued } from '../certificates.js';
import type { Content } from './content.js';

export interface OtherSide {
  /** As it is called on screen: `kernel`. */
  readonly name: string;
  /** Its IP address. */
  readonly address: string;
  /** What downloads there: `curl`. */
  readonly client: string;
  /** The same, over TLS: `curl --cacert ca.pem`. */
  readonly secureClient: string;
  /** What serves there: `node:http`. */
  readonly server: string;
  readonly secureServer: string;
  /** Downloads `url` with the programs of that side; over TLS it trusts `authority`. */
  download(url: string, progress: (bytes: number) => void, authority?: Authority): Promise<Downloaded>;
  /** Serves `content`, over TLS with `credentials`. @returns the port */
  serve(content: Content, credentials?: Issued): Promise<number>;
  /** Ends it all. Idempotent. */
  close(): void;
}

/** The certificate of a CA, as text and as a file. */
export interface Authority {
  cert: string;
  path: string;
}

export interface Downloaded {
  bytes: number;
  sha256: string;
  milliseconds: number;
}

/** Keys of the content: what goes from Vitrine to the other side, and what comes back. */
export const FROM_VITRINE = 'from Vitrine';
export const TO_VITRINE = 'to Vitrine';
