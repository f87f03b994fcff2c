/**
 * Runs one scenario to its end, or to its limit. Not for: which implementation, and whose time (`in-stack.ts`).
 */
import { type Implementation, Probe } from './probe.js';
import type { Scenario } from './scenarios/registry.js';
import type { Transcript } from './transcript.js';

/**
 * Writes down what nobody catches in this process while it runs.
 * @param options `grace`: milliseconds that are waited when it is over, so that what is under way arrives
 */
export async function runScenario(
  impl: Implementation,
  scenario: Scenario,
  { probe = new Probe(impl, scenario), grace = 0 } = {},
): Promise<Transcript> {
  const stopListening = listenToProcess(probe);
  let failed: { scenarioError: unknown } | undefined;
  let timedOut: { timedOut: true } | undefined;
  const ended = scenario.run(probe).catch((error) => {
    failed = { scenarioError: probe.norm(error) };
  });
  const limit = probe.sleep(scenario.limit).then(() => {
    timedOut = { timedOut: true };
  });
  await Promise.race([ended, limit]);
  if (grace > 0) await probe.sleep(grace);
  const actors = probe.finish();
  probe.clean();
  stopListening();
  return { actors, ...timedOut, ...failed };
}

/** Runs one that asks whether the process ends by itself; `told` hears at its end. SIGTERM means: at the limit. */
export async function runToExit(impl: Implementation, scenario: Scenario, told: (end: Transcript) => void) {
  const probe = new Probe(impl, scenario);
  listenToProcess(probe);
  let exitedBy = 'itself';
  process.on('SIGTERM', () => {
    exitedBy = 'killed: still alive at the limit';
    process.exit(0);
  });
  process.on('exit', () => told({ actors: probe.finish(), exitedBy }));
  await scenario.run(probe);
}

function listenToProcess(probe: Probe): () => void {
  const listeners = ['uncaughtException', 'unhandledRejection'].map((event) => {
    const listener = (error: unknown) => probe.push('process', { e: event, v: [probe.norm(error)] });
    process.on(event, listener);
    return () => process.off(event, listener);
  });
  return () => {
    for (const stop of listeners) stop();
  };
}
