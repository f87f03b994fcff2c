/**
 * The table of throughput: loss × round trip × rate × controller, each cell measured between two cores and beside it what
 * theory says. Not for: the plot of it (`plot.ts`).
 */
import type { Congestion } from '../../../host/stack/settings.js';
import { type Conditions, responseRate } from './response.js';
import { bottleneck, PACKET, Transfer } from './transfer.js';

export interface Cell extends Conditions {
  controller: Congestion;
  /** Bits of payload a second. */
  measured: number;
  theory: number;
}

export const LOSSES = [0, 0.0003, 0.001, 0.01, 0.03];
export const ROUND_TRIPS = [10, 40, 160];
export const RATES = [10e6, 100e6];
export const CONTROLLERS: readonly Congestion[] = ['reno', 'cubic'];

/** Measures every cell, in the order of the table; or the rows of some losses. */
export async function* measureAll(losses: readonly number[] = LOSSES): AsyncGenerator<Cell> {
  for (const loss of losses)
    for (const rtt of ROUND_TRIPS)
      for (const rate of RATES)
        for (const controller of CONTROLLERS) {
          const conditions = { loss, rtt, rate };
          const measured = await measure(controller, conditions);
          yield { ...conditions, controller, measured, theory: responseRate(controller, conditions) };
        }
}

/** Only data is lost, never an ACK; the first quarter of the packets, with slow start, does not count. */
export async function measure(controller: Congestion, conditions: Conditions): Promise<number> {
  const { loss, rtt, rate } = conditions;
  const link = bottleneck(rtt, rate);
  const transfer = await Transfer.create({ seed: 1, congestion: controller, data: { ...link, loss }, acks: link });
  const packets = packetsFor(controller, conditions);
  transfer.run(LONGEST, () => transfer.counts.packets >= packets / 4);
  const { time, delivered } = transfer;
  transfer.run(LONGEST, () => transfer.counts.packets >= packets);
  return ((transfer.delivered - delivered) * 8 * 1000) / (transfer.time - time);
}

/** The table as text: megabits a second, measured and in theory. */
export function tableText(cells: readonly Cell[]): string {
  const lines = [
    'Payload in Mbit/s of one connection between two cores, measured | in theory (response.ts). The link has a',
    'drop-tail buffer of one bandwidth-delay product. How to make this anew: test/README.md',
    '',
  ];
  const rates = RATES.map((rate) => `${rate / 1e6} Mbit/s`.padEnd(2 * COLUMN));
  lines.push(`${''.padEnd(HEAD)}${rates.join('')}`.trimEnd());
  lines.push(
    `${'loss'.padEnd(8)}${'RTT'.padEnd(HEAD - 8)}${RATES.map(() => CONTROLLERS.map(column).join('')).join('')}`,
  );
  for (const loss of LOSSES) lines.push('', ...rowsText(cells, loss));
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

/** Its rows of one loss, a line a round trip. */
export function rowsText(cells: readonly Cell[], loss: number): string[] {
  return ROUND_TRIPS.map((rtt) => {
    const row = cells.filter((cell) => cell.loss === loss && cell.rtt === rtt);
    const values = row.map(({ measured, theory }) => column(`${figure(measured)} | ${figure(theory)}`));
    return `${percent(loss).padEnd(8)}${`${rtt} ms`.padEnd(HEAD - 8)}${values.join('')}`.trimEnd();
  });
}

export function percent(loss: number): string {
  return `${Number((loss * 100).toPrecision(3))} %`;
}

function column(text: string): string {
  return text.padEnd(COLUMN);
}

function figure(rate: number): string {
  return (rate / 1e6).toPrecision(3).padStart(5);
}

/** Packets of a run: fifty losses where loss sets the rate, else enough for slow start and what follows it. */
function packetsFor(controller: Congestion, conditions: Conditions): number {
  const { loss, rtt, rate } = conditions;
  const full = responseRate(controller, { ...conditions, loss: 0 });
  if (loss === 0 || responseRate(controller, conditions) === full)
    return Math.max(15_000, (25 * rate * rtt) / 1000 / (8 * PACKET));
  return Math.max(50 / loss, 5_000);
}

/** Virtual milliseconds of a run. */
const LONGEST = 3_600_000;
const HEAD = 16;
const COLUMN = 16;
