/** Datagrams of one size, as many as go through. */
import { each, OFFLOAD, PLAIN } from './stacks.mjs';

const EVERYBODY = each(PLAIN, 'raw', 'noderaw', 'vitrine', 'lwip', 'gvisor');
/** Of the others none cuts datagrams. */
const CUT = { ...each(PLAIN, 'noderaw'), ...each(OFFLOAD, 'vitrine') };

const datagrams = (id, title, mode, size, device = 'plain TUN', stacks = EVERYBODY) => ({
  id: `${id}-${size}`,
  groups: ['udp', id],
  title: `UDP ${title}, ${size} bytes each, ${device}, MTU 1500`,
  mode: [mode, '-b', String(size)],
  peer: 'kudp',
  udp: true,
  stacks,
  metrics: ['packetsPerSecond', 'cpuPerPacket'],
  bars: [],
});

export const DATAGRAMS = [
  ...[64, 1400].map((size) => datagrams('udp-receive', 'k→s: the kernel sends', 'source', size)),
  ...[64, 1400].map((size) => datagrams('udp-send', 's→k: the stack sends', 'sink', size)),
  datagrams('udp-send-offload', 's→k: the stack sends', 'sink', 64, 'TUN that cuts them (noderaw: plain)', CUT),
];
