/**
 * The row of workers: one stack, one worker and two, each on a plain TUN device, asked by 16 connections of the kernel's from
 * one process. Where there are two cores, the kernel's end has one of them: how many cores each side has used stands beside.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median, pairedRatio, spread } from '../report/statistics.mjs';
import { range, shown } from '../report/table.mjs';

/** @param {import('../types.js').LocalSettings} settings @returns {Promise<import('../types.js').Local>} */
export async function measure({ seconds, rounds, progress, tools: { kmany } }) {
  const contenders = [];
  try {
    for (const number of CONTENDERS.keys()) contenders.push(await begin(number));
    const rows = [];
    for (const load of LOADS) {
      const samples = contenders.map(() => []);
      for (let round = 0; round <= rounds; round++) {
        for (const [number, { own, pid }] of contenders.entries()) {
          progress(
            `${load.mode}, ${CONTENDERS[number].label}, ${round === 0 ? 'warm-up' : `round ${round} of ${rounds}`}`,
          );
          const line = await ask(kmany, [load.mode, '-h', own, '-P', pid, '-t', round === 0 ? WARM_UP : seconds]);
          if (round > 0) samples[number].push(line);
        }
      }
      rows.push(...samples.map((lines, number) => rowOf(load, CONTENDERS[number].label, lines, samples[0])));
    }
    return { columns: ['rate', '', '× one stack', 'CPU each', 'its cores', "the kernel's"], rows };
  } finally {
    await Promise.all(contenders.map(({ end }) => end()));
  }
}

async function begin(number) {
  const [kernel, own] = [`10.${30 + number}.0.1`, `10.${30 + number}.0.2`];
  const words = [fileURLToPath(new URL('stack.mjs', import.meta.url)), CONTENDERS[number].workers, `workers${number}`];
  const child = spawn(process.execPath, [...words, kernel, own].map(String), { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    ended.then(() => {
      throw new Error(`${CONTENDERS[number].label} could not start`);
    }),
  ]);
  const end = () => {
    child.stdin.end();
    return ended;
  };
  return { own, pid: child.pid, end };
}

async function ask(kmany, words) {
  const { stdout } = await promisify(execFile)(kmany, words.map(String)).catch((error) => error);
  const line = JSON.parse(stdout || '{"error":"no answer"}');
  if (line.error) throw new Error(`kmany: ${line.error}`);
  return line;
}

function rowOf({ title, unit, rate, cost, digits }, label, lines, others) {
  const rates = lines.map(rate);
  const cores = (key) => shown(median(lines.map((line) => line[key] / line.seconds)), 2);
  return [
    `${title}: ${label}`,
    `${shown(median(rates), digits)} ${unit}`,
    range(spread(rates), digits),
    shown(pairedRatio(rates, others.map(rate)), 2),
    cost(median(lines.map((line) => line.stackCpu / (line.bytes ?? line.requests)))),
    cores('stackCpu'),
    cores('peerCpu'),
  ];
}

const CONTENDERS = [
  { label: 'one stack', workers: 0 },
  { label: 'one worker', workers: 1 },
  { label: 'two workers', workers: 2 },
];
const gigabits = {
  unit: 'Gbit/s',
  digits: 2,
  rate: ({ bytes, seconds }) => (bytes * 8) / seconds / 1e9,
  cost: (cpu) => `${shown(cpu * 1e9, 2)} s/GB`,
};
const requests = {
  unit: '1/s',
  digits: 0,
  rate: ({ requests, seconds }) => requests / seconds,
  cost: (cpu) => `${shown(cpu * 1e6, 1)} µs`,
};
const LOADS = [
  { ...gigabits, mode: 'source', title: 'receive' },
  { ...gigabits, mode: 'sink', title: 'send' },
  { ...requests, mode: 'ask', title: 'question and answer' },
];
const WARM_UP = 0.5;
