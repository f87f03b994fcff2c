/**
 * The forwarding row: datagrams go into one TUN device and come out of another, and whoever is between them passes them on:
 * Vitrine as a router, or a program in C that only copies. They are for an address that nobody has (of RFC 2544's
 * 198.18.0.0/15): what comes out is counted by the kernel, and dropped.
 */
import { execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { median, pairedRatio } from '../report/statistics.mjs';
import { cpuSeconds } from '../running/cpu.mjs';

/** @param {{ seconds: number, rounds: number, progress: (text: string) => void, tools: { forward: string } }} settings */
export async function measure({ seconds, rounds, progress, tools: { forward } }) {
  const results = [];
  for (const size of SIZES) {
    const samples = { raw: [], vitrine: [] };
    for (let round = 0; round <= rounds; round++) {
      for (const name of ['raw', 'vitrine']) {
        progress(`${size} bytes, ${name}, ${round === 0 ? 'warm-up' : `round ${round} of ${rounds}`}`);
        const sample = await run(name, forward, size, round === 0 ? WARM_UP : seconds);
        if (round > 0) samples[name].push(sample);
      }
    }
    results.push({ size, samples });
  }
  return {
    columns: ['packets/s', '× raw', 'CPU µs/packet'],
    rows: results.flatMap(({ size, samples }) => ['raw', 'vitrine'].map((name) => rowOf(name, size, samples))),
    bars: [],
  };
}

/** One run between two devices of its own. */
async function run(name, forward, size, seconds) {
  const between = spawn(...COMMANDS[name](forward), { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => between.once('exit', resolve));
  try {
    await new Promise((resolve, reject) => {
      createInterface({ input: between.stdout }).once('line', resolve);
      between.once('exit', () => reject(new Error(`${name} could not forward`)));
    });
    for (const device of [FROM, TO]) ip('link', 'set', device, 'txqueuelen', '4096', 'up');
    ip('address', 'replace', '10.30.0.1/24', 'dev', FROM);
    ip('route', 'replace', '198.18.0.0/15', 'dev', FROM);
    const before = { packets: arrived(), cpu: cpuSeconds(between.pid) };
    const began = performance.now();
    const blast = spawn(forward, ['blast', '198.18.0.1', String(size), String(seconds)], { stdio: 'ignore' });
    await new Promise((resolve) => blast.once('exit', resolve));
    const packets = arrived() - before.packets;
    const elapsed = (performance.now() - began) / 1000;
    return { rate: packets / elapsed, cpu: ((cpuSeconds(between.pid) - before.cpu) / packets) * 1e6 };
  } finally {
    if (name === 'vitrine') between.stdin.end();
    else between.kill('SIGKILL');
    await ended;
  }
}

function rowOf(name, size, samples) {
  const of = (who, what) => samples[who].map((sample) => sample[what]);
  const ratio = pairedRatio(of(name, 'rate'), of('raw', 'rate'));
  const label = `${name === 'raw' ? 'raw: C, copies' : 'vitrine: a router'}, ${size} bytes of UDP`;
  return [label, median(of(name, 'rate')).toFixed(0), ratio.toFixed(2), median(of(name, 'cpu')).toFixed(2)];
}

/** Packets that the kernel has had from the second device. */
function arrived() {
  return JSON.parse(ip('-j', '-s', 'link', 'show', TO))[0].stats64.rx.packets;
}

function ip(...words) {
  return execFileSync('ip', words, { encoding: 'utf8' });
}

const [FROM, TO] = ['forward0', 'forward1'];
const COMMANDS = {
  raw: (forward) => [forward, ['raw', FROM, TO]],
  vitrine: () => [process.execPath, [fileURLToPath(new URL('stack.mjs', import.meta.url)), FROM, TO]],
};
const SIZES = [18, 1400];
const WARM_UP = 1;
