/**
 * Two ends of ours over records that are not encrypted but marked with their keys, so that a test can look at every
 * handshake message and change it on its way. Not for: records themselves, which have tests of their own.
 */
import { TlsError } from '../../../host/tls/alert.js';
import type { TlsConfig } from '../../../host/tls/config.js';
import { TlsConnection, type TlsEvent } from '../../../host/tls/connection.js';
import { HandshakeInbox, type HandshakeMessage } from '../../../host/tls/messages/handshake.js';
import {
  CHANGE_CIPHER_SPEC,
  type ContentType,
  HANDSHAKE_RECORD,
  type Opened,
  type RecordLayer,
  type TlsVersion,
  type TrafficKeys,
} from '../../../host/tls/records.js';
import { config } from '../tls12/kit/ends.js';
import { ONLY_13 } from './ends.js';

export type Role = 'client' | 'server';

/** A record on its way. */
export interface PipeRecord {
  readonly type: ContentType;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The key and how many records it sealed before; empty: none. */
  readonly seal: string;
}

/** What becomes of a record on its way. */
export type Meddle = (record: PipeRecord, from: Role) => PipeRecord | readonly PipeRecord[];

export class PipeRecords implements RecordLayer {
  readonly incoming: PipeRecord[] = [];
  readonly outgoing: PipeRecord[] = [];
  sealsLeft = 2 ** 24;
  freed = false;
  #read = { key: '', count: 0 };
  #write = { key: '', count: 0 };
  #passes = false;

  open(): Opened | undefined {
    const record = this.incoming.shift();
    if (record === undefined) return undefined;
    if (record.type === CHANGE_CIPHER_SPEC && this.#passes) return this.open();
    const seal = sealOf(this.#read);
    if (record.type !== CHANGE_CIPHER_SPEC && record.seal !== seal) {
      throw new TlsError('bad_record_mac', 'BAD_DECRYPT', 'a record is not authentic (bad_record_mac)');
    }
    if (record.type !== CHANGE_CIPHER_SPEC) this.#read.count++;
    return { type: record.type, bytes: record.bytes };
  }

  send(type: ContentType, bytes: Uint8Array): number {
    const seal = type === CHANGE_CIPHER_SPEC ? '' : sealOf(this.#write);
    if (type !== CHANGE_CIPHER_SPEC) this.#write.count++;
    this.sealsLeft--;
    this.outgoing.push({ type, bytes: Uint8Array.from(bytes), seal });
    return bytes.length;
  }

  readKeys(_version: TlsVersion, { key }: TrafficKeys): void {
    this.#read = { key: Buffer.from(key).toString('hex'), count: 0 };
  }

  writeKeys(_version: TlsVersion, { key }: TrafficKeys): void {
    this.#write = { key: Buffer.from(key).toString('hex'), count: 0 };
    this.sealsLeft = 2 ** 24;
  }

  setRecordVersion(): void {}

  passChangeCipherSpec(pass: boolean): void {
    this.#passes = pass;
  }

  skipEarlyData(): void {}

  setMaxSendFragment(): void {}

  get backlog(): number {
    return this.outgoing.length;
  }

  free(): void {
    this.freed = true;
  }
}

/** One end, with all that it told so far. */
export class PipeEnd {
  readonly records = new PipeRecords();
  readonly connection: TlsConnection;
  readonly events: TlsEvent[] = [];
  /** Handshake messages that it sent, by their type. */
  readonly sent: HandshakeMessage[] = [];
  readonly #inbox = new HandshakeInbox();

  constructor(
    readonly role: Role,
    changes: Partial<TlsConfig> = {},
  ) {
    this.connection = new TlsConnection(this.records, config(role, { ...ONLY_13, ...changes }));
    this.connection.start();
  }

  turn(incoming: readonly PipeRecord[] = []): PipeRecord[] {
    this.records.incoming.push(...incoming);
    for (let event = this.connection.next(); event !== undefined; event = this.connection.next()) {
      this.events.push(event);
    }
    const outgoing = this.records.outgoing.splice(0);
    for (const { type, bytes } of outgoing) if (type === HANDSHAKE_RECORD) this.#inbox.add(bytes);
    for (let message = this.#inbox.next(); message !== undefined; message = this.#inbox.next()) this.sent.push(message);
    return outgoing;
  }

  get done(): boolean {
    return this.events.some(({ kind }) => kind === 'handshake');
  }

  get error(): TlsError | undefined {
    return this.events.find((event) => event.kind === 'failed')?.error;
  }

  get text(): string {
    return Buffer.concat(this.events.flatMap((event) => (event.kind === 'data' ? [event.bytes] : []))).toString();
  }

  get session(): Uint8Array | undefined {
    return this.events.findLast((event) => event.kind === 'session')?.session;
  }

  /** The types of the handshake messages that it sent. */
  get flight(): number[] {
    return this.sent.map(({ type }) => type);
  }
}

export interface Ends {
  readonly client: PipeEnd;
  readonly server: PipeEnd;
}

/** Lets two ends talk until both have nothing more to say. */
export function converse({ client, server }: Ends, meddle: Meddle = (record) => record): void {
  let toServer = client.turn();
  while (toServer.length > 0) {
    const toClient = server.turn(toServer.flatMap((record) => meddle(record, 'client')));
    toServer = client.turn(toClient.flatMap((record) => meddle(record, 'server')));
  }
}

/** A handshake of ours with ours, in TLS 1.3 where nobody says otherwise. */
export function join(
  clientChanges: Partial<TlsConfig> = {},
  serverChanges: Partial<TlsConfig> = {},
  meddle?: Meddle,
): Ends {
  const ends = { client: new PipeEnd('client', clientChanges), server: new PipeEnd('server', serverChanges) };
  converse(ends, meddle);
  return ends;
}

/**
 * Changes handshake messages of one type on their way. Messages that share a record stay together.
 * @param change the new message or messages, with their headers; none: it is left out
 */
export function replacing(
  from: Role,
  type: number,
  change: (message: HandshakeMessage, index: number) => Uint8Array | readonly Uint8Array[],
): Meddle {
  let index = 0;
  return (record, sender) => {
    if (sender !== from || record.type !== HANDSHAKE_RECORD) return record;
    const inbox = new HandshakeInbox();
    inbox.add(record.bytes);
    const parts: Uint8Array[] = [];
    for (let message = inbox.next(); message !== undefined; message = inbox.next()) {
      const changed = message.type === type ? change(message, index++) : message.bytes;
      parts.push(...(changed instanceof Uint8Array ? [changed] : changed));
    }
    return { ...record, bytes: Uint8Array.from(Buffer.concat(parts)) };
  };
}

function sealOf({ key, count }: { key: string; count: number }): string {
  return key === '' ? '' : `${key} ${count}`;
}
