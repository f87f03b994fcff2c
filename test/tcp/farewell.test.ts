/** What comes for a user who has left, and whether the peer hears that it was lost (RFC 9293 §3.6.1, RFC 2525 §2.17). */
import { describe, expect, test } from 'vitest';
import {
  OPTION_REFUSE,
  REFUSE_ALL,
  REFUSE_BUT_FAREWELL,
  SETTING_RECEIVE_BUFFER_INITIAL,
} from '../../assembly/abi/constants.js';
import { accepted } from '../kit/timeline.js';

describe('a user who refuses what comes', () => {
  test('and all of it: the first byte is answered with RST', async () => {
    const t = await accepted();
    t.option(OPTION_REFUSE, REFUSE_ALL);
    t.shutdown();
    t.expect({ flags: 'FA', seq: 1, ack: 1 });
    t.inject({ seq: 1, ack: 2, data: 1 });
    t.expect({ flags: 'R', seq: 2 });
  });

  test('but lets the peer say goodbye: a few bytes and FIN are acknowledged', async () => {
    const t = await accepted();
    t.option(OPTION_REFUSE, REFUSE_BUT_FAREWELL);
    t.shutdown();
    t.expect({ flags: 'FA', seq: 1, ack: 1 });
    t.inject({ seq: 1, ack: 2, data: 24, flags: 'FA' });
    t.expect({ flags: 'A', seq: 2, ack: 26 });
    expect(t.state).toBe('TimeWait');
  });

  test('but not that it goes on: more than 4096 bytes are answered with RST', async () => {
    const t = await accepted();
    t.option(OPTION_REFUSE, REFUSE_BUT_FAREWELL);
    t.shutdown();
    t.expect({ flags: 'FA', seq: 1, ack: 1 });
    for (let seq = 1; seq < 4001; seq += 1000) {
      t.inject({ seq, ack: 2, data: 1000 });
      t.take();
    }
    t.inject({ seq: 4001, ack: 2, data: 1000 });
    t.expect({ flags: 'R', seq: 2 });
  });

  test('however slowly: round trips that pass allow no more', async () => {
    const t = await accepted({ settings: { [SETTING_RECEIVE_BUFFER_INITIAL]: 32_768 } });
    t.option(OPTION_REFUSE, REFUSE_BUT_FAREWELL);
    t.shutdown();
    t.expect({ flags: 'FA', seq: 1, ack: 1 });
    for (let seq = 1; seq < 4001; seq += 1000) {
      t.inject({ seq, ack: 2, data: 1000 });
      t.driver.advance(2000);
      t.take();
    }
    t.inject({ seq: 4001, ack: 2, data: 1000 });
    t.expect({ flags: 'R', seq: 2 });
  });
});
