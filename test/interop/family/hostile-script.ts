/**
 * What `hostile.test.ts` runs in a namespace: scanners and packets that should not be, against a stack on a TAP device; and
 * the same scan of the kernel itself, to compare with.
 *
 *   hostile-script.ts CAPTURE
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { LinearMemory } from '../../../host/core/exports.js';
import type { Device } from '../../../host/device/device.js';
import { pcap } from '../../../host/device/pcap.js';
import { tap } from '../../../host/device/tap.js';
import { createStack } from '../../../host/stack/stack.js';
import { Machine } from './machine.js';
import { play } from './steps.js';

const [, , capture = ''] = process.argv;
/** Seconds that each of the tools may go on. */
const SPAN = '4';
const [US4, US6] = ['10.6.0.2', 'fd00:6::2'];
const [attacker, kernel] = [Machine.create('attacker'), Machine.create('kernel')];

const device = tap();
attacker.take(device, { addresses: ['10.6.0.1/24', 'fd00:6::1/64'] });
Machine.own.sh('ip link add pair type veth peer name other');
attacker.take({ name: 'pair' }, { addresses: ['10.5.0.1/24', 'fd00:5::1/64'] });
kernel.take({ name: 'other' }, { addresses: ['10.5.0.2/24', 'fd00:5::2/64'] });
kernel.start(['socat', 'TCP6-LISTEN:80,fork,reuseaddr', 'EXEC:cat']);
kernel.start(['socat', 'UDP6-RECVFROM:53,fork', 'EXEC:cat']);

/** Packets with random fields, some with random bytes behind them; the number of those that were sent. */
const SCAPY = `
import random, time
from scapy.all import *
random.seed(6); conf.verb = 0
mac = getmacbyip("${US4}")
ether = Ether(dst=mac)
s = conf.L2socket(iface="${device.name}")
four, six = IP(dst="${US4}"), IPv6(dst="${US6}")
kinds = [
  lambda: fuzz(IP(dst="${US4}")) / Raw(RandString(40)), lambda: four / fuzz(TCP()), lambda: four / fuzz(UDP()), lambda: four / fuzz(ICMP()),
  lambda: fuzz(IPv6(dst="${US6}")) / Raw(RandString(40)), lambda: six / fuzz(TCP()), lambda: six / fuzz(UDP()),
  lambda: six / fuzz(ICMPv6EchoRequest()), lambda: six / fuzz(ICMPv6ND_NS()), lambda: six / fuzz(ICMPv6ND_NA()), lambda: six / fuzz(ICMPv6ND_RA()),
  lambda: six / fuzz(IPv6ExtHdrHopByHop()) / UDP(), lambda: six / fuzz(IPv6ExtHdrDestOpt()) / TCP(dport=80),
  lambda: six / fuzz(IPv6ExtHdrRouting()) / TCP(dport=80), lambda: six / fuzz(IPv6ExtHdrFragment()) / Raw(RandString(60)),
  lambda: IP(dst="${US4}", flags=random.randrange(8), frag=random.randrange(8192), id=random.randrange(9)) / Raw(RandString(64)),
]
until, count = time.time() + 3, 0
while time.time() < until:
  packet = bytes(ether / random.choice(kinds)())
  if random.random() < 0.2: packet = packet[:random.randrange(14, len(packet))]
  try: s.send(packet); count += 1
  except OSError: pass
  if random.random() < 0.1: s.send(bytes(Ether(dst=mac) / fuzz(ARP())))
print(count)
`;

/** Each of them for a while, all at once. */
const ATTACKS = [
  ['fragmentation6', '-p', device.name, US6],
  ['exploit6', device.name, US6],
  ['denial6', device.name, US6, '1'],
  ['thcsyn6', device.name, US6, '80'],
  ['dos-new-ip6', device.name],
  ['fake_router26', '-A', 'fd00:66::/64', device.name],
  ['flood_router26', device.name],
  ['flood_advertise6', device.name, US6],
  ['flood_solicitate6', device.name, US6],
  ['ndpexhaust26', '-r', device.name, 'fd00:6::/64'],
  ['toobig6', device.name, US6, 'fd00:6::1', '1280'],
];

const memory = memoryGivenTo(device);
const stack = await createStack({
  interfaces: [
    {
      device: pcap(device, { path: capture }),
      addresses: [`${US4}/24`, `${US6}/64`],
      ipv6: { autoconfigure: true, duplicateDetection: 0 },
    },
  ],
});
stack.listen({ hostname: '::', port: 80, socket: { data: (socket, chunk) => void socket.write(chunk) } });
await stack.udpSocket({
  hostname: '::',
  port: 53,
  socket: { data: (socket, data, port, address) => void socket.send(data, port, address) },
});

await play({
  'hardware address': async () => device.hardwareAddress,
  nmap: async () => {
    const [four, kernels] = await Promise.all([predicted(US4), predicted('10.5.0.2')]);
    return { four, kernels, six: await nmap('-6', US6) };
  },
  before: async () => memory().buffer.byteLength,
  attacks: () => Promise.all(ATTACKS.map(([tool, ...args]) => attack(tool as string, ...args))),
  scapy: () => scapy(),
  after: async () => memory().buffer.byteLength,
  states: async () => stack.counters(),
  'still there over IPv4': () => answers(US4),
  'still there over IPv6': () => answers(US6),
  addresses: async () => stack.network.addresses().length,
  routes: async () => stack.network.routes().length,
});
await Promise.all([attacker.stop(), kernel.stop()]);
stack.close();
process.exit();

/** With what nmap says of sequence numbers: nothing where its six probes were not a tenth of a second apart, as on a busy machine. */
async function predicted(target: string): Promise<string> {
  const report = await nmap(target);
  return report.includes('TCP Sequence Prediction') ? report : nmap(target);
}

/** What it says of ports and of the system; only a few ports, the open ones among them. */
async function nmap(...target: string[]): Promise<string> {
  const options = [
    '-sS',
    '-sU',
    '-O',
    '-v',
    '-n',
    '-Pn',
    '--max-retries',
    '2',
    '--max-os-tries',
    '1',
    '-p',
    'T:22,80,443,U:53,123',
  ];
  const { stdout, stderr } = await attacker.run(['nmap', ...options, ...target], 40_000);
  return stdout + stderr;
}

/** @returns what it said, when it could not even start */
async function attack(tool: string, ...args: string[]): Promise<string> {
  const command = ['timeout', '-s', 'INT', '-k', '1', SPAN, `atk6-${tool}`, ...args];
  const { code, stderr } = await attacker.run(command, 10_000);
  return code === 127 || /^(Error|Syntax)/m.test(stderr) ? `${tool}: ${stderr}` : '';
}

async function scapy(): Promise<number> {
  const { stdout, stderr, code } = await attacker.run(['/usr/bin/python3', '-c', SCAPY], 30_000);
  if (code !== 0) throw new Error(stderr);
  return Number(stdout);
}

async function answers(address: string): Promise<boolean> {
  await delay(1000);
  return (await attacker.run(['ping', '-n', '-c', '3', '-i', '0.3', '-W', '2', address])).code === 0;
}

/** Every device is told of linear memory when it is attached. */
function memoryGivenTo(target: Device): () => LinearMemory {
  const attach = target.attach.bind(target);
  let given: LinearMemory | undefined;
  target.attach = (port) => {
    given = port.memory;
    attach(port);
  };
  return () => given as LinearMemory;
}
