/** The three-way handshake (RFC 9293 §3.5, §3.10.7.2, §3.10.7.3). */

import { describe, expect, test } from 'vitest';
import {
  ERROR_CONNECTION_REFUSED,
  ERROR_CONNECTION_RESET,
  ERROR_TIMED_OUT,
  SETTING_SYN_RETRIES,
} from '../../assembly/abi/constants.js';
import { DEFAULT_MSS, LEAST_MTU } from '../kit/family.js';
import { buildPacket } from '../kit/packet.js';
import { accepted, connected, PEER_ISS, timeline } from '../kit/timeline.js';

describe('an active open', () => {
  test('goes SYN, SYN-ACK, ACK (RFC 9293 §3.5, figure 6)', async () => {
    const t = await timeline();
    t.connect();
    expect(t.state).toBe('SynSent');
    t.expect({ flags: 'S', seq: 0 });
    t.inject({ flags: 'SA', seq: 0, ack: 1 });
    t.expect({ flags: 'A', seq: 1, ack: 1 });
    expect(t.state).toBe('Established');
    expect(t.events()).toEqual(['open']);
  });

  test('takes data that comes right behind the SYN-ACK, before our ACK of it has left', async () => {
    const t = await timeline();
    t.connect();
    t.expect({ flags: 'S', seq: 0 });
    t.inject({ flags: 'SA', seq: 0, ack: 1 }, { flags: 'PA', seq: 1, data: 10 });
    t.expect({ ack: 11 });
    expect(t.receive()).toBe(10);
  });

  test('answers an unacceptable ACK with a RST of that number and stays in SYN-SENT (§3.10.7.3, first)', async () => {
    for (const ack of [0, 2, 1000]) {
      const t = await timeline();
      t.connect();
      t.expect({ flags: 'S', seq: 0 });
      t.inject({ flags: 'SA', seq: 0, ack });
      t.expect({ flags: 'R', seq: ack });
      expect(t.state).toBe('SynSent');
    }
  });

  test('drops a RST with an unacceptable ACK, and one without ACK (§3.10.7.3, second)', async () => {
    const t = await timeline();
    t.connect();
    t.expect({ flags: 'S', seq: 0 });
    t.inject({ flags: 'RA', seq: 0, ack: 5 });
    t.inject({ flags: 'R', seq: 0 });
    t.expectNothing();
    expect(t.state).toBe('SynSent');
  });

  test('is refused by a RST that acknowledges its SYN (§3.10.7.3, second)', async () => {
    const t = await timeline();
    t.connect();
    t.expect({ flags: 'S', seq: 0 });
    t.inject({ flags: 'RA', seq: 0, ack: 1 });
    expect(t.events()).toEqual(['closed']);
    expect(t.error).toBe(ERROR_CONNECTION_REFUSED);
    t.expectGone();
  });

  test('drops a segment with neither SYN nor RST (§3.10.7.3, fifth)', async () => {
    const t = await timeline();
    t.connect();
    t.expect({ flags: 'S', seq: 0 });
    t.inject({ flags: 'A', seq: 0, ack: 1 });
    t.expectNothing();
    expect(t.state).toBe('SynSent');
  });

  test('gives up after the configured retransmissions, without a RST (§3.8.3 MUST-23)', async () => {
    const t = await timeline({ settings: { [SETTING_SYN_RETRIES]: 2 } });
    t.connect();
    t.expect({ flags: 'S', seq: 0, at: 0 });
    t.pass(3500);
    t.expect({ flags: 'S', seq: 0, at: 1000 });
    t.expect({ flags: 'S', seq: 0, at: 3000 });
    t.pass(60_000);
    expect(t.events()).toEqual(['closed']);
    expect(t.error).toBe(ERROR_TIMED_OUT);
    t.expectGone();
  });

  test('tries for at least three minutes by default (§3.8.3 MUST-23)', async () => {
    const t = await timeline();
    t.connect();
    t.driver.advance(180_000);
    expect(t.state).toBe('SynSent');
    t.driver.advance(300_000);
    expect(t.state).toBe('Closed');
  });

  test('that the user closes before the SYN is answered is simply gone (§3.10.4)', async () => {
    const t = await timeline();
    t.connect();
    t.expect({ flags: 'S', seq: 0 });
    t.shutdown();
    expect(t.state).toBe('Closed');
    t.expectGone();
  });

  test('that the user aborts sends no RST, since the peer knows nothing (§3.10.5)', async () => {
    const t = await timeline();
    t.connect();
    t.expect({ flags: 'S', seq: 0 });
    t.abort();
    t.expectGone();
  });
});

describe('a passive open', () => {
  test('goes SYN, SYN-ACK, ACK and tells the user at the end (RFC 9293 §3.5)', async () => {
    const t = await timeline();
    t.listen();
    t.inject({ flags: 'S', seq: 0 });
    t.expect({ flags: 'SA', seq: 0, ack: 1 });
    expect(t.events()).toEqual([]);
    t.inject({ seq: 1, ack: 1 });
    expect(t.events()).toEqual(['open']);
    expect(t.state).toBe('Established');
  });

  test('takes data that comes with the last ACK (§3.10.7.4)', async () => {
    const t = await timeline();
    t.listen();
    t.inject({ flags: 'S', seq: 0 });
    t.expect({ flags: 'SA', seq: 0, ack: 1 });
    t.inject({ flags: 'PA', seq: 1, ack: 1, data: 100 });
    expect(t.events()).toEqual(['open', 'data']);
    expect(t.receive()).toBe(100);
  });

  test('whose last ACK was lost is completed by the first data', async () => {
    const t = await timeline();
    t.listen();
    t.inject({ flags: 'S', seq: 0 });
    t.expect({ flags: 'SA', seq: 0, ack: 1 });
    t.inject({ flags: 'PA', seq: 1, ack: 1, data: 10 });
    expect(t.events()).toContain('open');
  });

  test('repeats its SYN-ACK when the SYN comes again', async () => {
    const t = await timeline();
    t.listen();
    t.inject({ flags: 'S', seq: 0 });
    t.expect({ flags: 'SA', seq: 0, ack: 1 });
    t.inject({ flags: 'S', seq: 0 });
    t.expect({ flags: 'SA', seq: 0, ack: 1 });
  });

  test('repeats its SYN-ACK after 1, 3 and 7 seconds, then gives up in silence (RFC 6298 §2.1, §5.5)', async () => {
    const t = await timeline();
    t.listen();
    t.inject({ flags: 'S', seq: 0 });
    t.expect({ flags: 'SA', seq: 0, at: 0 });
    t.pass(7500);
    for (const at of [1000, 3000, 7000]) t.expect({ flags: 'SA', seq: 0, at });
    t.driver.advance(600_000);
    expect(t.take().every(({ flags }) => flags === 'SA')).toBe(true);
    expect(t.events()).toEqual([]);
    t.expectGone();
  });

  test('answers a bad ACK in SYN-RECEIVED with a RST of that number (§3.10.7.4, fifth)', async () => {
    for (const ack of [0, 2]) {
      const t = await timeline();
      t.listen();
      t.inject({ flags: 'S', seq: 0 });
      t.expect({ flags: 'SA', seq: 0, ack: 1 });
      t.inject({ seq: 1, ack });
      t.expect({ flags: 'R', seq: ack });
      t.inject({ seq: 1, ack: 1 });
      expect(t.events()).toEqual(['open']);
    }
  });

  test('returns to LISTEN at a RST and tells the user nothing (§3.10.7.4, second)', async () => {
    const t = await timeline();
    t.listen();
    t.inject({ flags: 'S', seq: 0 });
    t.expect({ flags: 'SA', seq: 0, ack: 1 });
    t.inject({ flags: 'R', seq: 1 });
    expect(t.events()).toEqual([]);
    t.expectGone();
    t.inject({ flags: 'S', seq: 0 });
    t.expect({ flags: 'SA', seq: 0, ack: 1 });
  });

  test('recovers from an old duplicate SYN (RFC 9293 §3.5, figure 9)', async () => {
    const t = await timeline();
    t.listen();
    t.inject({ flags: 'S', seq: -500 });
    t.expect({ flags: 'SA', seq: 0, ack: -499 });
    // The peer finds the ACK wrong and resets what the old SYN began; its own SYN follows.
    t.inject({ flags: 'R', seq: -499 });
    t.inject({ flags: 'S', seq: 0 });
    t.expect({ flags: 'SA', seq: 0, ack: 1 });
    t.inject({});
    expect(t.events()).toEqual(['open']);
  });

  test('with a FIN right behind the handshake opens, ends and goes to CLOSE-WAIT', async () => {
    const t = await timeline();
    t.listen();
    t.inject({ flags: 'S', seq: 0 });
    t.expect({ flags: 'SA', seq: 0, ack: 1 });
    t.inject({ flags: 'FA', seq: 1, ack: 1 });
    t.expect({ ack: 2 });
    expect(t.events()).toEqual(['open', 'end']);
    expect(t.state).toBe('CloseWait');
  });
});

describe('a simultaneous open', () => {
  test('goes through SYN-RECEIVED on both sides (RFC 9293 §3.5, figure 8)', async () => {
    const t = await timeline();
    t.connect();
    t.expect({ flags: 'S', seq: 0 });
    t.inject({ flags: 'S', seq: 0 });
    t.expect({ flags: 'SA', seq: 0, ack: 1 });
    expect(t.state).toBe('SynReceived');
    t.inject({ flags: 'SA', seq: 0, ack: 1 });
    expect(t.state).toBe('Established');
    expect(t.events()).toEqual(['open']);
  });

  test('is completed by a plain ACK too', async () => {
    const t = await timeline();
    t.connect();
    t.expect({ flags: 'S', seq: 0 });
    t.inject({ flags: 'S', seq: 0 });
    t.expect({ flags: 'SA', seq: 0, ack: 1 });
    t.inject({ seq: 1, ack: 1 });
    t.expectNothing();
    expect(t.events()).toEqual(['open']);
  });

  test('takes the window of the SYN-ACK unscaled (RFC 7323 §2.2)', async () => {
    const t = await timeline({ win: 1000, syn: { mss: 1000, windowScale: 7 } });
    t.connect();
    t.expect({ flags: 'S', seq: 0 });
    t.inject({ flags: 'S', seq: 0, options: t.syn });
    t.expect({ flags: 'SA', seq: 0, ack: 1 });
    t.inject({ flags: 'SA', seq: 0, ack: 1, options: t.syn });
    t.send(5000);
    expect(t.take().reduce((sum, { data }) => sum + data.length, 0)).toBeLessThanOrEqual(1000);
  });

  test('that is refused says so (§3.10.7.4, second: an active open)', async () => {
    const t = await timeline();
    t.connect();
    t.expect({ flags: 'S', seq: 0 });
    t.inject({ flags: 'S', seq: 0 });
    t.expect({ flags: 'SA', seq: 0, ack: 1 });
    t.inject({ flags: 'R', seq: 1 });
    expect(t.events()).toEqual(['closed']);
    expect(t.error).toBe(ERROR_CONNECTION_REFUSED);
    t.expectGone();
  });
});

describe('a half-open connection', () => {
  test('is found out by a new SYN: challenge ACK, RST, gone (RFC 9293 §3.5.1, RFC 5961 §4)', async () => {
    const t = await accepted();
    t.inject({ flags: 'S', seq: 5000 });
    t.expect({ seq: 1, ack: 1 });
    t.inject({ flags: 'R', seq: 1 });
    expect(t.events()).toEqual(['closed']);
    expect(t.error).toBe(ERROR_CONNECTION_RESET);
    t.expectGone();
  });

  test('of ours resets a peer that still believes in it (§3.5.1, figure 11)', async () => {
    const t = await timeline();
    t.inject({ flags: 'PA', seq: 300, ack: 700, data: 10, absolute: true });
    t.expect({ flags: 'R', seq: 700, absolute: true });
  });
});

describe('the initial sequence number', () => {
  test('rises by one every 4 microseconds for one pair of ends (RFC 9293 §3.4.1)', async () => {
    const t = await timeline();
    t.listen();
    const numbers: number[] = [];
    for (const _ of [1, 2]) {
      t.inject({ flags: 'S', seq: 0 });
      t.expect({ flags: 'SA', seq: 0, ack: 1 });
      numbers.push(t.iss);
      t.inject({ flags: 'R', seq: 1 });
      t.pass(1000);
    }
    expect(((numbers[1] as number) - (numbers[0] as number)) >>> 0).toBe(250_000);
  });

  test('differs between pairs of ends and between secrets (RFC 6528 §3)', async () => {
    const numbers = new Set<number>();
    for (const seed of [1, 2]) {
      const t = await timeline({ seed });
      t.listen();
      for (const peerPort of [40_000, 40_001]) {
        t.driver.input([buildPacket({ ...t.packet({ flags: 'S', seq: 0 }), sourcePort: peerPort, seq: PEER_ISS })]);
        t.driver.output();
        t.expect({ flags: 'SA', seq: 0, ack: 1 });
        numbers.add(t.iss);
      }
    }
    expect(numbers.size).toBe(4);
  });
});

describe('options of the handshake', () => {
  test('say MSS, SACK permitted, window scale and timestamps in our SYN, and nothing else (RFC 9293 §3.2, RFC 7323, RFC 2018)', async () => {
    const t = await timeline();
    t.connect();
    const { options } = t.expect({ flags: 'S', seq: 0, win: 65535 });
    expect(options.mss).toBe(1460);
    expect(options.windowScale).toBe(5);
    expect(options.timestamps?.[1]).toBe(0);
    expect(options.sackPermitted).toBe(true);
    expect(Object.keys(options)).toHaveLength(4);
  });

  test('in our SYN-ACK are only those that the SYN offered (RFC 7323 §1.3)', async () => {
    const t = await timeline();
    t.listen();
    t.inject({ flags: 'S', seq: 0, options: {} });
    expect(t.expect({ flags: 'SA', seq: 0 }).options).toEqual({ mss: 1460 });
    t.inject({ flags: 'R', seq: 1 });
    t.inject({ flags: 'S', seq: 0, options: { windowScale: 2 } });
    expect(t.expect({ flags: 'SA', seq: 0 }).options).toEqual({ mss: 1460, windowScale: 5 });
    t.inject({ flags: 'R', seq: 1 });
    t.inject({ flags: 'S', seq: 0, options: { timestamps: [77, 0] } });
    expect(t.expect({ flags: 'SA', seq: 0 }).options.timestamps?.[1]).toBe(77);
    t.inject({ flags: 'R', seq: 1 });
    t.inject({ flags: 'S', seq: 0, options: { sackPermitted: true } });
    expect(t.expect({ flags: 'SA', seq: 0 }).options).toEqual({ mss: 1460, sackPermitted: true });
  });

  test('announce what the MTU carries without options (RFC 9293 §3.7.1 MUST-67)', async () => {
    const t = await timeline({ mtu: LEAST_MTU });
    t.connect();
    expect(t.expect({ flags: 'S', seq: 0 }).options.mss).toBe(DEFAULT_MSS);
  });

  test('a SYN without MSS means 536, over IPv6 1220 (§3.7.1 MUST-15)', async () => {
    const t = await connected({ syn: {} });
    t.send(3000);
    expect(Math.max(...t.take().map(({ data }) => data.length))).toBe(DEFAULT_MSS);
  });

  test('a peer with a larger MSS still gets what our MTU carries (§3.7.1)', async () => {
    const t = await connected({ mtu: LEAST_MTU, syn: { mss: 9000 } });
    t.send(3000);
    expect(Math.max(...t.take().map(({ data }) => data.length))).toBe(DEFAULT_MSS);
  });

  test('timestamps take their room from each segment (§3.7.1, Eff.snd.MSS)', async () => {
    const t = await connected({ syn: { mss: 1000, timestamps: [1, 0] } });
    t.send(3000);
    expect(Math.max(...t.take().map(({ data }) => data.length))).toBe(988);
  });
});
