/**
 * One stack under measurement: a process of its own, on a TUN device and a subnet of its own, steered by its stdin.
 * It dies with the runner, however that ends: tunexec sees to it.
 */
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { subnet } from './namespace.mjs';

/**
 * `name` is a key of STACKS, `number` tells concurrent stacks apart, `prefix` is put before the command (`taskset`), `peers`
 * has the commands of other stacks,
 * `udp` is for datagrams.
 * @returns a StackProcess that answers on its ports.
 * @throws when the process ends or says nothing for ten seconds.
 */
export async function startStack({ name, number, device, udp, tools, peers, prefix = [], nodeOptions = [] }) {
  const place = subnet(number);
  const program = peers[name]?.(place) ?? COMMANDS[name]({ tools, place, nodeOptions, udp });
  const command = [...prefix, ...(device.veth ? behindVeth : onTun)(program, { place, device, tools, number })];
  const stack = new StackProcess(
    name,
    name === 'node' ? { ...place, stack: place.kernel } : place,
    command.map(String),
  );
  await stack.line('ready');
  if (device.veth) bringUp(place, linkName(number));
  return stack;
}

function onTun(program, { place, device, tools, number }) {
  const tunexec = [tools.tunexec, '-n', linkName(number), '-i', place.kernel, '-m', device.mtu, '-q', QUEUE];
  return [...tunexec, ...(device.offload ? ['-o'] : []), '--', ...program];
}

/** In a network namespace of its own, whose end of the pair has the address; the other end is made in ours. */
function behindVeth(program, { place, number }) {
  const steps = [
    `ip link add inside type veth peer name ${linkName(number)} netns ${process.pid}`,
    `ip address add ${place.stack}/16 dev inside`,
    'ip link set inside up',
    `exec ${program.join(' ')}`,
  ];
  return ['unshare', '-n', 'setpriv', '--pdeathsig', 'KILL', 'sh', '-c', steps.join(' && ')];
}

function bringUp(place, link) {
  execFileSync('ip', ['address', 'add', `${place.kernel}/16`, 'dev', link]);
  execFileSync('ip', ['link', 'set', link, 'up']);
}

const linkName = (number) => `vitrine${number}`;

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

  /** Collects garbage in the process and asks for its linear memory, `{ linearBytes, memoryTaken }`, where there is one. */
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

  /** Ends the process: by itself where it listens to its stdin, so that it can write a profile and let go of its device at once. */
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

const script = (name) => fileURLToPath(new URL(`../stacks/${name}`, import.meta.url));

const COMMANDS = {
  raw: ({ tools, udp }) => (udp ? [tools.rawudp] : [tools.rawtun, '-a', 2]),
  noderaw: ({ udp }) => [process.execPath, ...(udp ? [script('noderaw-udp.mjs')] : [script('noderaw.mjs'), 64])],
  node: ({ place }) => [process.execPath, script('node.mjs'), place.kernel],
  vitrine: ({ place, nodeOptions }) => [process.execPath, ...nodeOptions, script('vitrine.mjs'), place.stack],
};

const QUEUE = 4096;
const PAGE = 4096;
