/**
 * Both ends of a scenario on one stack, on a clock that only moves when nothing is left to do: so an hour takes no time,
 * and every run is the same. Besides loopback the stack has a wire on which nobody answers, one behind which every host is
 * unreachable, and one, for everything else, behind which there is no network.
 */
import { type Clock, type ManualClock, manualClock, systemClock } from '../../../host/core/clock.js';
import { memoryWire } from '../../../host/device/memory.js';
import { createStack, type Stack } from '../../../host/stack/stack.js';
import { Router } from '../../kit/router.js';
import { turn } from '../../kit/stacks.js';
import type { Implementation } from './probe.js';
import { runScenario } from './run.js';
import type { Scenario } from './scenarios/registry.js';
import type { Transcript } from './transcript.js';

/** @param six IPv6 in place of IPv4 */
export async function runInStack(scenario: Scenario, six = false): Promise<Transcript> {
  const { own, unreachable: refusal, refused, environment } = six ? SIX : FOUR;
  const clock = manualClock(1000, CERTIFICATES_ARE_VALID);
  const [unreachable, refusesHosts, blackHole] = [memoryWire()[0], memoryWire()[0], memoryWire()[0]];
  const stack = await createStack({
    clock,
    synRetries: 1,
    interfaces: [
      { device: new Router(unreachable, { refuses: refusal }), addresses: [own[0]] },
      { device: new Router(refusesHosts, { refuses: refused }), addresses: [own[1]] },
      { device: blackHole, addresses: [own[2]] },
    ],
  });
  const running = runScenario(implementation(stack, clock, environment), scenario).finally(() => stack.close());
  return drive(clock, running);
}

/** For scenarios about the end of the process: loopback only, and real time. */
export async function realTime(): Promise<Implementation> {
  return implementation(await createStack(), systemClock(), FOUR.environment);
}

function implementation(stack: Stack, clock: Clock, environment: Implementation['environment']): Implementation {
  return {
    connect: (...args) => Reflect.apply(stack.connect, stack, args),
    listen: (...args) => Reflect.apply(stack.listen, stack, args),
    capabilities: CAPABILITIES,
    environment,
    clock,
  };
}

/** Moves the clock from alarm to alarm, whenever the event loop has nothing else to do. */
async function drive<T>(clock: ManualClock, running: Promise<T>): Promise<T> {
  let ended = false;
  const noteEnd = () => {
    ended = true;
  };
  running.then(noteEnd, noteEnd);
  for (;;) {
    await turn();
    if (ended) return running;
    if (!clock.step()) throw new Error('nothing is left to happen');
  }
}

/** What there is not, says why in `NOT_HERE` of `verdict.ts`. */
export const CAPABILITIES = ['tls', 'ipv6', 'localhost', 'upgradeTLS', 'loop', 'typeofservice', 'blackhole', 'netns'];
/** The stack's addresses, what its routers say, and where scenarios go. */
const FOUR = {
  own: ['10.97.0.2/24', '10.98.0.2/24', '10.99.0.1/24'],
  unreachable: { type: 3, code: 0 },
  refused: { type: 3, code: 1 },
  environment: { host: '127.0.0.1', noroute: '10.96.0.1', prohibit: '10.98.0.1', blackhole: '10.99.0.2' },
} as const;
const SIX = {
  own: ['fd00:97::2/64', 'fd00:98::2/64', 'fd00:99::1/64'],
  unreachable: { type: 1, code: 0 },
  refused: { type: 1, code: 3 },
  environment: { host: '::1', noroute: 'fd00:96::1', prohibit: 'fd00:98::1', blackhole: 'fd00:99::2' },
} as const;
const CERTIFICATES_ARE_VALID = Date.UTC(2027, 0, 1);
