/** Round trips and the retransmission timer while recovery is under way (RFC 6298). The first round trip takes 300 ms. */
import { describe, expect, test } from 'vitest';
import { established, retransmitted, sequences } from '../kit/recovery.js';

/** Ten segments at 0 ms; the SACKs that show the first one lost come 600 ms later, and it is sent again. */
async function recovering() {
  const t = await established(300);
  t.send(30_000);
  t.take();
  const start = t.time;
  t.pass(600);
  t.inject({ sack: [[1001, 4001]] });
  expect(sequences(t)[0]).toBe(1);
  return { t, start };
}

describe('the retransmission timer in recovery', () => {
  test('knows the round trip of what was SACKed (RFC 6298 §2.3)', async () => {
    const { t, start } = await recovering();
    // SRTT = 7/8 × 300 + 1/8 × 600, RTTVAR = 3/4 × 150 + 1/4 × 300: 337.5 + 4 × 187.5 ms
    t.pass(start + 600 + 1087 - t.time);
    t.expectNothing();
    t.driver.advance(1);
    expect(sequences(t)[0]).toBe(1);
    expect(retransmitted(t)).toBe(2);
  });

  test('takes one sample a round trip (RFC 6298 §3)', async () => {
    const { t, start } = await recovering();
    for (const end of [5001, 6001, 7001, 8001]) {
      t.inject({ sack: [[1001, end]] });
      t.take();
    }
    t.pass(start + 600 + 1087 - t.time);
    t.expectNothing();
  });

  test('waits while what arrives was sent before the oldest segment’s repetition, and no longer (RFC 6298 §5.3)', async () => {
    const { t, start } = await recovering();
    t.pass(100);
    t.inject({ sack: [[1001, 5001]] });
    const fresh = sequences(t).at(-1) as number;
    expect(fresh, 'new data follows the repetition').toBeGreaterThan(10_000);
    t.pass(200);
    t.inject({
      sack: [
        [fresh, fresh + 1000],
        [1001, 5001],
      ],
    });
    t.take();
    const again = retransmitted(t);
    t.pass(start + 700 + 1087 - t.time);
    t.expectNothing();
    t.driver.advance(1);
    expect(sequences(t)[0]).toBe(1);
    expect(retransmitted(t)).toBe(again + 1);
  });
});
