/**
 * A machine of the lab: a network namespace with programs of its own, beside that of the script, on the kernel's network.
 * Interfaces of Vitrine's devices are moved into it. Everything vanishes with the script.
 * Not for: the stack at the other end of the interface.
 */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import type { NamespaceOptions } from '../../kit/namespace.js';

/** How a script has to be run so that it can make machines: `ip netns` keeps its files in /run. */
export const GROUND: NamespaceOptions = {
  unshare: ['--mount'],
  before: ['mount -t tmpfs none /run', 'echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad'],
};

export interface Ran {
  /** A signal's name when the program had to be stopped. */
  code: number | string;
  stdout: string;
  stderr: string;
}

/** What a machine calls itself on an interface. */
export interface Place {
  addresses: readonly string[];
  /** Its routers. */
  gateways?: readonly string[];
  mtu?: number;
}

export class Machine {
  /** Where the script itself is. */
  static readonly own = new Machine([]);
  readonly #programs = new Set<Program>();

  static create(name: string): Machine {
    execFileSync('ip', ['netns', 'add', name]);
    const machine = new Machine(['ip', 'netns', 'exec', name], name);
    machine.sh(SETTINGS.join(';'));
    return machine;
  }

  private constructor(
    private readonly prefix: readonly string[],
    readonly name = '',
  ) {}

  /** Takes the interface of a device, and gives itself addresses and routes on it. */
  take(device: { readonly name: string }, place: Place): void {
    const { name } = device;
    if (this.name !== '') execFileSync('ip', ['link', 'set', name, 'netns', this.name]);
    const commands = [`ip link set ${name} mtu ${place.mtu ?? 1500} up`];
    for (const address of place.addresses) commands.push(`ip address add ${address} dev ${name} ${nodad(address)}`);
    for (const gateway of place.gateways ?? []) commands.push(`ip route add default via ${gateway} dev ${name}`);
    this.sh(commands.join(' && '));
  }

  /** Runs shell commands that must succeed. */
  sh(commands: string): string {
    const [program = '', ...args] = [...this.prefix, 'sh', '-c', commands];
    return execFileSync(program, args, { encoding: 'utf8' });
  }

  /** Runs a program to its end, or for so many milliseconds. */
  run(command: readonly string[], timeout = 60_000): Promise<Ran> {
    const [program = '', ...args] = [...this.prefix, ...command];
    return new Promise((resolve) => {
      execFile(program, args, { timeout, killSignal: 'SIGKILL', maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
        const { code = 0, signal } = (error ?? {}) as { code?: number | string; signal?: NodeJS.Signals };
        resolve({ code: signal ?? code, stdout, stderr });
      });
    });
  }

  /** Starts a program that goes on until `stop`. */
  start(command: readonly string[]): Program {
    const program = new Program([...this.prefix, ...command]);
    this.#programs.add(program);
    return program;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#programs].map((program) => program.stop()));
  }
}

/** A program that runs beside the script. */
export class Program {
  output = '';
  readonly #process: ChildProcess;
  readonly #ended: Promise<void>;

  constructor(command: readonly string[]) {
    this.#process = spawn(command[0] as string, command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    this.#ended = new Promise((resolve) => {
      this.#process.on('error', (error) => {
        this.output += error.message;
        resolve();
      });
      this.#process.on('close', () => resolve());
    });
  }

  /** Resolves when it has said something like this. @throws Error when it ends before, or does not within half a minute */
  async said(text: RegExp): Promise<void> {
    let over = false;
    const late = setTimeout(() => {
      over = true;
    }, 30_000);
    void this.#ended.then(() => {
      over = true;
    });
    while (!text.test(this.output)) {
      if (over) throw new Error(`no ${text} in: ${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    clearTimeout(late);
  }

  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.#process.kill(signal);
    await this.#ended;
  }
}

function nodad(address: string): string {
  return address.includes(':') ? 'nodad' : '';
}

/** Nobody else is there who could have an address; and every packet that deserves an ICMP error gets one. */
const SETTINGS = [
  'ip link set lo up',
  'echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad',
  'echo 0 > /proc/sys/net/ipv4/icmp_ratelimit',
  'echo 0 > /proc/sys/net/ipv6/icmp/ratelimit',
];
