/**
 * The row `million`: what a connection and a packet cost where there are more and more of them, up to a million in one
 * instance; of the whole product and of the core alone. Each runs in a process of its own (`subject.mjs`), over no device but
 * the crowd. Not for: bulk, and the kernel.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** @param {{ progress: (text: string) => void, counts?: readonly number[] }} settings */
export async function measure({ progress, counts = COUNTS }) {
  const whole = await run('whole', counts, progress);
  const core = await run('core', counts, progress);
  const least = whole.steps[0];
  const most = whole.steps.at(-1);
  return {
    columns: [
      'linear B',
      'RSS B',
      'heap B',
      'open µs',
      'echo µs',
      'its ACK µs',
      'idle µs',
      'core: echo',
      'ACK',
      'idle',
      'longest pause ms',
      'core',
      'nextDeadline ns',
    ],
    rows: [...whole.steps.map((step, index) => row(step, core.steps[index])), ...endings(whole.end, core.end)],
    bars: [
      bar(`µs of an echo and its ACK, ${most.count} : ${least.count}`, packet(most) / packet(least), 2, 1.3),
      bar('the same, core alone', packet(core.steps.at(-1)) / packet(core.steps[0]), 2, 1.3),
      bar('linear memory, B a connection', most.linear, 0, 384, 1024),
      bar('RSS, B a connection', most.rss, 0, 1200, 4096),
      bar('RSS after the second time : after the first', whole.end.second.rss / whole.end.first.rss, 2, 1.05),
      bar(
        'linear memory after the second time : after the first',
        whole.end.second.linear / whole.end.first.linear,
        2,
        1,
      ),
    ],
    curves: [
      curve('Cost of a packet: echo and its ACK', 'µs', { whole, core }, packet),
      curve('Memory of an idle connection', 'bytes', { whole }, ({ rss }) => rss),
    ],
  };
}

function row(whole, core) {
  const { count, linear, rss, heap, opening, echo, acknowledgment, expiry, pause } = whole;
  const first = count === COUNTS[0];
  const memory = first
    ? ['', '', '', '']
    : [linear, rss, heap].map((bytes) => bytes.toFixed(0)).concat(opening.toFixed(1));
  const costs = [echo, acknowledgment, expiry, core.echo, core.acknowledgment, core.expiry].map((each) =>
    each.toFixed(2),
  );
  const pauses = first ? ['', ''] : [pause.toFixed(1), core.pause.toFixed(1)];
  return [`${count.toLocaleString('en')} connections`, ...memory, ...costs, ...pauses, core.next.toFixed(0)];
}

/** What is left when all are closed, and when all were opened and closed once more. */
function endings(whole, core) {
  if (whole.left !== 0 || core.left !== 0) throw new Error(`${whole.left} and ${core.left} connections are left`);
  const sizes = ({ linear, rss, heap }) => [linear, rss, heap].map((bytes) => (bytes / 2 ** 20).toFixed(0));
  return [
    ['all closed, MiB', ...sizes(whole.first)],
    ['opened and closed again, MiB', ...sizes(whole.second)],
  ];
}

function bar(title, value, digits, goal, first) {
  return { title, value, digits, atMost: { ...(first && { first }), goal } };
}

function packet({ echo, acknowledgment }) {
  return echo + acknowledgment;
}

function curve(title, unit, subjects, pick) {
  return {
    title,
    x: { title: 'connections', log: true },
    y: { title: unit },
    lines: Object.entries(subjects).map(([name, { steps }]) => ({
      name: name === 'whole' ? 'vitrine' : 'core alone',
      points: steps.slice(unit === 'bytes' ? 2 : 0).map((step) => [step.count, pick(step)]),
    })),
  };
}

/** @returns {Promise<{ steps: any[], end: any }>} what a subject has printed */
async function run(which, counts, progress) {
  const child = spawn(process.execPath, ['--expose-gc', SUBJECT, which, counts.join(',')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const results = [];
  for await (const line of createInterface({ input: child.stdout })) {
    results.push(JSON.parse(line));
    progress(`million, ${which}: ${results.at(-1).count ?? 'all closed, twice'}`);
  }
  if (results.length !== counts.length + 1)
    throw new Error(`${which} ended after ${results.length} of ${counts.length + 1} steps`);
  return { steps: results.slice(0, -1), end: results.at(-1) };
}

const COUNTS = [100, 1_000, 10_000, 100_000, 300_000, 1_000_000];
const SUBJECT = fileURLToPath(new URL('subject.mjs', import.meta.url));
