/**
 * What a foreign TLS program has to be told to play its part in the interop table. Each file of `peers/` describes one.
 * Not for: running them (`program.ts`).
 */
import { amount } from '../../kit/soak.js';
import type { Files, KeyKind } from './files.js';

/** In the rows of bulk. */
export const MEBIBYTES = amount(16, 64);

export type Version = 'TLSv1.2' | 'TLSv1.3';
export type Group = 'X25519' | 'P-256' | 'P-384';

/** Cipher suites by their names in the registry, with their numbers. */
export const SUITES = {
  TLS_AES_128_GCM_SHA256: 0x1301,
  TLS_AES_256_GCM_SHA384: 0x1302,
  TLS_CHACHA20_POLY1305_SHA256: 0x1303,
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 0xc02b,
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 0xc02c,
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 0xcca9,
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 0xc02f,
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 0xc030,
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 0xcca8,
} as const;
export type Suite = keyof typeof SUITES;

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

/** What a server has to be. */
export interface ServerWish {
  readonly port: number;
  readonly key: KeyKind;
  /** Asks for a certificate, and refuses a client without one. */
  readonly mutual: boolean;
  /** The one protocol it speaks. */
  readonly alpn: string | undefined;
  /** The one group it speaks; `undefined`: all. */
  readonly group: Group | undefined;
  /** Takes or sends the large text, on one connection. */
  readonly bulk: 'up' | 'down' | undefined;
}

/** How a client has to connect to Vitrine. */
export interface ClientWish {
  readonly port: number;
  readonly version: Version;
  readonly suite: Suite | undefined;
  readonly group: Group | undefined;
  readonly alpn: string | undefined;
  /** Has a certificate of its own. */
  readonly mutual: boolean;
  /** Keeps the session in a file, offers the one that is there, or connects twice by itself and does both. */
  readonly session: 'save' | 'offer' | 'both' | undefined;
}

export interface Peer {
  readonly name: string;
  /** What both it and Vitrine can do. */
  readonly groups: readonly Group[];
  readonly keys: readonly KeyKind[];
  readonly alpn: boolean;
  /** Serves the files of the directory that it is started in, by what `serves` says. */
  server?(files: Files, wish: ServerWish): Command;
  readonly serves?: Serves;
  /** Sends what is piped in and writes what comes to standard output. */
  client?(files: Files, wish: ClientWish): Command;
  /** Its client connects twice by itself when a session is to be resumed. */
  readonly resumesItself?: true;
  /** In which versions its client resumes sessions; all unless given. */
  readonly resumes?: readonly Version[];
  /** Its client stays until its input has ended; others leave as soon as it has. */
  readonly endsInput?: true;
  /** Its client writes what comes at some 100 KiB a second, whoever sends it. */
  readonly writesSlowly?: true;
  /** Its client makes HTTP requests itself: a path and, to go up with it, a file. */
  requests?(path: string, upload: string | undefined): readonly string[];
}

export type Serves = {
  /** The way of `up`: written to standard output, sent back line by line, by HTTP's PUT; or not at all. */
  readonly upload: 'print' | 'echo' | 'put' | 'never';
  /** The path of the file `large`; `undefined`: whatever is asked for, as much comes in the wish of `down`. */
  readonly large: string | undefined;
  /** It can be told which group to speak. */
  readonly group: boolean;
};

/** OpenSSL's name for a suite: the registry's in TLS 1.3, else without `TLS` and `WITH`, with dashes. */
export function opensslName(suite: Suite): string {
  if (!suite.includes('_WITH_')) return suite;
  return suite
    .replace('TLS_', '')
    .replace('WITH_', '')
    .replace('CHACHA20_POLY1305_SHA256', 'CHACHA20_POLY1305')
    .replace(/AES_(\d+)/, 'AES$1')
    .replaceAll('_', '-');
}
