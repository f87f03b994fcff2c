/** Runs one row: every stack in a process of its own, all of them alive at once, measured in turn for several rounds. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { PEER_NAMES, peerOf } from '../peers/index.mjs';
import { METRICS } from '../rows/metrics.mjs';
import { runPeer, startPeer } from './kpeer.mjs';
import { startStack } from './stack-process.mjs';

/**
 * `settings`: `{ tools, peers, seconds, rounds, congestion, profile }`; of `peers`, other stacks, those with a command take
 * part. `progress(text)` is called before each measurement.
 * @returns `{ row, stacks, failures, congestion }`: of each stack one object of metrics a round. A stack that fails is left
 * out of `stacks`; the others go on.
 */
export async function measureRow(row, settings, progress) {
  const result = { row, stacks: {}, failures: {}, congestion: undefined };
  const stacks = await startAll(row, settings, result);
  try {
    const rounds = row.connections ? 1 : settings.rounds;
    for (let round = 0; round <= rounds; round++) {
      for (const stack of stacks.filter(({ name }) => !result.failures[name])) {
        progress(`${row.id} ${stack.name}, ${round === 0 ? 'warm-up' : `round ${round} of ${rounds}`}`);
        const line = await measure(row, stack, round === 0, settings).catch((error) => {
          result.failures[stack.name] = stack.explain(error);
        });
        if (line) record(result, stack.name, line, round);
      }
    }
  } finally {
    await Promise.all(stacks.map((stack) => stack.stop()));
  }
  for (const name of Object.keys(result.failures)) delete result.stacks[name];
  return result;
}

async function startAll(row, settings, result) {
  const stacks = [];
  for (const [number, [name, device]] of participants(row, settings).entries()) {
    const nodeOptions = row.connections ? ['--expose-gc'] : [];
    if (settings.profile) nodeOptions.push('--cpu-prof', `--cpu-prof-dir=${settings.profile}/${row.id}`);
    const { tools, peers } = settings;
    const started = startStack({ name, number, device, udp: row.udp, tools, peers, prefix: pin(row), nodeOptions });
    await started
      .then((stack) => stacks.push(stack))
      .catch((error) => {
        result.failures[name] = error;
      });
  }
  return stacks;
}

function participants(row, { peers }) {
  return Object.entries(row.stacks).filter(([name]) => !PEER_NAMES.includes(name) || peers[name]);
}

/** The warm-up lets a just-in-time compiler finish and pools reach their size; nothing of it is kept. */
function measure(row, stack, warmUp, settings) {
  const options = { stack, mode: row.mode, program: peerOf(stack.name) ?? row.peer, prefix: pin(row), ...settings };
  if (!row.connections) return runPeer(warmUp ? { ...options, seconds: WARM_UP } : options);
  return warmUp ? runPeer({ ...options, mode: ['connrate', '-n', '2000', '-c', '64'] }) : measureIdle(row, options);
}

async function measureIdle(row, options) {
  const { stack } = options;
  const before = await memoryOf(stack);
  const peer = startPeer(options);
  const { value: opened } = await peer.lines.next();
  if (opened.up !== row.connections) throw new Error(`only ${opened.up} of ${row.connections} connections came up`);
  await sleep(1500);
  const after = await memoryOf(stack);
  peer.input.write('check\n');
  const { value: checked } = await peer.lines.next();
  if (checked.echoed !== checked.sampled)
    throw new Error(`${checked.echoed} of ${checked.sampled} idle connections answered`);
  return {
    rssPerConnection: (after.rss - before.rss) / row.connections,
    linearPerConnection: (after.linear - before.linear) / row.connections,
    takenPerConnection: (after.taken - before.taken) / row.connections,
  };
}

async function memoryOf(stack) {
  const { linearBytes, memoryTaken } = await stack.settle();
  return { rss: stack.residentBytes, linear: linearBytes, taken: memoryTaken };
}

function record(result, name, line, round) {
  if (line.congestion) result.congestion = line.congestion;
  if (round === 0) return;
  const sample = Object.fromEntries(result.row.metrics.map((key) => [key, METRICS[key].of(line)]));
  result.stacks[name] ??= [];
  result.stacks[name].push({ ...sample, retransmits: line.retransmits });
}

/** Latency is measured with both sides on one CPU: waking an idle one costs more than the whole trip. */
function pin(row) {
  return row.oneCpu ? ['taskset', '-c', firstAllowedCpu()] : [];
}

function firstAllowedCpu() {
  return /Cpus_allowed_list:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
}

const WARM_UP = 0.7;
