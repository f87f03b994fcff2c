/**
 * The other side of iperf3's server: its client, with the words and the answer of ../native/kpeer.c.
 *
 *   node iperf3-peer.mjs source|sink -h HOST -t SECONDS -C CONGESTION   (and -s, -P, which iperf3 does not want)
 *
 * Whole seconds only. Prints one line of JSON.
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: Object.fromEntries(['h', 's', 'P', 't', 'C'].map((short) => [short, { type: 'string', short }])),
});
const words = ['--client', values.h, '--time', String(Math.max(1, Math.round(Number(values.t)))), '--json'];
if (positionals[0] === 'sink') words.push('--reverse');
console.log(JSON.stringify(report(run(values.C)) ?? report(run('reno'))));

/** A namespace may refuse the congestion control. */
function run(congestion) {
  const client = ['--pdeathsig', 'KILL', 'iperf3', ...words, '--congestion', congestion];
  const { stdout, error } = spawnSync('setpriv', client, { encoding: 'utf8' });
  return error ? { error: error.message } : { congestion, ...JSON.parse(stdout) };
}

function report({ error, congestion, end }) {
  if (error) return congestion === 'reno' ? { error: `iperf3: ${error}` } : undefined;
  const { bytes, seconds } = end.sum_received;
  const stackCpu = (end.cpu_utilization_percent.remote_total / 100) * seconds;
  return { bytes, seconds, stackCpu, congestion };
}
