/**
 * How the demonstration looks: headings, packets in columns, the bulk as a bar.
 * Not for: what happens (`script.ts`).
 */

import type { Security } from '../http/channel.js';
import { formatBytes, formatRate, type Terminal } from '../terminal.js';
import type { Moment } from './lens.js';

export class Screen {
  /** Of the other side, as wide as the columns need. */
  #peer = '';
  /** `undefined` while there is no bulk to show. */
  #started: number | undefined;

  constructor(private readonly terminal: Terminal) {}

  title(): void {
    const { terminal } = this;
    terminal.line();
    terminal.line(` ${terminal.paint('bold', 'Vitrine')} ${terminal.paint('dim', '· a TCP/IP stack under glass')}`);
    terminal.line();
  }

  /** Who talks to whom, over what. */
  scene(peer: string, peerAddress: string, between: string, ownAddress: string): void {
    this.#peer = peer;
    const { terminal } = this;
    const line = terminal.paint('dim', '───');
    const ends = [
      `${terminal.paint('yellow', peer)} ${peerAddress}`,
      `${ownAddress} ${terminal.paint('cyan', 'Vitrine')}`,
    ];
    terminal.line(` ${ends[0]} ${line} ${between} ${line} ${ends[1]}`);
  }

  chapter(number: number, heading: string): void {
    this.terminal.line();
    this.terminal.line(` ${this.terminal.paint('bold', `${number}  ${heading}`)}`);
  }

  /** A sentence for the student. */
  explain(...sentences: string[]): void {
    for (const sentence of sentences) this.terminal.line(`    ${this.terminal.paint('dim', sentence)}`);
  }

  say(text: string): void {
    this.terminal.line(`    ${text}`);
  }

  gap(): void {
    this.terminal.line();
  }

  /** One packet, or call, and what it did to the state. */
  moment({ kind, time, text, before, after }: Moment): void {
    const { terminal } = this;
    const way = kind === 'call' ? ' '.repeat(this.#peer.length + ARROW.length + 2) : this.#way(kind);
    const states = before === undefined ? '' : before === after ? before : `${before} → ${after}`;
    const clock = terminal.paint('dim', `${time.toFixed(3).padStart(10)} ms`);
    const what = kind === 'call' ? terminal.paint('cyan', text.padEnd(TEXT_WIDTH)) : text.padEnd(TEXT_WIDTH);
    const style = before === after ? 'dim' : 'green';
    terminal.line(`  ${clock}  ${way}Vitrine  ${what}  ${terminal.paint(style, states)}`);
  }

  /** What was agreed on in a handshake of TLS, and who was verified. */
  security(security: Security | undefined, verified: string): void {
    const { terminal } = this;
    const agreed = security === undefined ? 'no TLS' : `${security.version}  ${security.suite}  ${security.group}`;
    this.say(`${terminal.paint('green', agreed)}   ${verified}`);
  }

  bulkStarted(): void {
    this.#started = performance.now();
  }

  /** Draws nothing before `bulkStarted`. */
  bulk(bytes: number, total: number): void {
    if (this.#started === undefined) return;
    this.terminal.progress('    ', bytes, total, performance.now() - this.#started);
    if (bytes === total) this.#started = undefined;
  }

  /** The hashes of a transfer, side by side. @returns whether they are equal */
  verdict(bytes: number, milliseconds: number, sent: string, received: string): boolean {
    const { terminal } = this;
    const equal = sent === received;
    this.say(`${formatBytes(bytes)} in ${(milliseconds / 1000).toFixed(2)} s, ${formatRate(bytes, milliseconds)}`);
    this.say(`SHA-256 sent      ${terminal.paint('dim', sent)}`);
    const mark = equal ? terminal.paint('green', '✓ equal') : terminal.paint('red', '✗ not equal');
    this.say(`        received  ${terminal.paint('dim', received)}  ${mark}`);
    return equal;
  }

  #way(kind: 'in' | 'out'): string {
    return `${this.#peer} ${kind === 'in' ? ARROW : BACK_ARROW} `;
  }
}

const ARROW = '──▶';
const BACK_ARROW = '◀──';
/** Most packets of a handshake fit. */
const TEXT_WIDTH = 60;
