/**
 * One stack under measurement: a process of its own, on a TUN device and a subnet of its own, steered by its stdin.
 * It dies with the runner, however that ends: tunexec sees to it.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { subnet } from './namespace.mjs';

/**
 * `name` is a key of STACKS, `number` tells concurrent stacks apart, `prefix` is put before the command (`taskset`).
 * @returns a StackProcess that answers on its ports.
 * @throws when the process ends or says nothing for ten seconds.
 */
export async function startStack({ name, number, device, tools, prefix = [], nodeOptions = [] }) {
  const place = subnet(number);
  const tunexec = [tools.tunexec, '-n', `vitrine${number}`, '-i', place.kernel, '-m', device.mtu, '-q', QUEUE];
  if (device.offload) tunexec.push('-o');
  const command = [...prefix, ...tunexec, '--', ...COMMANDS[name]({ tools, place, nodeOptions })].map(String);
  const stack = new StackProcess(name, name === 'node' ? { ...place, stack: place.kernel } : place, command);
  await stack.line('ready');
  return stack;
}

class StackProcess {
  #process;
  #errors = '';
  #waiting;
  #runs = 0;

  constructor(name, place, command) {
    this.name = name;
    this.place = place;
    this.#process = spawn(command[0], command.slice(1), { stdio: 'pipe' });
    this.#process.stderr.on('data', (text) => {
      this.#errors = (this.#errors + text).slice(-4000);
    });
    this.#process.stdin.on('error', () => {}); // the process is gone: `exit` says so
    this.#process.on('exit', (code, signal) => this.#waiting?.reject(this.#failure(`ended with ${signal ?? code}`)));
    createInterface({ input: this.#process.stdout }).on('line', (text) => this.#waiting?.resolve(text));
  }

  get pid() {
    return this.#process.pid;
  }

  /** Resident bytes of the process. */
  get residentBytes() {
    return Number(readFileSync(`/proc/${this.pid}/statm`, 'utf8').split(' ')[1]) * PAGE;
  }

  /** A local address that no earlier run of this stack connected from. */
  nextSource() {
    return this.place.source(this.#runs++);
  }

  /** Collects garbage in the process and asks for the size of its linear memory, `{ linearBytes }`, where there is one. */
  async settle() {
    if (this.name !== 'vitrine') return {};
    this.#process.stdin.write('settle\n');
    return JSON.parse(await this.line('its memory'));
  }

  /** The next line that the process prints. `what` it is for goes into the error. */
  line(what) {
    if (this.#process.exitCode !== null) return Promise.reject(this.#failure(`ended with ${this.#process.exitCode}`));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(this.#failure(`did not say ${what} within 10 s`)), 10_000);
      const settle = (how) => (value) => {
        clearTimeout(timer);
        this.#waiting = undefined;
        how(value);
      };
      this.#waiting = { resolve: settle(resolve), reject: settle(reject) };
    });
  }

  /** Ends the process: by itself where it listens to its stdin, so that it can write a profile. */
  async stop() {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    if (this.name === 'vitrine') this.#process.stdin.end();
    else this.#process.kill('SIGKILL');
    const patience = setTimeout(() => this.#process.kill('SIGKILL'), 5000);
    await ended;
    clearTimeout(patience);
  }

  /** What the process wrote to stderr, as part of an error. */
  explain(error) {
    return this.#failure(error.message);
  }

  #failure(what) {
    return new Error(`${this.name} ${what}${this.#errors ? `\n${this.#errors.trimEnd()}` : ''}`);
  }
}

const script = (name) => fileURLToPath(new URL(name, import.meta.url));

const COMMANDS = {
  raw: ({ tools }) => [tools.rawtun, '-a', 2],
  noderaw: () => [process.execPath, script('noderaw.mjs'), 64],
  node: ({ place }) => [process.execPath, script('node.mjs'), place.kernel],
  vitrine: ({ place, nodeOptions }) => [process.execPath, ...nodeOptions, script('vitrine.mjs'), place.stack],
};

const QUEUE = 4096;
const PAGE = 4096;
