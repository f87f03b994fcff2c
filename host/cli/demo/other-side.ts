/**
 * Who Vitrine talks to in the demonstration, as the script sees it: the kernel (`kernel-side.ts`), or a second Vitrine
 * where there is no TUN device (`memory-side.ts`).
 */
export interface OtherSide {
  /** As it is called on screen: `kernel`. */
  readonly name: string;
  /** Its IP address. */
  readonly address: string;
  /** What downloads there: `curl`. */
  readonly client: string;
  /** What serves there: `node:http`. */
  readonly server: string;
  /** Downloads `url` with the programs of that side. */
  download(url: string, progress: (bytes: number) => void): Promise<Downloaded>;
  /** Serves the content at `CONTENT_PATH`. @returns the port */
  serve(): Promise<number>;
  /** Ends it all. Idempotent. */
  close(): void;
}

export interface Downloaded {
  bytes: number;
  sha256: string;
  milliseconds: number;
}

/** Keys of the content: what goes from Vitrine to the other side, and what comes back. */
export const FROM_VITRINE = 'from Vitrine';
export const TO_VITRINE = 'to Vitrine';
