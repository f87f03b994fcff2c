import { describe, expect, test } from 'vitest';
import { statistics } from '../../host/cli/tools/ping.js';

describe("ping's statistics", () => {
  test('count packets and give minimum, average, maximum and deviation', () => {
    expect(statistics('10.9.0.1', { sent: 4, errors: 1, times: [1, 2, 3] }, 3003)).toBe(`
--- 10.9.0.1 ping statistics ---
4 packets transmitted, 3 received, +1 errors, 25% packet loss, time 3003ms
rtt min/avg/max/mdev = 1.000/2.000/3.000/0.816 ms`);
  });

  test('have no times when nothing came back', () => {
    expect(statistics('10.9.0.1', { sent: 3, errors: 0, times: [] }, 3000)).toBe(`
--- 10.9.0.1 ping statistics ---
3 packets transmitted, 0 received, 100% packet loss, time 3000ms`);
  });
});
