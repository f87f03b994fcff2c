/** Rows that measure by themselves, in a module of their own. */

export const LOCAL = [
  {
    id: 'forward',
    groups: ['udp'],
    title: 'forwarding: datagrams from one plain TUN to another, MTU 1500',
    local: './forwarding/measure.mjs',
    lasts: (seconds) => 4 * (1.3 + 3 * seconds),
  },
];
