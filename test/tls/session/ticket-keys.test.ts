import { describe, expect, it } from 'vitest';
import { defaultProvider } from '../../../host/tls/crypto/default.js';
import { TicketKeys } from '../../../host/tls/session/ticket-keys.js';

const CONTENT = Buffer.from('what resumes');
const PERIOD = 1000;

describe('Ticket keys', () => {
  it('open what they sealed, and nothing that was changed', () => {
    const { keys } = make();
    const ticket = keys.seal(CONTENT);
    expect(Buffer.from(keys.open(ticket) ?? [])).toEqual(CONTENT);
    for (let at = 0; at < ticket.length; at++) {
      const changed = Uint8Array.from(ticket);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(keys.open(changed)).toBeUndefined();
      expect(keys.open(ticket.subarray(0, at))).toBeUndefined();
    }
  });

  it('do not open what others sealed', () => {
    expect(make().keys.open(make().keys.seal(CONTENT))).toBeUndefined();
  });

  it('never make the same ticket twice', () => {
    const { keys } = make();
    expect(keys.seal(CONTENT)).not.toEqual(keys.seal(CONTENT));
  });

  it('open a ticket for as long as they say, over a change of keys', () => {
    const { keys, clock } = make();
    clock.now += PERIOD - 1;
    const ticket = keys.seal(CONTENT);
    clock.now += PERIOD;
    const next = keys.seal(CONTENT);
    expect(next.subarray(0, 16)).not.toEqual(ticket.subarray(0, 16));
    expect(keys.open(ticket)).toBeDefined();
    clock.now += 1;
    expect(keys.open(ticket)).toBeUndefined();
    expect(keys.open(next)).toBeDefined();
    expect(keys.lifetime).toBe(PERIOD / 1000);
  });

  it('are forgotten when the clock is set back, so that none lives longer', () => {
    const { keys, clock } = make();
    const ticket = keys.seal(CONTENT);
    clock.now -= 1;
    expect(keys.open(ticket)).toBeUndefined();
  });
});

function make() {
  const clock = { now: 1_000_000 };
  const keys = new TicketKeys({ provider: defaultProvider(), wall: () => clock.now, period: PERIOD });
  keys.seal(CONTENT);
  return { keys, clock };
}
