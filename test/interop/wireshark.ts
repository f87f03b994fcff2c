/** Wireshark's command line, `tshark`, as the judge of a capture. */
import { execFileSync, spawnSync } from 'node:child_process';
import { KERNEL } from './addresses.js';

/** Why it can't judge here; `undefined` when it can. In CI it must. */
export function tsharkMissing(): string | undefined {
  if (process.env.CI) return undefined;
  return spawnSync('tshark', ['--version']).status === 0 ? undefined : 'skipped: there is no tshark here';
}

/**
 * How the kernel has to be, in a namespace whose packets are judged: a busy machine may let an answer wait, and it repeats
 * nothing for that. The stack has the same: `tailProbe: 0, rtoMinimum: 5000`.
 */
export const PATIENT = [
  'echo 0 > /proc/sys/net/ipv4/tcp_early_retrans',
  'if [ -e /proc/sys/net/ipv4/tcp_rto_min_us ]; then echo 5000000 > /proc/sys/net/ipv4/tcp_rto_min_us; fi',
];

/** The packets of a capture that a display filter finds, a line each: a summary, or the values of `fields`. */
export function tshark(capture: string, filter: string, fields: readonly string[] = []): string[] {
  const checks = ['-o', 'ip.check_checksum:TRUE', '-o', 'tcp.check_checksum:TRUE'];
  // The payload is random: sooner or later it looks like some protocol, and a malformed one at that.
  const plain = ['-d', 'tcp.port==0-65535,data'];
  const columns = fields.length === 0 ? [] : ['-T', 'fields', ...fields.flatMap((field) => ['-e', field])];
  const output = execFileSync('tshark', ['-r', capture, ...checks, ...plain, '-Y', filter, ...columns], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 1 << 28,
  });
  return output.split('\n').filter(Boolean);
}

/** One filter for what several find: starting `tshark` takes longer than filtering. */
export function anyOf(...filters: readonly string[]): string {
  return filters.map((filter) => `(${filter})`).join(' || ');
}

/** A flag among fields, as old and new versions of Wireshark write it. */
export function isSet(flag: string | undefined): boolean {
  return flag === '1' || flag === 'True';
}

const USUAL = ['window_update', 'window_full', 'zero_window', 'zero_window_probe', 'zero_window_probe_ack'];

/** Whatever Wireshark's analysis remarks besides flow control. */
export const UNUSUAL = `tcp.analysis.flags && ${USUAL.map((name) => `!tcp.analysis.${name}`).join(' && ')}`;
export const MALFORMED = '_ws.malformed || _ws.expert.severity == error';
/** The kernel writes a checksum of zero as 0xffff, once in 65,536 packets; it means the same, but Wireshark frowns. */
export const BAD_CHECKSUM = `(ip.checksum.status != 1 || tcp.checksum.status != 1) && !(ip.src == ${KERNEL} && tcp.checksum == 0xffff)`;
