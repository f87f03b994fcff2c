/** A capture of a wire in memory, and what tshark reads in it. */
import { execFileSync } from 'node:child_process';
import { manualClock } from '../../host/core/clock.js';
import { memoryWire } from '../../host/device/memory.js';
import { type PcapOptions, pcap } from '../../host/device/pcap.js';
import { TestPort } from './port.js';

export const A = '10.9.0.2';
export const B = '10.9.0.1';

/** A wire whose one end is captured; `inside` is above the capture, `outside` at the far end. */
export function captured(options: PcapOptions, offloads = 0, mtu = 1500) {
  const clock = manualClock();
  const [near, far] = memoryWire({ mtu, capacity: 65536 });
  near.offloads = offloads;
  const device = pcap(near, options);
  return { clock, device, inside: new TestPort(device, clock), outside: new TestPort(far, clock) };
}

/**
 * Rows of the named fields, one for each packet of the capture, or for those that a display filter finds. By default
 * Wireshark gives up on what came in another order.
 */
export function rows(path: string, fields: readonly string[], filter?: string): string[][] {
  const preferences = [...['ip', 'tcp', 'udp'].map((name) => `${name}.check_checksum`), 'tcp.reassemble_out_of_order'];
  const checks = preferences.flatMap((name) => ['-o', `${name}:TRUE`]);
  const columns = ['-T', 'fields', '-E', 'separator=/t', ...fields.flatMap((field) => ['-e', field])];
  const args = ['-r', path, ...checks, ...columns, ...(filter === undefined ? [] : ['-Y', filter])];
  const output = execFileSync('tshark', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const lines = output.split('\n').filter((line) => line !== '');
  return lines.map((line) => line.split('\t'));
}
