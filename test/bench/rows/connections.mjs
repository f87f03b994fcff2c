/** Round trips, and connections opened, closed and held. */
import { each, PLAIN, VETH } from './stacks.mjs';

const stacks = { ...each(PLAIN, 'raw', 'noderaw', 'vitrine', 'lwip', 'gvisor'), ...each(VETH, 'kernel') };
const rate = { groups: ['connections'], stacks, metrics: ['cpuPerConnection', 'connectionsPerSecond'] };

export const CONNECTIONS = [
  {
    id: 'ping',
    groups: ['latency'],
    title: 'ping: one byte there and back, both sides on one CPU',
    mode: ['pingpong'],
    oneCpu: true,
    stacks,
    metrics: ['p50', 'p99', 'cpuPerTrip'],
    bars: [
      { metric: 'p50', against: 'noderaw', atMost: { first: 1.6, goal: 1.2 } },
      { metric: 'p99', against: 'noderaw', atMost: { first: 3, goal: 2 } },
    ],
  },
  {
    ...rate,
    id: 'connect',
    title: 'connections, one after the other',
    mode: ['connrate', '-n', '20000', '-c', '1'],
    bars: [],
  },
  {
    ...rate,
    id: 'connect-64',
    title: 'connections, 64 at once',
    mode: ['connrate', '-n', '40000', '-c', '64'],
    bars: [{ metric: 'cpuPerConnection', against: 'noderaw', atMost: { first: 2, goal: 1.2 } }],
  },
  {
    id: 'idle',
    groups: ['connections', 'memory'],
    title: 'idle connections, 16,000 of them',
    mode: ['idle', '-n', '16000'],
    connections: 16000,
    stacks: each(PLAIN, 'raw', 'noderaw', 'vitrine', 'lwip', 'gvisor'),
    metrics: ['linearPerConnection', 'takenPerConnection', 'rssPerConnection'],
    bars: [
      { metric: 'linearPerConnection', atMost: { first: 1024, goal: 384 } },
      { metric: 'rssPerConnection', atMost: { first: 4096, goal: 1228 } },
    ],
  },
];
