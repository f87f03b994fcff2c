/** What `tshark` has against the packets of a capture, in all the protocols of the family. Not for: TCP's analysis. */
import { execFileSync } from 'node:child_process';

/**
 * The packets that are malformed or have a bad checksum, a line each.
 * @param but a filter for those that are meant to be so
 */
export function judged(capture: string, but = ''): string[] {
  const checks = CHECKED.flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]);
  const filter = `(${BAD})${but === '' ? '' : ` && !(${but})`}`;
  const output = execFileSync('tshark', ['-n', '-r', capture, ...checks, ...PLAIN, '-Y', filter], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 1 << 28,
  });
  return output.split('\n').filter(Boolean).slice(0, 20);
}

const CHECKED = ['ip', 'tcp', 'udp'];
/** What is carried is random: sooner or later it looks like some protocol, and a malformed one at that. */
const PLAIN = ['-d', 'tcp.port==0-65535,data', '-d', 'udp.port==1024-65535,data'];
/**
 * A checksum that is not there (2: not checked) is none that is bad. The kernel writes zero as 0xffff in TCP: the same. What an
 * ICMP error quotes came with a checksum that the device would have completed.
 */
const BAD = [
  '_ws.malformed',
  'ip.checksum.status == 0',
  '(tcp.checksum.status == 0 && tcp.checksum != 0xffff)',
  '(udp.checksum.status == 0 && !(icmp.type in {3,11}) && !(icmpv6.type in {1..4}))',
  'icmp.checksum.status == 0',
  'icmpv6.checksum.status == 0',
].join(' || ');
