/** TCP Fast Open (RFC 7413): data on the SYN, for those who bring back a cookie. */

import { describe, expect, test } from 'vitest';
import {
  DIALECT_BSD,
  FAST_OPEN_CLIENT,
  FAST_OPEN_CLIENT_NO_COOKIE,
  FAST_OPEN_EVERY_LISTENER,
  FAST_OPEN_SERVER,
  FAST_OPEN_SERVER_NO_COOKIE,
  LISTENER_FAST_OPEN,
  LISTENER_RECEIVE_BUFFER,
  OPEN_COOKIE,
  OPEN_NO_COOKIE,
  OPTION_FAST_OPEN,
  OPTION_PAUSED,
  SETTING_DIALECT,
  SETTING_FAST_OPEN,
  SETTING_TIMESTAMPS,
} from '../../assembly/abi/constants.js';
import { neighbor, PEER, perFamily, testIPv4 } from '../kit/family.js';
import type { Options } from '../kit/packet.js';
import { type Timeline, timeline } from '../kit/timeline.js';

const SYN: Options = { mss: 1000 };
const ETIMEDOUT = -110;
const ECONNRESET = -104;
const EINVAL = -22;

describe('a listener', () => {
  /** A listener that takes fast opens, and the cookie of the peer at 10.9.0.1. */
  async function listening(settings: Record<number, number> = {}, limit = 4): Promise<[Timeline, number[]]> {
    const t = await timeline({ settings });
    t.listen();
    t.driver.calls.tcpListenerOption(t.listener, LISTENER_FAST_OPEN, limit);
    t.inject({ flags: 'S', seq: 0, peerPort: 50_000, options: { ...SYN, fastOpen: [] } });
    const cookie = t.take()[0]?.options.fastOpen ?? [];
    t.inject({ flags: 'RA', seq: 1, ack: 1, peerPort: 50_000 });
    return [t, [...cookie]];
  }

  test('grants a cookie of 4 to 16 bytes to who asks, on the SYN-ACK of an ordinary handshake (§4.1.2, §4.2.2)', async () => {
    const t = await timeline();
    t.listen();
    t.driver.calls.tcpListenerOption(t.listener, LISTENER_FAST_OPEN, 4);
    t.inject({ flags: 'S', seq: 0, options: { ...SYN, fastOpen: [] }, data: 'early' });
    const { options } = t.expect({ flags: 'SA', seq: 0, ack: 1 });
    expect(options.fastOpen).toHaveLength(8);
    expect(t.events()).toEqual([]);
    t.pass(1000);
    expect(t.expect({ flags: 'SA', seq: 0, ack: 1 }).options.fastOpen, 'of a repeated SYN-ACK').toBeUndefined();
    t.inject({});
    expect(t.events()).toEqual(['open']);
  });

  test('takes all that its SYN-ACK offers behind the data of the SYN (RFC 9293 §3.8.6 SHLD-14)', async () => {
    const [t, cookie] = await listening();
    t.driver.calls.tcpListenerOption(t.listener, LISTENER_RECEIVE_BUFFER, 2048);
    t.inject({ flags: 'S', seq: 0, options: { ...SYN, fastOpen: cookie }, data: 1000 });
    t.expect({ flags: 'SA', seq: 0, ack: 1001, win: 2048 });
    t.inject({ seq: 1001, data: 1000 }, { seq: 2001, data: 1000 }, { flags: 'PA', seq: 3001, data: 48 });
    expect(t.take().at(-1)).toMatchObject({ ack: 3049 });
  });

  test('takes the data of a SYN with its cookie, and tells the user at once (§4.2.2)', async () => {
    const [t, cookie] = await listening();
    t.inject({ flags: 'S', seq: 0, options: { ...SYN, fastOpen: cookie }, data: 100 });
    expect(t.expect({ flags: 'SA', seq: 0, ack: 101 }).options.fastOpen).toBeUndefined();
    expect(t.events()).toEqual(['open', 'data']);
    expect(t.state).toBe('SynReceived');
    expect(t.receive()).toBe(100);
    t.inject({ seq: 101, ack: 1 });
    expect(t.state).toBe('Established');
    expect(t.events()).toEqual([]);
    t.inject({ seq: 101, data: 50 });
    expect(t.receive()).toBe(50);
  });

  test('answers before the handshake is complete, within the initial window (§4.2.2)', async () => {
    const [t, cookie] = await listening();
    t.inject({ flags: 'S', seq: 0, options: { ...SYN, fastOpen: cookie }, data: 100 });
    t.expect({ flags: 'SA', seq: 0, ack: 101 });
    t.events();
    t.receive();
    t.send(20_000);
    const sent = t.take();
    expect(sent.map(({ seq, data }) => [seq, data.length])).toEqual(
      Array.from({ length: 10 }, (_, index) => [1 + index * 1000, 1000]),
    );
    // The SYN-ACK is acknowledged first, its data later.
    t.inject({ seq: 101, ack: 1 });
    expect(t.state).toBe('Established');
    t.inject({ seq: 101, ack: 2001 });
    expect(t.take().map(({ seq }) => seq)).toEqual([10_001, 11_001, 12_001, 13_001]);
  });

  test('repeats data that was lost, once the handshake is complete', async () => {
    const [t, cookie] = await listening();
    t.inject({ flags: 'S', seq: 0, options: { ...SYN, fastOpen: cookie }, data: 100 });
    t.take();
    t.events();
    t.receive();
    t.send(500);
    t.expect({ seq: 1, ack: 101, flags: 'PA', data: 500 });
    t.pass(100);
    t.inject({ seq: 101, ack: 1 });
    t.driver.advance(1000);
    t.expect({ seq: 1, ack: 101, flags: 'PA', data: 500 });
  });

  test('repeats its SYN-ACK, without the data behind it, and gives up in the end', async () => {
    const [t, cookie] = await listening();
    t.inject({ flags: 'S', seq: 0, options: { ...SYN, fastOpen: cookie }, data: 100 });
    t.events();
    t.send(10);
    t.take();
    const start = t.time;
    t.driver.advance(200_000);
    const again = t.take();
    expect(again.map(({ flags, ack, at }) => [flags, ack, at - start])).toEqual(
      [1000, 3000, 7000, 15_000, 31_000].map((at) => ['SA', 101, at]),
    );
    expect(t.events()).toContain('closed');
    expect(t.error).toBe(ETIMEDOUT);
    expect(t.receive()).toBe(100);
  });

  test('answers a SYN that comes again, with or without its data, with the same SYN-ACK', async () => {
    const [t, cookie] = await listening();
    t.inject({ flags: 'S', seq: 0, options: { ...SYN, fastOpen: cookie }, data: 100 });
    t.take();
    t.events();
    expect(t.receive()).toBe(100);
    t.inject({ flags: 'S', seq: 0, options: { ...SYN, fastOpen: cookie }, data: 100 });
    t.expect({ flags: 'SA', seq: 0, ack: 101 });
    t.inject({ flags: 'S', seq: 0, options: SYN });
    t.expect({ flags: 'SA', seq: 0, ack: 101 });
    expect(t.receive()).toBe(0);
  });

  test('takes a connection without data by its cookie, too', async () => {
    const [t, cookie] = await listening();
    t.inject({ flags: 'S', seq: 0, options: { ...SYN, fastOpen: cookie } });
    t.expect({ flags: 'SA', seq: 0, ack: 1 });
    expect(t.events()).toEqual(['open']);
    t.send(10);
    t.expect({ seq: 1, ack: 1, flags: 'PA', data: 10 });
  });

  test('leaves the data of a SYN with a wrong cookie, and grants the right one (§4.1.2)', async () => {
    const [t, cookie] = await listening();
    const wrong = [...cookie.slice(1), 0];
    t.inject({ flags: 'S', seq: 0, options: { ...SYN, fastOpen: wrong }, data: 100 });
    expect(t.expect({ flags: 'SA', seq: 0, ack: 1 }).options.fastOpen).toEqual(cookie);
    expect(t.events()).toEqual([]);
    t.inject({ seq: 1, data: 100 });
    expect(t.events()).toEqual(['open', 'data']);
    expect(t.receive()).toBe(100);
  });

  test('gives every address a cookie of its own, so that none is good elsewhere (§4.1.2)', async () => {
    const [t, cookie] = await listening();
    t.inject({ flags: 'S', seq: 0, peer: neighbor(77), options: { ...SYN, fastOpen: cookie }, data: 100 });
    const [answer] = t.take();
    expect(answer?.ack).toBe(1);
    expect(answer?.options.fastOpen).toHaveLength(8);
    expect(answer?.options.fastOpen).not.toEqual(cookie);
  });

  test('does none of this unless it is told to', async () => {
    for (const [settings, limit] of [
      [{}, 0],
      [{ [SETTING_FAST_OPEN]: FAST_OPEN_CLIENT }, 4],
    ] as const) {
      const [t, cookie] = await listening(settings, limit);
      expect(cookie).toEqual([]);
      t.inject({ flags: 'S', seq: 0, options: { ...SYN, fastOpen: [1, 2, 3, 4, 5, 6, 7, 8] }, data: 100 });
      expect(t.expect({ flags: 'SA', seq: 0, ack: 1 }).options.fastOpen).toBeUndefined();
    }
  });

  test('may be any listener, by a setting of the stack', async () => {
    const [, cookie] = await listening({ [SETTING_FAST_OPEN]: FAST_OPEN_SERVER | FAST_OPEN_EVERY_LISTENER }, 0);
    expect(cookie).toHaveLength(8);
  });

  test('may take data without a cookie, where it is told that the network can be trusted', async () => {
    const t = await timeline({ settings: { [SETTING_FAST_OPEN]: FAST_OPEN_SERVER | FAST_OPEN_SERVER_NO_COOKIE } });
    t.listen();
    t.driver.calls.tcpListenerOption(t.listener, LISTENER_FAST_OPEN, 4);
    t.inject({ flags: 'S', seq: 0, options: SYN, data: 100 });
    t.expect({ flags: 'SA', seq: 0, ack: 101 });
    expect(t.events()).toEqual(['open', 'data']);
  });

  test('takes so many at once and no more; the rest shake hands as ever (§5.1)', async () => {
    const [t, cookie] = await listening({}, 2);
    const acks = [1, 2, 3].map((peerPort) => {
      t.inject({ flags: 'S', seq: 0, peerPort, options: { ...SYN, fastOpen: cookie }, data: 10 });
      return t.take()[0]?.ack;
    });
    expect(acks).toEqual([11, 11, 1]);
    t.driver.calls.tcpListenerOption(t.listener, LISTENER_FAST_OPEN, 3);
    t.inject({ flags: 'S', seq: 0, peerPort: 4, options: { ...SYN, fastOpen: cookie }, data: 10 });
    expect(t.take()[0]?.ack, 'the third waits for its ACK as others do').toBe(11);
  });

  test('counts those that a RST ended for a minute, so that forged RSTs make no room (§5.1)', async () => {
    const [t, cookie] = await listening({}, 1);
    const open = (peerPort: number) => {
      t.inject({ flags: 'S', seq: 0, peerPort, options: { ...SYN, fastOpen: cookie }, data: 10 });
      return t.take()[0]?.ack;
    };
    expect(open(1)).toBe(11);
    t.inject({ flags: 'R', seq: 11, peerPort: 1 });
    expect(open(2)).toBe(1);
    t.driver.advance(61_000);
    t.take();
    expect(open(3)).toBe(11);
  });

  test('tells the user when the peer resets what it has begun, and keeps the bytes', async () => {
    const [t, cookie] = await listening();
    t.inject({ flags: 'S', seq: 0, options: { ...SYN, fastOpen: cookie }, data: 100 });
    t.take();
    t.events();
    t.inject({ flags: 'R', seq: 101 });
    expect(t.events()).toEqual(['closed']);
    expect(t.error).toBe(ECONNRESET);
    expect(t.receive()).toBe(100);
    t.expectGone();
  });

  test('closes what the user closes before the handshake is complete: the FIN goes out at once', async () => {
    const [t, cookie] = await listening();
    t.inject({ flags: 'S', seq: 0, options: { ...SYN, fastOpen: cookie }, data: 100 });
    t.take();
    t.events();
    t.receive();
    t.send(10);
    t.expect({ seq: 1, ack: 101, flags: 'PA', data: 10 });
    t.shutdown();
    t.expect({ seq: 11, ack: 101, flags: 'FA' });
    t.inject({ seq: 101, ack: 12 });
    expect(t.state).toBe('FinWait2');
  });

  test('resets what the user drops unread', async () => {
    const [t, cookie] = await listening();
    t.inject({ flags: 'S', seq: 0, options: { ...SYN, fastOpen: cookie }, data: 100 });
    t.take();
    t.events();
    t.release();
    t.expect({ flags: 'RA', seq: 1, ack: 101 });
  });

  test('lets what the user has live on when it closes', async () => {
    const [t, cookie] = await listening();
    t.inject({ flags: 'S', seq: 0, options: { ...SYN, fastOpen: cookie }, data: 100 });
    t.take();
    t.events();
    t.driver.calls.tcpListenerClose(t.listener);
    t.driver.output();
    t.expectNothing();
    t.inject({ seq: 101, ack: 1 });
    expect(t.state).toBe('Established');
  });

  test('speaks the experimental form of the option to those who use it (RFC 6994)', async () => {
    const [t, cookie] = await listening();
    t.inject({ flags: 'S', seq: 0, peerPort: 1, options: { ...SYN, fastOpenExperiment: [] } });
    expect(t.take()[0]?.options.fastOpenExperiment).toEqual(cookie);
    t.inject({ flags: 'S', seq: 0, options: { ...SYN, fastOpenExperiment: cookie }, data: 100 });
    t.expect({ flags: 'SA', seq: 0, ack: 101 });
  });

  test.each([[2], [3], [5], [18]])('does not count a cookie of %i bytes as the option (§4.1.1)', async (size) => {
    const [t] = await listening();
    t.inject({ flags: 'S', seq: 0, options: { ...SYN, fastOpen: Array(size).fill(1) }, data: 10 });
    expect(t.expect({ flags: 'SA', seq: 0, ack: 1 }).options.fastOpen).toBeUndefined();
  });

  describe('with keys of its own', () => {
    const key = (t: Timeline, words: number[]) => {
      const at = t.driver.calls.resultArea() >> 2;
      words.forEach((word, index) => {
        t.driver.core.words[at + index] = word;
      });
      t.driver.calls.tcpFastOpenKey();
    };
    const ask = (t: Timeline, peerPort: number) => {
      t.inject({ flags: 'S', seq: 0, peerPort, options: { ...SYN, fastOpen: [] } });
      return t.take()[0]?.options.fastOpen ?? [];
    };

    testIPv4('makes the cookies that others make with them over IPv4: SipHash of both addresses', async () => {
      // Linux's cookie for this key and these addresses.
      const t = await timeline({ address: '192.168.0.1' });
      t.listen();
      t.driver.calls.tcpListenerOption(t.listener, LISTENER_FAST_OPEN, 4);
      key(t, [0xa1a1a1a1, 0xb2b2b2b2, 0xc3c3c3c3, 0xd4d4d4d4]);
      const packet = t.packet({ flags: 'S', seq: 0, peer: '192.0.2.1', options: { ...SYN, fastOpen: [] } });
      t.injectRaw((await import('../kit/packet.js')).buildPacket({ ...packet, destination: '192.168.0.1' }));
      expect(Buffer.from(t.take()[0]?.options.fastOpen ?? []).toString('hex')).toBe('3021b9d889017eeb');
    });

    test('takes cookies of the key before, once more, and replaces them (§4.1.2)', async () => {
      const [t] = await listening();
      key(t, [1, 2, 3, 4]);
      const first = ask(t, 1);
      key(t, [5, 6, 7, 8]);
      t.inject({ flags: 'S', seq: 0, peerPort: 2, options: { ...SYN, fastOpen: first }, data: 10 });
      const [answer] = t.take();
      expect(answer?.ack).toBe(11);
      const second = answer?.options.fastOpen ?? [];
      expect(second).toEqual(ask(t, 3));
      key(t, [9, 10, 11, 12]);
      t.inject({ flags: 'S', seq: 0, peerPort: 4, options: { ...SYN, fastOpen: first }, data: 10 });
      expect(t.take()[0]?.ack).toBe(1);
    });

    test('changes them every day when nobody gives any (§4.1.2)', async () => {
      const [t] = await listening();
      const first = ask(t, 1);
      t.driver.advance(24 * 3600 * 1000);
      t.take();
      expect(ask(t, 2)).not.toEqual(first);
      t.inject({ flags: 'S', seq: 0, peerPort: 3, options: { ...SYN, fastOpen: first }, data: 10 });
      expect(t.take()[0]?.ack, 'of yesterday').toBe(11);
      t.driver.advance(24 * 3600 * 1000);
      t.take();
      t.inject({ flags: 'S', seq: 0, peerPort: 4, options: { ...SYN, fastOpen: first }, data: 10 });
      expect(t.take()[0]?.ack, 'older').toBe(1);
    });
  });
});

describe('a client', () => {
  const COOKIE = [1, 2, 3, 4, 5, 6, 7, 8];
  const plain = { [SETTING_TIMESTAMPS]: 0 };

  /** Connects, asking for fast open. @returns how much data the SYN waits for */
  function ask(t: Timeline, mode = OPEN_COOKIE): number {
    t.driver.output(); // so that the core knows what time it is
    t.driver.putAddresses(PEER);
    t.handle = t.driver.calls.tcpConnect(80, 0);
    t.peerPort = 80;
    const room = t.driver.calls.tcpSetOption(t.handle, OPTION_FAST_OPEN, mode);
    expect(room).toBeGreaterThanOrEqual(0);
    t.driver.calls.tcpEndpoints(t.handle);
    t.localPort = t.driver.core.result(8);
    t.driver.output();
    return room;
  }

  /** @returns whether the SYN waits */
  function open(t: Timeline, mode = OPEN_COOKIE): boolean {
    return ask(t, mode) > 0;
  }

  /** Ends the connection at once. */
  function drop(t: Timeline): void {
    t.driver.calls.tcpAbort(t.handle);
    t.driver.output();
    t.driver.calls.tcpRelease(t.handle);
    t.driver.output();
    t.take();
    t.events();
  }

  /** Bytes that the user sends, from the first of a new connection on. */
  function send(t: Timeline, length: number): number {
    const taken = t.driver.core.send(t.handle, new TextEncoder().encode('x'.repeat(length)));
    t.driver.output();
    return taken;
  }

  /** Has a cookie of the server at 10.9.0.1. */
  async function known(settings: Record<number, number> = plain, synAck: Options = SYN): Promise<Timeline> {
    const t = await timeline({ settings });
    expect(open(t)).toBe(false);
    expect(t.expect({ flags: 'S', seq: 0 }).options.fastOpen).toEqual([]);
    t.inject({ flags: 'SA', seq: 0, ack: 1, options: { ...synAck, fastOpen: COOKIE } });
    t.expect({});
    drop(t);
    return t;
  }

  test('whose SYN waits for data believes no RST yet: nothing can be acknowledged (RFC 9293 §3.10.7.3)', async () => {
    const t = await timeline();
    expect(open(t, OPEN_NO_COOKIE)).toBe(true);
    t.inject({ flags: 'RA', seq: 0, ack: 12_345, absolute: true });
    expect(t.state).toBe('SynSent');
  });

  test('whose SYN waits for data has said it with its SYN-ACK when the peer opens, too', async () => {
    const t = await timeline();
    expect(open(t, OPEN_NO_COOKIE)).toBe(true);
    t.inject({ flags: 'S', seq: 0, options: SYN });
    t.expect({ flags: 'SA', seq: 0 });
    t.inject({});
    expect(t.state).toBe('Established');
    t.send(100);
    t.expect({ flags: 'PA', seq: 1, data: 100 });
  });

  test('asks for a cookie on its first SYN, and does not wait (§4.1.1, §4.2.1)', async () => {
    await known();
  });

  test('then lets the SYN wait for data, and sends both with the cookie (§4.2.1)', async () => {
    const t = await known();
    expect(open(t)).toBe(true);
    t.pass(5000);
    expect(send(t, 500)).toBe(500);
    const syn = t.expect({ flags: 'S', seq: 0, data: 'x'.repeat(500) });
    expect(syn.options.fastOpen).toEqual(COOKIE);
    t.inject({ flags: 'SA', seq: 0, ack: 501, options: SYN });
    t.expect({ seq: 501, ack: 1 });
    expect(t.events()).toEqual(['open']);
    send(t, 3);
    t.expect({ flags: 'PA', seq: 501, data: 'x'.repeat(3) });
  });

  test('sends no more on a SYN than the server takes, less the options that there may be (§4.2.1)', async () => {
    const t = await known();
    expect(ask(t)).toBe(960);
    expect(send(t, 1000)).toBe(1000);
    t.expect({ flags: 'S', seq: 0, data: 'x'.repeat(960) });
    expect(send(t, 100)).toBe(100);
    t.expectNothing();
    t.inject({ flags: 'SA', seq: 0, ack: 961, options: SYN });
    t.expect({ flags: 'PA', seq: 961, data: 'x'.repeat(140) });
  });

  test('repeats at once what the SYN-ACK does not acknowledge, and shrinks no window (§4.2.1)', async () => {
    for (const sackPermitted of [false, true]) {
      const t = await known();
      open(t);
      send(t, 900);
      t.take();
      t.inject({ flags: 'SA', seq: 0, ack: 1, options: { ...SYN, sackPermitted, fastOpen: COOKIE } });
      const [again, ...more] = t.take();
      expect([again?.seq, again?.data.length, more.length]).toEqual([1, 900, 0]);
      send(t, 9000);
      expect(t.take().length, 'the rest of an initial window of ten').toBe(9);
      t.inject({ ack: 901 });
      expect(t.state).toBe('Established');
    }
  });

  test('repeats the rest when only some is acknowledged', async () => {
    const t = await known();
    open(t);
    send(t, 900);
    t.take();
    t.inject({ flags: 'SA', seq: 0, ack: 301, options: { ...SYN, sackPermitted: true } });
    t.expect({ flags: 'PA', seq: 301, data: 'x'.repeat(600) });
  });

  test('refuses an answer to more than it sent', async () => {
    const t = await known();
    open(t);
    send(t, 900);
    t.take();
    t.inject({ flags: 'SA', seq: 0, ack: 902, options: SYN });
    t.expect({ flags: 'R', seq: 902 });
    expect(t.state).toBe('SynSent');
  });

  test('repeats a lost SYN without data and cookie, and the data when it is answered (§4.1.3, §7)', async () => {
    const t = await known();
    open(t);
    send(t, 900);
    t.take();
    t.pass(1000);
    const again = t.expect({ flags: 'S', seq: 0 });
    expect(again.options.fastOpen).toBeUndefined();
    t.inject({ flags: 'SA', seq: 0, ack: 1, options: SYN });
    t.expect({ flags: 'PA', seq: 1, data: 'x'.repeat(900) });
  });

  test('takes the answer to its first SYN though it has repeated it', async () => {
    const t = await known();
    open(t);
    send(t, 900);
    t.take();
    t.pass(1000);
    t.take();
    t.inject({ flags: 'SA', seq: 0, ack: 901, options: SYN });
    t.expect({ seq: 901, ack: 1 });
  });

  test('leaves fast open alone after two lost SYNs in a row, for longer each time (§4.1.3.1)', async () => {
    const t = await known();
    const lose = () => {
      expect(open(t)).toBe(true);
      send(t, 900);
      t.take();
      t.pass(1000);
      t.take();
      drop(t);
    };
    lose();
    lose();
    expect(open(t)).toBe(false);
    expect(t.expect({ flags: 'S', seq: 0 }).options.fastOpen).toBeUndefined();
    drop(t);
    t.pass(240_000);
    lose();
    t.pass(240_000);
    expect(open(t), 'three losses').toBe(false);
  });

  test('leaves fast open alone where data is refused without a cookie (§4.1.3.1)', async () => {
    const t = await known();
    open(t);
    send(t, 900);
    t.take();
    t.inject({ flags: 'SA', seq: 0, ack: 1, options: SYN });
    t.take();
    drop(t);
    expect(open(t)).toBe(false);
    t.take();
    drop(t);
    t.pass(900_000);
    expect(open(t)).toBe(true);
  });

  test('goes on with a cookie that it gets instead', async () => {
    const t = await known();
    open(t);
    send(t, 900);
    t.take();
    const fresh = [9, 9, 9, 9];
    t.inject({ flags: 'SA', seq: 0, ack: 1, options: { ...SYN, fastOpen: fresh } });
    t.take();
    drop(t);
    expect(open(t)).toBe(true);
    send(t, 10);
    expect(t.expect({ flags: 'S', seq: 0, data: 'x'.repeat(10) }).options.fastOpen).toEqual(fresh);
  });

  test("asks by the option's experimental number once, where the right one is not answered", async () => {
    const t = await timeline({ settings: plain });
    const forms = [1, 2, 3].map(() => {
      open(t);
      const { options } = t.expect({ flags: 'S', seq: 0 });
      t.inject({ flags: 'SA', seq: 0, ack: 1, options: SYN });
      t.take();
      drop(t);
      return options.fastOpen === undefined ? options.fastOpenExperiment : 'right';
    });
    expect(forms).toEqual(['right', [], 'right']);
  });

  test('asks no more where BSD would not', async () => {
    const t = await timeline({ settings: { ...plain, [SETTING_DIALECT]: DIALECT_BSD } });
    open(t);
    expect(t.expect({ flags: 'S', seq: 0 }).options.fastOpen).toEqual([]);
    t.inject({ flags: 'SA', seq: 0, ack: 1, options: SYN });
    t.take();
    drop(t);
    open(t);
    expect(t.expect({ flags: 'S', seq: 0 }).options.fastOpen).toBeUndefined();
  });

  test('may send without a cookie where it is told that none is needed', async () => {
    for (const [setting, mode] of [
      [FAST_OPEN_CLIENT, OPEN_NO_COOKIE],
      [FAST_OPEN_CLIENT | FAST_OPEN_CLIENT_NO_COOKIE, OPEN_COOKIE],
    ] as const) {
      const t = await timeline({ settings: { ...plain, [SETTING_FAST_OPEN]: setting } });
      expect(ask(t, mode)).toBe(1420);
      send(t, 3000);
      expect(t.expect({ flags: 'S', seq: 0, data: 'x'.repeat(1420) }).options.fastOpen).toBeUndefined();
    }
  });

  test('sends the SYN that waits without data when it is told to flush', async () => {
    const t = await known();
    open(t);
    t.flush();
    expect(t.expect({ flags: 'S', seq: 0 }).options.fastOpen).toEqual(COOKIE);
  });

  test('delivers what went on the SYN, and a FIN behind it, to a user that is done', async () => {
    const t = await known();
    open(t);
    send(t, 100);
    t.take();
    t.release();
    t.inject({ flags: 'SA', seq: 0, ack: 101, options: SYN });
    t.expect({ flags: 'FA', seq: 101, ack: 1 });
  });

  test('sends nothing when the user gives up before the SYN has gone', async () => {
    const t = await known();
    open(t);
    t.shutdown();
    expect(t.state).toBe('Closed');
    t.pass(10_000);
    t.expectGone();
  });

  test('takes data and a FIN that come on the SYN-ACK (RFC 9293 §3.10.7.3)', async () => {
    const t = await known();
    open(t);
    send(t, 100);
    t.take();
    t.inject({ flags: 'SFA', seq: 0, ack: 101, options: SYN, data: 300 });
    t.expect({ seq: 101, ack: 302 });
    expect(t.events()).toEqual(['open', 'data', 'end']);
    expect(t.receive()).toBe(300);
    expect(t.state).toBe('CloseWait');
  });

  test('opens fast towards a peer that does the same (RFC 9293 §3.5 figure 8)', async () => {
    const t = await known();
    open(t);
    send(t, 100);
    t.take();
    t.inject({ flags: 'S', seq: 0, options: { ...SYN, fastOpen: [] }, data: 50 });
    t.expect({ flags: 'SA', seq: 0, ack: 1 });
    t.inject({ flags: 'SA', seq: 0, ack: 101, options: SYN });
    expect(t.state).toBe('Established');
    t.take();
    t.inject({ seq: 1, ack: 101, data: 50 });
    expect(t.receive()).toBe(50);
  });

  test('does none of this where the stack forbids it, and nothing late', async () => {
    const t = await timeline({ settings: { ...plain, [SETTING_FAST_OPEN]: 0 } });
    expect(open(t)).toBe(false);
    expect(t.expect({ flags: 'S', seq: 0 }).options.fastOpen).toBeUndefined();
    expect(t.driver.calls.tcpSetOption(t.handle, OPTION_FAST_OPEN, OPEN_COOKIE)).toBe(EINVAL);
    expect(t.driver.calls.tcpSetOption(t.handle, OPTION_FAST_OPEN, 3)).toBe(EINVAL);
  });

  test('forgets every server when it is told to', async () => {
    const t = await known();
    t.driver.calls.tcpFastOpenForget();
    expect(open(t)).toBe(false);
  });

  test('remembers as many servers as there is room for, the latest ones', async () => {
    const t = await timeline({ settings: plain, prefixLength: 8 });
    const meet = (index: number) => {
      const peer = perFamily(`10.${1 + (index >> 8)}.${index & 255}.1`, neighbor(1000 + index));
      t.driver.putAddresses(peer);
      t.handle = t.driver.calls.tcpConnect(80, 0);
      const waits = t.driver.calls.tcpSetOption(t.handle, OPTION_FAST_OPEN, OPEN_COOKIE);
      if (waits === 0) {
        t.driver.calls.tcpEndpoints(t.handle);
        t.localPort = t.driver.core.result(8);
        t.driver.output();
        t.take();
        t.inject({ flags: 'SA', seq: 0, ack: 1, peer, peerPort: 80, options: { ...SYN, fastOpen: COOKIE } });
        t.take();
      }
      drop(t);
      t.driver.now += 1;
      return waits;
    };
    for (let index = 0; index < 1000; index++) expect(meet(index)).toBe(0);
    const before = t.driver.core.bytes.length;
    const remembered = Array.from({ length: 1000 }, (_, index) => index).filter((index) => meet(index) > 0);
    expect(t.driver.core.bytes.length).toBe(before);
    expect(remembered.length).toBeLessThanOrEqual(256);
    expect(t.driver.bufferBytes).toBe(0);
  });
});

test('a reader that is paused gets the data of a SYN when it resumes', async () => {
  const t = await timeline({ settings: { [SETTING_FAST_OPEN]: FAST_OPEN_SERVER | FAST_OPEN_SERVER_NO_COOKIE } });
  t.listen();
  t.driver.calls.tcpListenerOption(t.listener, LISTENER_FAST_OPEN, 4);
  t.inject({ flags: 'S', seq: 0, options: SYN, data: 100 });
  t.take();
  t.events();
  t.option(OPTION_PAUSED, 1);
  t.inject({ seq: 101, ack: 1, data: 20 });
  t.take();
  expect(t.events()).toEqual([]);
  t.option(OPTION_PAUSED, 0);
  expect(t.events()).toEqual(['data']);
  expect(t.receive()).toBe(120);
});
