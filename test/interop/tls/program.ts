/**
 * Runs the programs of the peers. Not for: what they are told (`peer.ts`).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createReadStream, readFileSync } from 'node:fs';
import { until } from '../../kit/wait.js';
import type { Command } from './peer.js';

/** A program that runs until it is stopped, or ends. */
export class Program {
  readonly child: ChildProcess;
  /** What it wrote: standard output as Latin-1, and what it complained about. */
  output = '';
  complaints = '';
  readonly ended: Promise<void>;

  constructor({ program, args }: Command, directory: string) {
    this.child = spawn(program, args, { cwd: directory, stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stdout?.setEncoding('latin1').on('data', (text: string) => {
      this.output += text;
    });
    this.child.stderr?.setEncoding('latin1').on('data', (text: string) => {
      this.complaints = (this.complaints + text).slice(-4000);
    });
    this.child.stdin?.on('error', () => {}); // It may have ended before it read everything.
    this.ended = new Promise((resolve) => {
      this.child.on('close', () => resolve());
      this.child.on('error', (error) => {
        this.complaints += error.message;
        resolve();
      });
    });
  }

  /**
   * Pipes text in, and a file behind it.
   * @param end whether the input ends there; else it stays open
   */
  type(text: string, file: string | undefined, end: boolean): void {
    const { stdin } = this.child;
    stdin?.write(text);
    if (file !== undefined && stdin) createReadStream(file).pipe(stdin, { end });
    else if (end) stdin?.end();
  }

  /** Resolves when somebody listens on the port. @throws Error with its complaints when it has ended instead */
  async listens(port: number): Promise<void> {
    await until(() => this.#hasEnded || listens(port));
    if (this.#hasEnded) throw new Error(`the program has ended: ${this.complaints}`);
  }

  /** Resolves with the output once it has ended, or was stopped because it took too long. */
  async finish(milliseconds: number): Promise<string> {
    const timer = setTimeout(() => this.stop(), milliseconds);
    await this.ended;
    clearTimeout(timer);
    return this.output;
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }

  get #hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }
}

/** Whether a program of this network namespace listens on the port. */
function listens(port: number): boolean {
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map((table) => readFileSync(table, 'latin1'));
  const rows = tables.flatMap((table) => table.split('\n').map((row) => row.trim().split(/\s+/)));
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return rows.some(([, local, , state]) => local?.endsWith(end) && state === LISTEN);
}

/** A state, as the kernel writes it. */
const LISTEN = '0A';
