/**
 * The core's record layer, watched: what goes through it is kept for comparison, and what is opened may be changed before
 * the handshake sees it. Not for: changing what is on the wire (`wire.ts`).
 */
import { CoreRecords, type RecordsPort } from '../../../host/tls/core-records.js';
import {
  ALERT_RECORD,
  APPLICATION_DATA,
  type ContentType,
  HANDSHAKE_RECORD,
  type Opened,
  type RecordLayer,
  type TlsVersion,
  type TrafficKeys,
} from '../../../host/tls/records.js';

/** What becomes of a record that was opened; nothing: it is lost. */
export type Meddle = (record: Opened) => readonly Opened[];

/** Bytes of one direction. */
export interface Passed {
  readonly handshake: Uint8Array[];
  readonly data: Uint8Array[];
  readonly alerts: Uint8Array[];
}

export class WatchedRecords implements RecordLayer {
  readonly core: CoreRecords;
  readonly sent: Passed = nothing();
  /** After meddling. */
  readonly received: Passed = nothing();
  /** The types of what came, before meddling. */
  readonly opened: ContentType[] = [];
  readonly #changed: Opened[] = [];
  #opens = 0;

  constructor(
    port: RecordsPort,
    private readonly meddle: Meddle | undefined,
  ) {
    this.core = new CoreRecords(port);
  }

  open(): Opened | undefined {
    if (++this.#opens > OPENS_LIMIT) throw new Error('opening never ends');
    while (this.#changed.length === 0) {
      const opened = this.core.open();
      if (opened === undefined) return undefined;
      this.opened.push(opened.type);
      this.#changed.push(...(this.meddle?.(opened) ?? [opened]));
    }
    const next = this.#changed.shift() as Opened;
    keep(this.received, next.type, next.bytes);
    return next;
  }

  send(type: ContentType, bytes: Uint8Array): number {
    const sent = this.core.send(type, bytes);
    if (sent > 0) keep(this.sent, type, bytes.slice(0, sent));
    return sent;
  }

  readKeys(version: TlsVersion, keys: TrafficKeys): void {
    this.core.readKeys(version, keys);
  }

  writeKeys(version: TlsVersion, keys: TrafficKeys): void {
    this.core.writeKeys(version, keys);
  }

  setRecordVersion(version: number): void {
    this.core.setRecordVersion(version);
  }

  passChangeCipherSpec(pass: boolean): void {
    this.core.passChangeCipherSpec(pass);
  }

  skipEarlyData(limit: number): void {
    this.core.skipEarlyData(limit);
  }

  setMaxSendFragment(size: number): void {
    this.core.setMaxSendFragment(size);
  }

  get sealsLeft(): number {
    return this.core.sealsLeft;
  }

  get backlog(): number {
    return this.core.backlog;
  }

  free(): void {
    this.core.free();
  }
}

function nothing(): Passed {
  return { handshake: [], data: [], alerts: [] };
}

function keep(passed: Passed, type: ContentType, bytes: Uint8Array): void {
  if (type === HANDSHAKE_RECORD) passed.handshake.push(bytes);
  else if (type === APPLICATION_DATA) passed.data.push(bytes);
  else if (type === ALERT_RECORD) passed.alerts.push(bytes);
}

/** More than any input brings. */
const OPENS_LIMIT = 200_000;
