/**
 * The row `million`: what a connection and a packet cost where there are more and more of them, up to a million in one
 * instance; of the whole product and of the core alone. Each runs in a process of its own (`subject.mjs`), over no device but
 * the crowd. Not for: bulk, and the kernel.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { median } from '../report/statistics.mjs';

/** @param {{ progress: (text: string) => void, counts?: readonly number[] }} settings */
export async function measure({ progress, counts = COUNTS }) {
  const whole = await grow('whole', counts, progress);
  const core = await grow('core', counts, progress);
  const least = counts[0];
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
      `: ${counts[0]}`,
      `${MANY} at a time`,
      'core: echo',
      'ACK',
      'idle',
      `: ${counts[0]}`,
      `${MANY} at a time`,
      'longest pause ms',
      'core',
      'nextDeadline ns',
    ],
    rows: [...whole.steps.map((step, index) => row(step, core.steps[index])), ...endings(whole.end, core.end)],
    bars: [
      bar(`µs of an echo and its ACK, ${most.count} : ${least}`, most.ratio, 2, 1.3),
      bar('the same, core alone', core.steps.at(-1).ratio, 2, 1.3),
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
  const { count, linear, rss, heap, opening, echo, acknowledgment, expiry, ratio, many, pause } = whole;
  const first = count === COUNTS[0];
  const memory = first
    ? ['', '', '', '']
    : [linear, rss, heap].map((bytes) => bytes.toFixed(0)).concat(opening.toFixed(1));
  const costs = [
    [echo, acknowledgment, expiry, ratio, many],
    [core.echo, core.acknowledgment, core.expiry, core.ratio, core.many],
  ].flatMap((each) => each.map((cost) => cost?.toFixed(2) ?? ''));
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

/**
 * A subject as its crowd grows, in turns with another one whose crowd stays as small as it was: the machine changes its speed
 * within minutes, so what counts is the ratio within a turn.
 * @returns {Promise<{ steps: any[], end: any }>}
 */
async function grow(which, counts, progress) {
  const least = counts[0];
  const small = new Subject(which, least);
  const subject = new Subject(which, counts.at(-1));
  const steps = [];
  for (const each of [small, subject]) {
    await each.ask(`grow ${least}`);
    await each.ask(`visit ${WARM_UP} ${FEW}`);
  }
  await subject.ask('weigh');
  for (const count of counts) {
    const opened = await subject.ask(`grow ${count}`);
    const turns = [];
    for (let visited = 0; visited < Math.max(count, TURNS * VISITS); visited += VISITS) {
      const visit = `visit ${VISITS} ${FEW}`;
      turns.push({ small: await small.ask(visit), own: await subject.ask(visit) });
    }
    const middle = (pick) => median(turns.map(pick));
    const ratio = middle(({ own, small }) => packet(own) / packet(small));
    const costs = ['echo', 'acknowledgment', 'expiry'].map((name) => [name, middle(({ own }) => own[name])]);
    const many = count < MANY ? undefined : packet(await subject.ask(`visit ${VISITS} ${MANY}`));
    steps.push({ count, many, ...opened, ...Object.fromEntries(costs), ratio, ...(await subject.ask('weigh')) });
    progress(`million, ${which}: ${count}`);
  }
  const end = await subject.ask('close');
  progress(`million, ${which}: all closed, twice`);
  for (const each of [small, subject]) each.end();
  return { steps, end };
}

/** One in a process of its own, which answers one question after the other. */
class Subject {
  #child;
  #answers;

  constructor(which, limit) {
    this.#child = spawn(process.execPath, ['--expose-gc', SUBJECT, which, limit], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async ask(question) {
    this.#child.stdin.write(`${question}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`the process of the crowd ended at "${question}"`);
    return JSON.parse(value);
  }

  end() {
    this.#child.stdin.end();
  }
}

const COUNTS = [100, 1_000, 10_000, 100_000, 300_000, 1_000_000];
/** Echoes before anything is measured: compilers are done long before. */
const WARM_UP = 200_000;
/** How many echoes are under way at a time: as many as the smallest crowd can have, or as many as can be prepared. */
const [FEW, MANY] = [100, 4096];
/** Echoes of a turn, and turns at the least; with very many connections each is visited once. */
const VISITS = 40_000;
const TURNS = 9;
const SUBJECT = fileURLToPath(new URL('subject.mjs', import.meta.url));
