/**
 * What the commands share on screen: colour where there is a terminal, numbers as people read them, a progress bar.
 * Not for: what is said.
 */
import type { WriteStream } from 'node:tty';
import { styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'cyan' | 'green' | 'yellow' | 'red';

export class Terminal {
  /** Whether lines can be drawn over. */
  readonly isLive: boolean;
  readonly #hasColour: boolean;
  /** Characters of a progress line that is on screen and has no end yet. */
  #open = 0;
  #quarters = 0;
  #drawn = 0;

  constructor(private readonly stream: NodeJS.WriteStream) {
    this.isLive = stream.isTTY === true;
    this.#hasColour = this.isLive && (stream as WriteStream).hasColors();
  }

  line(text = ''): void {
    this.#endProgress();
    this.stream.write(`${text}\n`);
  }

  paint(style: Style, text: string): string {
    return this.#hasColour ? styleText(style, text) : text;
  }

  /** On a terminal one line that moves; elsewhere a line at each quarter. `total` is `undefined` when nobody knows. */
  progress(indent: string, done: number, total: number | undefined, milliseconds: number): void {
    const share = total === undefined ? 0 : total === 0 ? 1 : done / total;
    const finished = done === total;
    if (this.isLive) {
      const now = performance.now();
      if (!finished && now - this.#drawn < REDRAW_INTERVAL) return;
      this.#drawn = now;
      const text = indent + progressText(done, total, milliseconds, share);
      this.stream.write(`\r${text.padEnd(this.#open)}`);
      this.#open = finished ? 0 : text.length;
      if (finished) this.stream.write('\n');
      return;
    }
    const quarters = Math.floor(share * 4);
    if (quarters > this.#quarters) this.line(indent + progressText(done, total, milliseconds, share));
    this.#quarters = finished ? 0 : quarters;
  }

  #endProgress(): void {
    if (this.#open > 0) this.stream.write('\n');
    this.#open = 0;
  }
}

/** `64.0 MiB` */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const unit = Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length);
  return `${(bytes / 1024 ** unit).toFixed(1)} ${UNITS[unit - 1]}`;
}

/** `1.84 Gbit/s` */
export function formatRate(bytes: number, milliseconds: number): string {
  const bits = (bytes * 8000) / Math.max(milliseconds, 0.001);
  if (bits >= 1e9) return `${(bits / 1e9).toFixed(2)} Gbit/s`;
  return bits >= 1e6 ? `${(bits / 1e6).toFixed(0)} Mbit/s` : `${(bits / 1e3).toFixed(0)} kbit/s`;
}

function progressText(done: number, total: number | undefined, milliseconds: number, share: number): string {
  const rate = formatRate(done, milliseconds).padStart(12);
  if (total === undefined) return `${formatBytes(done).padStart(10)}${rate}`;
  const filled = Math.round(share * BAR_WIDTH);
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
  return `${bar} ${`${Math.floor(share * 100)} %`.padStart(5)} ${formatBytes(done).padStart(10)}${rate}`;
}

const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'];
const BAR_WIDTH = 32;
const REDRAW_INTERVAL = 50;
