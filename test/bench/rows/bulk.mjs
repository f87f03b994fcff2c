/** One connection, as many bytes as go through. */
import { each, LARGE, OFFLOAD, PLAIN, VETH } from './stacks.mjs';

const bulk = { groups: ['bulk'], metrics: ['gbits', 'secondsPerGB'] };
const receive = { ...bulk, mode: ['source'] };
const send = { ...bulk, mode: ['sink'] };
const rateBars = (first, goal) => [{ metric: 'gbits', against: 'noderaw', atLeast: { first, goal } }];
const cpuBars = [{ metric: 'secondsPerGB', against: 'noderaw', atMost: { first: 3, goal: 1.3 } }];
const plain = each(PLAIN, 'raw', 'noderaw', 'vitrine', 'lwip', 'gvisor');
const large = each(LARGE, 'raw', 'noderaw', 'vitrine', 'gvisor');
const offload = {
  ...each(OFFLOAD, 'raw'),
  noderaw: LARGE,
  ...each(OFFLOAD, 'vitrine', 'gvisor'),
  ...each(VETH, 'kernel', 'iperf3'),
};

export const BULK = [
  {
    ...receive,
    id: 'receive',
    title: 'k→s: the kernel sends, plain TUN, MTU 1500',
    stacks: plain,
    bars: rateBars(0.5, 0.85),
  },
  {
    ...send,
    id: 'send',
    title: 's→k: the stack sends, plain TUN, MTU 1500',
    stacks: plain,
    bars: rateBars(0.65, 0.9),
  },
  {
    ...receive,
    id: 'receive-65000',
    title: 'k→s: the kernel sends, plain TUN, MTU 65000',
    stacks: large,
    bars: cpuBars,
  },
  { ...send, id: 'send-65000', title: 's→k: the stack sends, plain TUN, MTU 65000', stacks: large, bars: cpuBars },
  {
    ...receive,
    id: 'receive-offload',
    title: 'k→s: the kernel sends, VNET_HDR + TSO, MTU 1500 (noderaw: plain, MTU 65000)',
    stacks: offload,
    bars: cpuBars,
  },
  {
    ...send,
    id: 'send-offload',
    title: 's→k: the stack sends, VNET_HDR + TSO, MTU 1500 (noderaw: plain, MTU 65000)',
    stacks: offload,
    bars: cpuBars,
  },
];
