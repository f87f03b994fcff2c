/** Datagrams of one size, as many as go through. */
import { each, PLAIN } from './stacks.mjs';

const datagrams = (id, title, mode, size) => ({
  id: `${id}-${size}`,
  groups: ['udp', id],
  title: `UDP ${title}, ${size} bytes each, plain TUN, MTU 1500`,
  mode: [mode, '-b', String(size)],
  peer: 'kudp',
  udp: true,
  stacks: each(PLAIN, 'raw', 'noderaw', 'vitrine', 'lwip', 'gvisor'),
  metrics: ['packetsPerSecond', 'cpuPerPacket'],
  bars: [],
});

export const DATAGRAMS = [
  ...[64, 1400].map((size) => datagrams('udp-receive', 'k→s: the kernel sends', 'source', size)),
  ...[64, 1400].map((size) => datagrams('udp-send', 's→k: the stack sends', 'sink', size)),
];
