/**
 * What `fleet.test.ts` runs in a network namespace: workers on a real interface, the kernel's sockets in the main thread.
 *
 *   fleet-script.ts CASE offload|plain   prints what the case gives as one line of JSON
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls';
import { Worker } from 'node:worker_threads';
import type { WorkersOptions } from '../../../host/workers/options.js';
import { createWorkers, type Workers } from '../../../host/workers/workers.js';
import { ca, server } from '../../kit/certificates/certificates.js';
import { until } from '../../kit/wait.js';
import { Client } from './client.js';

const OURS = '10.9.0.2';
const THEIRS = '10.9.0.1';
const OURS6 = 'fd00:9::2';
const THEIRS6 = 'fd00:9::1';
const NAME = 'fleet0';
const [, , name = '', mode] = process.argv;
const six = name === 'IPv6';
const secure = name === 'tls' || name === 'tickets';
const trouble: { worker: number; code: unknown; message: string; cause: unknown }[] = [];

const cases: Record<string, (workers: Workers) => unknown> = {
  async 'a crowd'(workers) {
    const clients = await crowd(workers, 64);
    const echoes = await Promise.all(clients.map((client, number) => client.ask(`echo of ${number}`)));
    const { packets, ...rest } = await summary(workers);
    return {
      echoes: echoes.filter((echo, number) => echo === `echo of ${number}`).length,
      busy: packets > 128,
      ...rest,
    };
  },

  /** Every protocol at once: a listener for both families, connections of our own, datagrams and echo requests in fragments. */
  async IPv6(workers) {
    const kernel = createServer((socket) => socket.on('error', () => {})).listen(0, THEIRS6);
    const other = createSocket('udp6', (_, { port, address }) => other.send(new Uint8Array(4000), port, address));
    other.bind(0, THEIRS6);
    await Promise.all([once(kernel, 'listening'), once(other, 'listening')]);
    const clients = await crowd(workers, 32, false, OURS6);
    const old = await crowd(workers, 8);
    const both = [...clients, ...old];
    const echoes = await Promise.all(both.map((client, number) => client.ask(`echo of ${number}`)));
    const { port } = kernel.address() as AddressInfo;
    const ports = await Promise.all(clients.map((client) => client.ask(`connect ${port}`)));
    const answers = await Promise.all(clients.map((client) => client.ask(`ask ${other.address().port}`)));
    const output = execFileSync('ping', ['-c', '4', '-i', '0.2', '-s', '4000', OURS6], { encoding: 'utf8' });
    kernel.close();
    other.close();
    const { straysDropped, resets } = await summary(workers);
    return {
      workers: numbers(clients),
      echoes: echoes.filter((echo, number) => echo === `echo of ${number}`).length,
      shares: clients.every(({ worker }, index) => (Number(ports[index]) - 32768) % 2 === worker),
      answers: [...new Set(answers)],
      pings: /(\d) received/.exec(output)?.[1],
      straysDropped,
      resets,
    };
  },

  async tls(workers) {
    const clients = await crowd(workers, 16, { ca: ca.cert, servername: 'server.test' });
    const echoes = await Promise.all(clients.map((client) => client.ask('in secret')));
    const authorized = clients.filter(({ authorized }) => authorized).length;
    return { echoes: echoes.filter((echo) => echo === 'in secret').length, authorized, workers: numbers(clients) };
  },

  /** Whoever made the session, each of both resumes it. */
  async tickets(workers) {
    const resumed = [];
    for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
      const options = { ca: ca.cert, servername: 'server.test', maxVersion };
      const socket = tlsConnect({ host: OURS, port: workers.port as number, ...options });
      const [session] = (await once(socket, 'session')) as [Buffer];
      socket.destroy();
      const clients = await crowd(workers, 16, { ...options, session });
      resumed.push({ count: clients.filter(({ resumed }) => resumed).length, workers: numbers(clients) });
    }
    return resumed;
  },

  async handlers(workers) {
    const client = await Client.connect(OURS, workers.port as number);
    const other = await repeat(
      () => Client.connect(OURS, workers.port as number),
      ({ worker }) => worker === client.worker,
    );
    client.pause();
    client.say('fill');
    client.resume();
    await until(async () => (await other.ask('heard')).includes('drain'));
    client.say('soon');
    await until(async () => (await other.ask('heard')).includes('timeout'));
    client.end();
    await until(async () => (await other.ask('heard')).includes('close'));
    return other.ask('heard');
  },

  /** Long after the kernel has forgotten who wrote to whom, each connection is still where it began. */
  async 'after silence'(workers) {
    const accepted = new Map<number, Socket>();
    const kernel = createServer((socket) => void accepted.set(socket.remotePort ?? 0, socket)).listen(0, THEIRS, 512);
    await once(kernel, 'listening');
    const clients = await crowd(workers, 64);
    const { port } = kernel.address() as AddressInfo;
    const ports = await Promise.all(clients.map((client) => client.ask(`connect ${port}`)));
    await until(() => accepted.size === ports.length);
    const outbound = ports.map((own) => accepted.get(Number(own)) as Socket);
    const shares = clients.every(({ worker }, index) => (Number(ports[index]) - 32768) % 2 === worker);
    let echoes = 0;
    // The kernel forgets after three seconds, when it comes to it. Each is used once: what is written on it would remind it.
    await until(async () => {
      const next = outbound[echoes];
      if (next === undefined) return true;
      await delay(150);
      next.write('still there?');
      await once(next, 'data');
      echoes++;
      return (await summary(workers)).straysIn >= 2;
    });
    const inbound = await Promise.all(clients.map((client) => client.ask('and you?')));
    for (const socket of outbound) socket.destroy();
    kernel.close();
    const { straysIn, straysDropped, resets } = await summary(workers);
    const echoing = inbound.filter((echo) => echo === 'and you?').length;
    return { shares, inbound: echoing, strays: straysIn >= 2, straysDropped, resets };
  },

  /** Many of them in fragments, which the kernel gives to a worker by the addresses alone. */
  async 'pings both ways'(workers) {
    const clients = await crowd(workers, 16);
    const two = [0, 1].map((number) => clients.find(({ worker }) => worker === number) as Client);
    const sizes = await Promise.all(two.map((client) => client.ask('ping 4')));
    const output = execFileSync('ping', ['-c', '4', '-i', '0.2', '-s', '4000', OURS], { encoding: 'utf8' });
    return { sizes, answered: /(\d) received/.exec(output)?.[1], twice: /DUP/.test(output) };
  },

  /** Answers in fragments, and a port that nobody is at, of which an ICMP error tells. */
  async datagrams(workers) {
    const kernel = createSocket('udp4');
    kernel.on('message', (_, { port, address }) => kernel.send(new Uint8Array(4000), port, address));
    kernel.bind(0, THEIRS);
    await once(kernel, 'listening');
    const { port } = kernel.address();
    const clients = await crowd(workers, 16);
    const answers = await Promise.all(clients.map((client) => client.ask(`ask ${port}`)));
    kernel.close();
    await once(kernel, 'close');
    // The kernel sends six such errors in a row, no more.
    const some = [0, 1].flatMap((number) => clients.filter(({ worker }) => worker === number).slice(0, 3));
    const refusals = await Promise.all(some.map((client) => client.ask(`ask ${port}`)));
    return { answers: [...new Set(answers)], refusals: [...new Set(refusals)] };
  },

  async 'a handler throws'(workers) {
    const client = await Client.connect(OURS, workers.port as number);
    client.say('throw');
    await until(() => trouble.length > 0);
    return { trouble: trouble.map(told(client.worker)), echo: await client.ask('still there?') };
  },

  'a worker dies': (workers) => lose(workers, 'die'),
  'a worker ends itself': (workers) => lose(workers, 'exit'),

  async 'the interface is deleted'() {
    execFileSync('ip', ['link', 'delete', NAME]);
    await until(() => trouble.length === 2);
    return trouble.map(({ worker, code }) => ({ worker, code })).sort((one, two) => one.worker - two.worker);
  },

  async 'ends by itself'(workers) {
    workers.unref();
    return 'no longer held';
  },
};

/** Those that make workers themselves. */
const attempts: Record<string, () => unknown> = {
  async failures() {
    const inline = (code: string) => new URL(`data:text/javascript,${encodeURIComponent(code)}`);
    const handlers = 'export function data() {}';
    // What Node keeps from its first thread on is not ours.
    await once(new Worker('', { eval: true }), 'exit');
    const before = held();
    return {
      missing: await failure({ module: new URL('./nothing-here.js', import.meta.url) }),
      syntax: await failure({ module: inline('export function (') }),
      'no handlers': await failure({ module: inline('export const other = 1') }),
      start: await failure({
        module: inline(
          `${handlers} export async function start() { throw Object.assign(new Error('no'), { code: 'ENO' }) }`,
        ),
      }),
      'not plain data': await failure({ data: () => {} }),
      'an address of others': await failure({ listen: { hostname: '192.0.2.9', port: 80 } }),
      'a name that is taken': await failure({ tun: { name: 'lo' } }),
      'no such algorithm': await failure({ stack: { congestion: 'vegas' as 'reno' } }),
      'no certificate': await failure({ listen: { hostname: OURS, port: 443, tls: true } }),
      left: held() === before && !exists(),
    };
  },

  async 'again and again'() {
    const seen = new Set<string>();
    for (let round = 0; round < 4; round++) {
      const workers = await createWorkers(options());
      await workers.close();
      await workers.close();
      seen.add(held());
    }
    return { differ: seen.size, interface: exists() };
  },

  async 'a persistent interface'() {
    const make = (flags: string) => execFileSync('sh', ['-c', `ip tuntap add mode tun ${flags} name ${NAME}`]);
    make('multi_queue vnet_hdr');
    const workers = await createWorkers(options());
    const [client] = await crowd(workers, 8);
    const echo = await client?.ask('echo');
    await workers.close();
    const stays = exists();
    execFileSync('ip', ['link', 'delete', NAME]);
    make('');
    const otherwise = await createWorkers(options()).catch((error) => `${error.code}: ${error.message}`);
    return { echo, stays, otherwise };
  },
};

function options(other: Partial<WorkersOptions> = {}): WorkersOptions {
  return {
    workers: 2,
    tun: {
      name: NAME,
      kernelAddress: [`${THEIRS}/24`, ...(six ? [`${THEIRS6}/64`] : [])],
      addresses: [`${OURS}/24`, ...(six ? [`${OURS6}/64`] : [])],
      offload: mode === 'offload',
    },
    listen: { hostname: six ? '::' : OURS, port: 0, ...(secure && { tls: { cert: server.cert, key: server.key } }) },
    module: new URL('./handlers.ts', import.meta.url),
    data: { peer: six ? THEIRS6 : THEIRS, text: 'of the main thread' },
    error: (error, worker) => {
      const { code, cause } = error as Error & { code?: unknown };
      trouble.push({ worker, code, message: error.message, cause: (cause as Error | undefined)?.message });
    },
    ...other,
  };
}

async function failure(other: Partial<WorkersOptions>): Promise<unknown> {
  try {
    await (await createWorkers(options(other))).close();
    return 'none';
  } catch (error) {
    const { name, code } = error as Error & { code?: unknown };
    return `${name} ${code}`;
  }
}

/** Has a worker die while both have connections. */
async function lose(workers: Workers, how: string): Promise<unknown> {
  const clients = await crowd(workers, 32);
  const [victim] = clients as [Client];
  const [its, others] = [true, false].map((its) => clients.filter(({ worker }) => (worker === victim.worker) === its));
  victim.say(how);
  await until(() => trouble.length > 0);
  const echoes = await Promise.all(others?.map((client) => client.ask('still there?')) ?? []);
  const codes = await Promise.all(its?.map((client) => client.fate('are you?')) ?? []);
  const later = await crowd(workers, 32);
  return {
    trouble: trouble.map(told(victim.worker)),
    others: echoes.every((echo) => echo === 'still there?'),
    its: [...new Set(codes)],
    later: numbers(later),
  };
}

function told(worker: number) {
  return ({ worker: of, ...what }: (typeof trouble)[number]) => ({
    ...what,
    right: of === worker,
    message: what.message.replace(/\d/, 'N'),
  });
}

/** Clients of both workers. */
async function crowd(
  workers: Workers,
  count: number,
  tls: ConnectionOptions | false = false,
  host = OURS,
): Promise<Client[]> {
  const connect = () => Client.connect(host, workers.port as number, tls);
  return Promise.all(Array.from({ length: count }, connect));
}

function numbers(clients: readonly Client[]): number[] {
  return [...new Set(clients.map(({ worker }) => worker))].sort();
}

async function summary(workers: Workers) {
  const all = await workers.counters();
  const sum = (name: 'packetsIn' | 'straysIn' | 'straysDropped' | 'resetsOut' | 'connections') =>
    all.reduce((total, counters) => total + counters[name], 0);
  return {
    workers: all.map(({ worker }) => worker),
    packets: sum('packetsIn'),
    connections: sum('connections'),
    straysIn: sum('straysIn'),
    straysDropped: sum('straysDropped'),
    resets: sum('resetsOut'),
  };
}

function exists(): boolean {
  return spawnSync('ip', ['link', 'show', 'dev', NAME], { stdio: 'ignore' }).status === 0;
}

/** Threads and descriptors of this process. */
function held(): string {
  return ['task', 'fd'].map((what) => readdirSync(`/proc/self/${what}`).length).join(' ');
}

async function repeat<Value>(make: () => Promise<Value>, right: (value: Value) => boolean): Promise<Value> {
  for (;;) {
    const value = await make();
    if (right(value)) return value;
  }
}

const attempt = attempts[name];
if (attempt !== undefined) console.log(JSON.stringify(await attempt()));
else {
  const workers = await createWorkers(options());
  console.log(JSON.stringify(await cases[name]?.(workers)));
  if (name !== 'ends by itself') {
    await workers.close();
    process.exit(exists() ? 1 : 0);
  }
}
