/**
 * One simulation: a scenario that follows from a seed, run to its end on virtual time, and the invariants: every byte once,
 * in order, unchanged; every connection ends; nothing is left behind in either stack.
 * Run one by hand: `npm run simulate -- --seed 17`.
 */
import { SeededRandom } from '../../host/device/random.js';
import type { WeatherOptions } from '../../host/device/weather.js';
import type { Stack } from '../../host/stack/stack.js';
import { turn } from '../kit/stacks.js';
import { End, type Role, verdict } from './conversation.js';
import { type Network, type NetworkOptions, network } from './network.js';

export interface Scenario extends Omit<NetworkOptions, 'seed'> {
  /** Client's and server's part, and when the client connects. */
  conversations: { client: Role; server: Role; at: number }[];
}

export interface Report {
  seed: number;
  scenario: Scenario;
  /** Hash of every packet and its moment. */
  wire: string;
  packets: number;
  retransmitted: number;
  /** Virtual milliseconds until the last connection was closed. */
  duration: number;
}

/** The seed, the weather and the command that shows the failure again. */
export class SimulationFailed extends Error {
  constructor(seed: number, what: string, scenario: Scenario, heavy: boolean) {
    const again = `npm run simulate -- ${heavy ? '--heavy ' : ''}--seed ${seed}`;
    super(`seed ${seed}: ${what}\nagain: ${again}\nscenario: ${JSON.stringify(scenario)}`);
  }
}

/** @throws SimulationFailed when an invariant does not hold */
export async function simulate(seed: number, scenario: Scenario = scenarioOf(seed), heavy = false): Promise<Report> {
  const net = await network({ seed, ...scenario });
  const start = net.clock.now();
  const fail = (what: string) => new SimulationFailed(seed, what, scenario, heavy);
  const pairs = scenario.conversations.map((conversation, index) => {
    const [up, down] = [2 * index + 1, 2 * index + 2];
    const client = new End(conversation.client, up, down, net.clock);
    const server = new End(conversation.server, down, up, net.clock);
    return { client, server, at: conversation.at };
  });
  const listeners = pairs.map(({ client, server, at }, index) => {
    const port = 1000 + index;
    const listener = net.server.listen<unknown>({
      hostname: net.host,
      port,
      socket: server.handlers,
      allowHalfOpen: true,
    });
    const timer = net.clock.timer(() => {
      const options = { hostname: net.host, port, socket: client.handlers, allowHalfOpen: true };
      net.client.connect<unknown>(options).catch(() => {});
    });
    timer.arm(start + at);
    return listener;
  });
  await run(net, () => pairs.every(({ client, server }) => client.closed && server.closed));
  const duration = net.clock.now() - start;
  for (const listener of listeners) listener.stop();
  for (const { client, server } of pairs) {
    const wrong = verdict(client, server);
    if (wrong !== undefined) throw fail(wrong);
  }
  // What is under way arrives, TIME-WAIT passes; then no alarm is armed any more.
  await run(net, () => false);
  for (const [name, stack] of [
    ['client', net.client],
    ['server', net.server],
  ] as const) {
    const left = leftBehind(stack);
    if (left !== undefined) throw fail(`${name}: ${left}`);
  }
  if (net.wire.failures[0] !== undefined) throw fail(String(net.wire.failures[0]));
  const retransmitted = net.client.counters().segmentsRetransmitted + net.server.counters().segmentsRetransmitted;
  const report = { seed, scenario, wire: net.wire.digest(), packets: net.wire.packets, retransmitted, duration };
  net.client.close();
  net.server.close();
  return report;
}

/** The weather that the project is judged by: both ways at once, a bad day. */
export function heavyScenario(bytes: number, seed: number): Scenario {
  const role: Role = { bytes, chunk: 200_000, pause: 0, pauseTime: 0, ending: 'end' };
  return {
    family: familyOf(seed),
    weather: { loss: 0.1, reorder: 0.1, duplicate: 0.05, corrupt: 0.01, delay: 5, jitter: 1 },
    mtu: 1500,
    client: {},
    server: {},
    conversations: [{ client: role, server: role, at: 0 }],
  };
}

/** What a seed stands for. */
export function scenarioOf(seed: number): Scenario {
  const random = new SeededRandom(seed, 3);
  const chance = (of: number) => random.fraction() < of;
  const upTo = (most: number) => random.fraction() * most;
  const oneOf = <T>(...all: T[]) => all[Math.floor(random.fraction() * all.length)] as T;
  const weather: WeatherOptions = {
    loss: chance(0.7) ? upTo(0.12) : 0,
    delay: upTo(oneOf(1, 30, 200)),
    jitter: chance(0.5) ? upTo(oneOf(1, 20)) : 0,
    reorder: chance(0.5) ? upTo(0.3) : 0,
    duplicate: chance(0.5) ? upTo(0.2) : 0,
    corrupt: chance(0.5) ? upTo(0.05) : 0,
    ...(chance(0.3) ? { rate: 10 ** (5.5 + upTo(2.5)), queue: 10 + Math.floor(upTo(200)) } : {}),
  };
  const limits = () => ({ sendBuffer: 2048 << Math.floor(upTo(10)), receiveBuffer: 2048 << Math.floor(upTo(10)) });
  const role = (): Role => ({
    bytes: chance(0.1) ? 0 : Math.floor(10 ** upTo(5.2)),
    chunk: oneOf(1, 100, 1461, 10_000, 100_000) + Math.floor(upTo(50)),
    pause: chance(0.4) ? upTo(0.3) : 0,
    pauseTime: oneOf(10, 1000, 20_000),
    ending: oneOf('end', 'shutdown'),
    ...(chance(0.05) ? { terminateAt: Math.floor(10 ** upTo(5)) } : {}),
  });
  const conversations = Array.from({ length: 1 + Math.floor(upTo(3)) }, () => ({
    client: role(),
    server: role(),
    at: upTo(500),
  }));
  const family = familyOf(seed);
  const least = family === 6 ? 1280 : 576;
  const mtu = oneOf(least, 1500, 1500, 9000);
  const [client, server] = [limits(), limits()];
  const ecn = () => ({ tcp: { ecn: oneOf(0, 1, 2) } });
  const mark = chance(0.5) ? upTo(0.2) : 0;
  return {
    family,
    weather: { ...weather, mark },
    mtu,
    client: { ...client, ...ecn() },
    server: { ...server, ...ecn() },
    conversations,
  };
}

/** Every other seed is of IPv6: each range of them has both. */
function familyOf(seed: number): 4 | 6 {
  return seed % 2 === 1 ? 6 : 4;
}

/** Moves time from alarm to alarm until `done`, or until nothing is left to happen. */
async function run({ clock }: Network, done: () => boolean): Promise<void> {
  for (let steps = 0; steps < STEPS; steps++) {
    await turn();
    if (done()) return;
    if (clock.step()) continue;
    // A pump may go on by turns of the event loop, and arm an alarm in one of them.
    for (let idle = 0; idle < 5; idle++) await turn();
    if (!clock.step()) return;
  }
}

function leftBehind(stack: Stack): string | undefined {
  const { connections, listeners, bufferBytes } = stack.counters();
  if (connections !== 0) return `${connections} connections left`;
  if (bufferBytes !== 0) return `${bufferBytes} bytes of buffers left`;
  return listeners === 0 ? undefined : `${listeners} listeners left`;
}

const STEPS = 20_000_000;
