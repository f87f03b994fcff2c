/** Rows that measure by themselves, in a module of their own. */

export const LOCAL = [
  {
    id: 'forward',
    groups: ['udp'],
    title: 'forwarding: datagrams from one plain TUN to another, MTU 1500',
    local: './forwarding/measure.mjs',
    lasts: (seconds) => 4 * (1.3 + 3 * seconds),
  },
  {
    id: 'workers',
    groups: [],
    title: 'createWorkers: 16 connections at once, plain TUN, MTU 1500',
    local: './workers/measure.mjs',
    lasts: (seconds) => 3 * 3 * (0.6 + 3 * seconds),
  },
  {
    id: 'million',
    groups: [],
    title: 'up to a million connections: what one of them and a packet of it cost, no device',
    local: './million/measure.mjs',
    named: true,
    lasts: () => 150,
  },
  {
    id: 'size',
    groups: ['memory'],
    title: 'code size',
    local: './size.mjs',
    lasts: () => 1,
  },
];
