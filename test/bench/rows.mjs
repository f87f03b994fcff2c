/**
 * What the bench measures: its rows, the stacks compared in each, and the bars that Vitrine has to pass. Data only;
 * `measure.mjs` runs them.
 */

const PLAIN = { mtu: 1500 };
const LARGE = { mtu: 65000 };
const OFFLOAD = { mtu: 1500, offload: true };

const bulkBars = (first, goal) => [{ metric: 'gbits', against: 'noderaw', atLeast: { first, goal } }];
const cpuBars = [{ metric: 'secondsPerGB', against: 'noderaw', atMost: { first: 3, goal: 1.3 } }];
const tlsBars = [{ metric: 'gbits', atLeast: { first: 2, goal: 5 } }];
const bulk = { metrics: ['gbits', 'secondsPerGB'] };

/**
 * A row with `local` needs no device: that module's `measure(seconds)` answers `{ columns, rows }`, ready to be printed, and
 * `bars`, verdicts like those of the other rows. Of the others:
 *
 * `mode`: words for kpeer, or for `peer`, a script in its place. `stacks`: the device that each gets. `metrics`: what is printed, by key of METRICS.
 * `bars`: `against` a stack is a ratio to it, otherwise the number itself.
 */
export const ROWS = [
  {
    ...bulk,
    id: 'receive',
    title: 'k→s: the kernel sends, plain TUN, MTU 1500',
    mode: ['source'],
    stacks: { raw: PLAIN, noderaw: PLAIN, vitrine: PLAIN },
    bars: bulkBars(0.5, 0.85),
  },
  {
    ...bulk,
    id: 'send',
    title: 's→k: the stack sends, plain TUN, MTU 1500',
    mode: ['sink'],
    stacks: { raw: PLAIN, noderaw: PLAIN, vitrine: PLAIN },
    bars: bulkBars(0.65, 0.9),
  },
  {
    ...bulk,
    id: 'receive-65000',
    title: 'k→s: the kernel sends, plain TUN, MTU 65000',
    mode: ['source'],
    stacks: { raw: LARGE, noderaw: LARGE, vitrine: LARGE },
    bars: cpuBars,
  },
  {
    ...bulk,
    id: 'send-65000',
    title: 's→k: the stack sends, plain TUN, MTU 65000',
    mode: ['sink'],
    stacks: { raw: LARGE, noderaw: LARGE, vitrine: LARGE },
    bars: cpuBars,
  },
  {
    ...bulk,
    id: 'receive-offload',
    title: 'k→s: the kernel sends, VNET_HDR + TSO, MTU 1500 (noderaw: plain, MTU 65000)',
    mode: ['source'],
    stacks: { raw: OFFLOAD, noderaw: LARGE, vitrine: OFFLOAD },
    bars: cpuBars,
  },
  {
    ...bulk,
    id: 'send-offload',
    title: 's→k: the stack sends, VNET_HDR + TSO, MTU 1500 (noderaw: plain, MTU 65000)',
    mode: ['sink'],
    stacks: { raw: OFFLOAD, noderaw: LARGE, vitrine: OFFLOAD },
    bars: cpuBars,
  },
  {
    ...bulk,
    id: 'receive-tls',
    title: 'k→s over TLS 1.3: the kernel sends, plain TUN, MTU 65000 (node: its own TLS, on the kernel)',
    mode: ['source'],
    peer: './tls-peer.mjs',
    stacks: { node: LARGE, vitrine: LARGE },
    bars: tlsBars,
  },
  {
    ...bulk,
    id: 'send-tls',
    title: 's→k over TLS 1.3: the stack sends, plain TUN, MTU 65000 (node: its own TLS, on the kernel)',
    mode: ['sink'],
    peer: './tls-peer.mjs',
    stacks: { node: LARGE, vitrine: LARGE },
    bars: tlsBars,
  },
  {
    id: 'handshakes',
    title: 'TLS 1.3 handshakes, each end by itself: X25519, ECDSA on P-256, no network',
    local: './handshakes.mjs',
  },
  {
    id: 'aead',
    title: 'the ciphers of TLS: records of 16 KiB, no network',
    local: './aead.mjs',
  },
  {
    id: 'udp',
    title: 'UDP datagrams a second, through a device that costs nothing',
    local: './udp.mjs',
  },
  {
    id: 'http',
    title: 'a server of node:http asked by wrk, 64 connections, plain TUN, MTU 1500 (node: on the kernel)',
    mode: ['64'],
    peer: './http-peer.mjs',
    stacks: { node: PLAIN, vitrine: PLAIN },
    metrics: ['requestsPerSecond', 'cpuPerRequest'],
    bars: [],
  },
  {
    id: 'forward',
    title: 'forwarding: datagrams from one plain TUN to another, MTU 1500',
    local: './forwarding/measure.mjs',
  },
  {
    id: 'ping',
    title: 'ping: one byte there and back, both sides on one CPU',
    mode: ['pingpong'],
    oneCpu: true,
    stacks: { raw: PLAIN, noderaw: PLAIN, vitrine: PLAIN },
    metrics: ['p50', 'p99', 'cpuPerTrip'],
    bars: [
      { metric: 'p50', against: 'noderaw', atMost: { first: 1.6, goal: 1.2 } },
      { metric: 'p99', against: 'noderaw', atMost: { first: 3, goal: 2 } },
    ],
  },
  {
    id: 'connect',
    title: 'connections, one after the other',
    mode: ['connrate', '-n', '20000', '-c', '1'],
    stacks: { raw: PLAIN, noderaw: PLAIN, vitrine: PLAIN },
    metrics: ['cpuPerConnection', 'connectionsPerSecond'],
    bars: [],
  },
  {
    id: 'connect-64',
    title: 'connections, 64 at once',
    mode: ['connrate', '-n', '40000', '-c', '64'],
    stacks: { raw: PLAIN, noderaw: PLAIN, vitrine: PLAIN },
    metrics: ['cpuPerConnection', 'connectionsPerSecond'],
    bars: [{ metric: 'cpuPerConnection', against: 'noderaw', atMost: { first: 2, goal: 1.2 } }],
  },
  {
    id: 'idle',
    title: 'idle connections, 16,000 of them',
    mode: ['idle', '-n', '16000'],
    connections: 16000,
    stacks: { raw: PLAIN, noderaw: PLAIN, vitrine: PLAIN },
    metrics: ['linearPerConnection', 'rssPerConnection'],
    bars: [
      { metric: 'linearPerConnection', atMost: { first: 1024, goal: 384 } },
      { metric: 'rssPerConnection', atMost: { first: 4096, goal: 1228 } },
    ],
  },
];

/** `of` reads a metric off the line that kpeer printed; idle rows are measured from outside. */
export const METRICS = {
  gbits: { title: 'Gbit/s', digits: 2, of: (line) => (line.bytes * 8) / line.seconds / 1e9 },
  secondsPerGB: { title: 's/GB', digits: 3, of: (line) => line.stackCpu / (line.bytes / 1e9) },
  p50: { title: 'p50 µs', digits: 1, of: (line) => line.p50 * 1e6 },
  p99: { title: 'p99 µs', digits: 1, of: (line) => line.p99 * 1e6 },
  cpuPerTrip: { title: 'CPU µs/trip', digits: 1, of: (line) => (line.stackCpu / line.trips) * 1e6 },
  cpuPerConnection: { title: 'CPU µs/conn', digits: 1, of: (line) => (line.stackCpu / line.connections) * 1e6 },
  connectionsPerSecond: { title: 'conn/s', digits: 0, of: (line) => line.connections / line.seconds },
  requestsPerSecond: { title: 'requests/s', digits: 0, of: (line) => line.requests / line.seconds },
  cpuPerRequest: { title: 'CPU µs/request', digits: 1, of: (line) => (line.stackCpu / line.requests) * 1e6 },
  linearPerConnection: { title: 'wasm B/conn', digits: 0, of: (line) => line.linearPerConnection },
  rssPerConnection: { title: 'RSS B/conn', digits: 0, of: (line) => line.rssPerConnection },
};

export const STACKS = {
  raw: 'raw: C, ACK every 2nd',
  noderaw: 'noderaw: Node, batched ACKs',
  node: 'Node on the kernel',
  vitrine: 'vitrine',
};
