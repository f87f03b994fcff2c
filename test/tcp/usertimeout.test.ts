/** The user timeout (RFC 9293 §3.9.1, §3.10.8; RFC 5482 §3 locally): how long a user waits for the peer to take something. */
import { describe, expect, test } from 'vitest';
import {
  ERROR_TIMED_OUT,
  OPTION_KEEP_ALIVE,
  OPTION_KEEP_IDLE,
  OPTION_KEEP_INTERVAL,
  OPTION_USER_TIMEOUT,
  SETTING_DATA_RETRIES,
  SETTING_USER_TIMEOUT,
} from '../../assembly/abi/constants.js';
import { accepted, connected, type Timeline, timeline } from '../kit/timeline.js';

/** Lets time pass until just before a moment, then over it: there the connection ends, and not before. */
function endsAt(t: Timeline, milliseconds: number): void {
  t.driver.advance(milliseconds - t.time - 1);
  expect(t.state).not.toBe('Closed');
  t.driver.advance(1);
  expect(t.state).toBe('Closed');
  expect(t.error).toBe(ERROR_TIMED_OUT);
  t.take();
  t.expectGone();
}

describe('data that is not acknowledged', () => {
  test('ends the connection when the user’s time is over, to the millisecond', async () => {
    const t = await accepted();
    t.option(OPTION_USER_TIMEOUT, 3000);
    t.pass(500);
    t.send(100);
    endsAt(t, 3500);
  });

  test('counts from the first byte in flight, not from the last', async () => {
    const t = await accepted();
    t.option(OPTION_USER_TIMEOUT, 3000);
    t.send(100);
    t.take();
    t.driver.advance(2000);
    t.take();
    t.send(100);
    endsAt(t, 3000);
  });

  test('counts anew when some of it is acknowledged', async () => {
    const t = await accepted();
    t.option(OPTION_USER_TIMEOUT, 3000);
    t.send(2000);
    t.take();
    t.driver.advance(2500);
    t.take();
    t.inject({ ack: 1001 });
    t.take();
    t.driver.advance(2999);
    t.take();
    expect(t.state).toBe('Established');
    t.driver.advance(1);
    expect(t.state).toBe('Closed');
  });

  test('does not end a connection that is merely idle, nor one whose data arrives', async () => {
    const t = await accepted();
    t.option(OPTION_USER_TIMEOUT, 3000);
    t.pass(60_000);
    t.send(100);
    t.expect({ flags: 'PA', data: 100 });
    t.pass(100);
    t.inject({ ack: 101 });
    t.pass(600_000);
    expect(t.state).toBe('Established');
  });

  test('may be waited for longer than R2 would allow', async () => {
    const t = await accepted({ settings: { [SETTING_DATA_RETRIES]: 2 } });
    t.option(OPTION_USER_TIMEOUT, 600_000);
    t.send(100);
    endsAt(t, 600_000);
  });

  test('is waited for no longer when the bound is set while it waits', async () => {
    const t = await accepted();
    t.send(100);
    t.take();
    t.driver.advance(2000);
    t.take();
    t.option(OPTION_USER_TIMEOUT, 2500);
    endsAt(t, 2500);
  });

  test('is waited for as R2 says when the bound is 0 again', async () => {
    const t = await accepted();
    t.option(OPTION_USER_TIMEOUT, 3000);
    t.option(OPTION_USER_TIMEOUT, 0);
    t.send(100);
    t.driver.advance(60_000);
    expect(t.state).toBe('Established');
  });

  test('includes the FIN', async () => {
    const t = await accepted();
    t.option(OPTION_USER_TIMEOUT, 3000);
    t.shutdown();
    endsAt(t, 3000);
  });

  test('ends connections that their users have let go, too', async () => {
    const t = await accepted();
    t.option(OPTION_USER_TIMEOUT, 1500);
    t.release();
    t.driver.advance(1499);
    expect(t.driver.connections).toBe(1);
    t.driver.advance(1);
    expect(t.driver.connections).toBe(0);
  });
});

describe('a SYN that is not answered', () => {
  test('is given up when the stack’s bound is reached, without a RST', async () => {
    const t = await timeline({ settings: { [SETTING_USER_TIMEOUT]: 5000 } });
    t.connect();
    t.driver.advance(4999);
    expect(t.state).toBe('SynSent');
    expect(t.take().map(({ flags }) => flags[0])).toEqual(['S', 'S', 'S']);
    t.driver.advance(1);
    expect(t.error).toBe(ERROR_TIMED_OUT);
    expect(t.events()).toEqual(['closed']);
    t.expectGone();
  });

  test('does not count for what follows the handshake', async () => {
    const t = await timeline({ settings: { [SETTING_USER_TIMEOUT]: 5000 } });
    t.connect();
    t.driver.advance(4000);
    t.take();
    t.inject({ flags: 'SA', seq: 0 });
    t.expect({});
    t.pass(60_000);
    expect(t.state).toBe('Established');
  });
});

describe('a window that stays shut', () => {
  test('ends the connection although the peer answers every probe', async () => {
    const t = await accepted({ win: 0 });
    t.option(OPTION_USER_TIMEOUT, 10_000);
    t.send(100);
    for (let second = 1; second < 10; second++) {
      t.driver.advance(1000);
      if (t.take().length > 0) t.inject({ win: 0 });
      expect(t.state).toBe('Established');
    }
    t.driver.advance(999);
    expect(t.state).toBe('Established');
    t.driver.advance(1);
    expect(t.state).toBe('Closed');
    expect(t.error).toBe(ERROR_TIMED_OUT);
  });

  test('counts anew when the peer takes a byte', async () => {
    const t = await accepted({ win: 0 });
    t.option(OPTION_USER_TIMEOUT, 3000);
    t.send(100);
    t.driver.advance(1000);
    expect(t.take().at(-1)).toMatchObject({ seq: 1 });
    t.inject({ ack: 2, win: 0 });
    t.driver.advance(2500);
    expect(t.state).toBe('Established');
    t.take();
    t.driver.advance(500);
    expect(t.state).toBe('Closed');
  });

  test('counts for nothing once it opens', async () => {
    const t = await accepted({ win: 0 });
    t.option(OPTION_USER_TIMEOUT, 3000);
    t.send(100);
    t.driver.advance(1000);
    t.take();
    t.inject({ ack: 1, win: 1000 });
    t.take();
    t.inject({ ack: 101 });
    t.pass(60_000);
    expect(t.state).toBe('Established');
  });
});

describe('keep-alive', () => {
  async function kept(timeout: number): Promise<Timeline> {
    const t = await connected();
    t.option(OPTION_KEEP_IDLE, 10_000);
    t.option(OPTION_KEEP_INTERVAL, 2000);
    t.option(OPTION_KEEP_ALIVE, 1);
    t.option(OPTION_USER_TIMEOUT, timeout);
    return t;
  }

  test('gives up when the peer has been silent for so long, whatever the count of probes', async () => {
    const t = await kept(15_000);
    endsAt(t, 15_000);
  });

  test('asks at least once', async () => {
    const t = await kept(3000);
    t.pass(10_000);
    t.expect({ seq: 0 });
    endsAt(t, 12_000);
  });

  test('goes on when the peer answers', async () => {
    const t = await kept(15_000);
    t.pass(10_000);
    t.expect({ seq: 0 });
    t.inject({});
    t.pass(10_000);
    t.expect({ seq: 0 });
    expect(t.state).toBe('Established');
  });
});
