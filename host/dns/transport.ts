/**
 * What asking a name server needs of a network. The resolver has no other way out, so tests can play any server.
 * Not for: which answer to believe (`message/response.ts`), how long to wait (`exchange.ts`).
 */
import { isAddress } from './hosts.js';

export interface Transport {
  /** Sends one datagram, from a port that was never used for another question: RFC 5452 §9.2. */
  udp(server: NameServer, query: Uint8Array, heard: Hearing): Cancel;
  /** Opens a connection and sends the message behind its length: RFC 7766 §8. */
  tcp(server: NameServer, query: Uint8Array, heard: Hearing): Cancel;
}

export interface NameServer {
  readonly address: string;
  readonly port: number;
}

/** Nothing is heard inside the call that asks. */
export interface Hearing {
  /** A message came from the server: over UDP there may be several, and any of them may be forged. */
  message(bytes: Uint8Array): void;
  /** Nothing will come any more. */
  failed(error: Error): void;
}

/** Nothing more is heard, and the port is closed. Idempotent. */
export type Cancel = () => void;

/**
 * `10.0.0.53`, `fd00::53`, `10.0.0.53:5353`, `[fd00::53]:5353`.
 * @throws TypeError
 */
export function parseServer(text: string): NameServer {
  const [, bracketed, plain, port] = /^(?:\[(.*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text) ?? [undefined, undefined, text];
  const address = bracketed ?? plain ?? text;
  const number = port === undefined ? DNS_PORT : Number(port);
  if (!isAddress(address) || number === 0 || number > 65535) {
    throw new TypeError(
      `dns.servers: "${text}" is no address of a name server; expected something like 10.0.0.53 or [fd00::53]:5353`,
    );
  }
  return { address, port: number };
}

export function serverName({ address, port }: NameServer): string {
  const host = address.includes(':') && port !== DNS_PORT ? `[${address}]` : address;
  return port === DNS_PORT ? host : `${host}:${port}`;
}

const DNS_PORT = 53;
