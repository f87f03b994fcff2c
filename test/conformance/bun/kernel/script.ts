/**
 * What runs in a network namespace: scenarios with one end on Vitrine and the other on the kernel, a TUN device between
 * them, in real time. `script.ts client|server at-once id …` says which end is Vitrine's, and how many run at once; prints
 * what Vitrine's sockets saw, a line a scenario.
 */
import { systemClock } from '../../../../host/core/clock.js';
import { tun } from '../../../../host/device/tun.js';
import { createStack } from '../../../../host/stack/stack.js';
import { type Implementation, Probe, type ProbedListener, type ProbedSocket } from '../probe.js';
import { runScenario } from '../run.js';
import '../scenarios/index.mjs';
import { type Scenario, scenarios } from '../scenarios/registry.js';
import { connect, listen } from './network.js';
import { KernelSocket } from './socket.js';

/** The addresses that the certificates have. */
const KERNEL = '10.0.0.1';
const VITRINE = '10.0.0.2';
/** Long enough for what is under way when a scenario is over. */
const GRACE = 100;

const [role, atOnce, ...ids] = process.argv.slice(2);
process.setMaxListeners(0);
const stack = await createStack({ device: tun({ kernelAddress: `${KERNEL}/24` }), addresses: [`${VITRINE}/24`] });
const ours = { connect: stack.connect.bind(stack), listen: stack.listen.bind(stack) };
const ends = role === 'client' ? { connect: ours.connect, listen } : { connect, listen: ours.listen };
const impl: Implementation = {
  connect: (...args) => Reflect.apply(ends.connect, undefined, args) as unknown as Promise<ProbedSocket>,
  listen: (...args) => Reflect.apply(ends.listen, undefined, args) as unknown as ProbedListener,
  capabilities: [],
  environment: { host: role === 'client' ? KERNEL : VITRINE },
  clock: systemClock(),
};
const waiting = scenarios().filter(({ id }) => ids.includes(id));
await Promise.all(Array.from({ length: Number(atOnce) }, work));
stack.close();
process.exit(0);

async function work(): Promise<void> {
  for (let scenario = waiting.shift(); scenario !== undefined; scenario = waiting.shift()) await play(scenario);
}

async function play(scenario: Scenario): Promise<void> {
  const probe = new Probe(impl, scenario);
  const { actors } = await runScenario(impl, scenario, { probe, grace: GRACE });
  const sockets = Object.entries(probe.sockets).filter(([, socket]) => !((socket as unknown) instanceof KernelSocket));
  const seen = Object.fromEntries(sockets.map(([actor]) => [actor, actors[actor] ?? []]));
  console.log(JSON.stringify({ id: scenario.id, transcript: { actors: seen } }));
}
