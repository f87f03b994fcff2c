/** What is read off a measurement. Data only. */

/**
 * `of` reads the number off the line that the kernel's side printed; idle rows are measured from outside. `better` is
 * the direction in which a stack is better.
 */
export const METRICS = {
  gbits: { title: 'Gbit/s', digits: 2, better: 'more', of: (line) => (line.bytes * 8) / line.seconds / 1e9 },
  secondsPerGB: { title: 's/GB', digits: 3, better: 'less', of: (line) => line.stackCpu / (line.bytes / 1e9) },
  peerBusy: { title: 'peer busy', digits: 2, better: 'less', of: (line) => line.peerCpu / line.seconds },
  p50: { title: 'p50 µs', digits: 1, better: 'less', of: (line) => line.p50 * 1e6 },
  p99: { title: 'p99 µs', digits: 1, better: 'less', of: (line) => line.p99 * 1e6 },
  cpuPerTrip: { title: 'CPU µs/trip', digits: 1, better: 'less', of: (line) => (line.stackCpu / line.trips) * 1e6 },
  cpuPerConnection: {
    title: 'CPU µs/conn',
    digits: 1,
    better: 'less',
    of: (line) => (line.stackCpu / line.connections) * 1e6,
  },
  connectionsPerSecond: {
    title: 'conn/s',
    digits: 0,
    better: 'more',
    of: (line) => line.connections / line.seconds,
  },
  packetsPerSecond: { title: 'packets/s', digits: 0, better: 'more', of: (line) => line.packets / line.seconds },
  cpuPerPacket: {
    title: 'CPU µs/packet',
    digits: 2,
    better: 'less',
    of: (line) => (line.stackCpu / line.packets) * 1e6,
  },
  requestsPerSecond: { title: 'requests/s', digits: 0, better: 'more', of: (line) => line.requests / line.seconds },
  cpuPerRequest: {
    title: 'CPU µs/request',
    digits: 1,
    better: 'less',
    of: (line) => (line.stackCpu / line.requests) * 1e6,
  },
  linearPerConnection: { title: 'wasm B/conn', digits: 0, better: 'less', of: (line) => line.linearPerConnection },
  takenPerConnection: { title: 'taken B/conn', digits: 0, better: 'less', of: (line) => line.takenPerConnection },
  rssPerConnection: { title: 'RSS B/conn', digits: 0, better: 'less', of: (line) => line.rssPerConnection },
};
