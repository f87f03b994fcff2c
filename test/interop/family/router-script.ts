/**
 * What `router.test.ts` runs in a namespace: two machines, each on the other side of a stack that forwards.
 *
 *   router-script.ts tun|tap [capture]      client 10.1.0.2 ── 10.1.0.1 stack 10.2.0.1 ── 10.2.0.2 server
 */
import { pcap } from '../../../host/device/pcap.js';
import { tap } from '../../../host/device/tap.js';
import { tun } from '../../../host/device/tun.js';
import { createStack } from '../../../host/stack/stack.js';
import { Machine } from './machine.js';
import { play } from './steps.js';

/** Of the link to the client, and of the one to the server. */
const [WIDE, NARROW] = [1500, 1400];
/** Nobody else is there who could have our addresses. */
const SETTLED = { duplicateDetection: 0 };
const SERVER4 = '10.2.0.2';
const SERVER6 = 'fd00:2::2';
const [kind = 'tap', capture] = process.argv.slice(2);

const [client, server] = [Machine.create('client'), Machine.create('server')];
const [left, right] = [device(WIDE), device(NARROW)];
client.take(left, {
  addresses: ['10.1.0.2/24', 'fd00:1::2/64'],
  gateways: ['10.1.0.1', 'fd00:1::1'],
});
server.take(right, {
  addresses: [`${SERVER4}/24`, `${SERVER6}/64`],
  gateways: ['10.2.0.1', 'fd00:2::1'],
  mtu: NARROW,
});
const stack = await createStack({
  forwarding: true,
  interfaces: [
    {
      device: capture === undefined ? left : pcap(left, { path: capture }),
      addresses: ['10.1.0.1/24', 'fd00:1::1/64'],
      ipv6: SETTLED,
    },
    { device: right, addresses: ['10.2.0.1/24', 'fd00:2::1/64'], ipv6: SETTLED },
  ],
});

await play({
  'traceroute over IPv4': () => route('traceroute', '-n', '-q', '1', '-m', '4', '-w', '1', SERVER4),
  'traceroute over IPv6': () => route('traceroute', '-n', '-q', '1', '-m', '4', '-w', '1', SERVER6),
  'traceroute by echo over IPv4': () => route('traceroute', '-I', '-n', '-q', '1', '-m', '4', '-w', '1', SERVER4),
  'traceroute by echo over IPv6': () => route('traceroute', '-I', '-n', '-q', '1', '-m', '4', '-w', '1', SERVER6),
  'path MTU over IPv4': () => route('tracepath', '-n', '-m', '4', SERVER4),
  'path MTU over IPv6': () => route('tracepath', '-n', '-m', '4', SERVER6),
  'a large ping over IPv4': () => ping('-M', 'want', '-s', '20000', SERVER4),
  'a large ping over IPv6': () => ping('-s', '20000', SERVER6),
  'nobody there, over IPv4': async () => (kind === 'tap' ? ping('10.2.0.99') : ''),
  'nobody there, over IPv6': async () => (kind === 'tap' ? ping('fd00:2::99') : ''),
  'iperf3 over IPv4': () => iperf(SERVER4),
  'iperf3 over IPv6': () => iperf(SERVER6),
  'iperf3 back over IPv4': () => iperf(SERVER4, '-R'),
  'iperf3 back over IPv6': () => iperf(SERVER6, '-R'),
  // So few that iperf3's own buffer holds what comes while a busy machine does not let it run.
  'iperf3 of datagrams': () => iperf(SERVER4, '-u', '-b', '2M', '-l', '1200'),
  'nothing is left': async () => stack.counters(),
});
await Promise.all([client.stop(), server.stop()]);
stack.close();
process.exit();

function device(mtu: number) {
  return kind === 'tap' ? tap({ mtu }) : tun({ mtu });
}

async function route(...command: string[]): Promise<string[]> {
  return (await client.run(command)).stdout.trimEnd().split('\n').slice(1);
}

async function ping(...options: string[]): Promise<string> {
  return (await client.run(['ping', '-n', '-c', '1', '-W', '5', ...options])).stdout;
}

/** Bits a second that arrived. */
async function iperf(address: string, ...options: string[]): Promise<unknown> {
  const listening = server.start(['iperf3', '-s', '-1', '--forceflush']);
  await listening.said(/listening/);
  const { stdout } = await client.run(['iperf3', '-c', address, '-J', '-t', '1', ...options]);
  await listening.stop();
  const { error, end } = JSON.parse(stdout);
  return error ?? { rate: (end.sum_received ?? end.sum).bits_per_second, lost: end.sum?.lost_percent };
}
