import { describe, expect, it } from 'vitest';
import { defaultProvider } from '../../../host/tls/crypto/default.js';
import { TicketKeys, type TicketKeysOptions } from '../../../host/tls/session/ticket-keys.js';

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

describe('Ticket keys that are made of a secret', () => {
  const secret = new Uint8Array(32).fill(1);
  const other = new Uint8Array(32).fill(2);

  it('open what others sealed who have the same secret and context', () => {
    const ticket = make({ secret, context: other }).keys.seal(CONTENT);
    expect(Buffer.from(make({ secret, context: other }).keys.open(ticket) ?? [])).toEqual(CONTENT);
    expect(make({ secret: other, context: other }).keys.open(ticket)).toBeUndefined();
    expect(make({ secret, context: secret }).keys.open(ticket)).toBeUndefined();
    expect(make({ secret }).keys.open(ticket)).toBeUndefined();
  });

  it('open a ticket for as long as they say, also where it was not sealed', () => {
    const [one, two] = [make({ secret }), make({ secret })];
    one.clock.now += PERIOD - 1;
    const ticket = one.keys.seal(CONTENT);
    two.clock.now = one.clock.now + PERIOD;
    expect(two.keys.open(ticket)).toBeDefined();
    two.clock.now += 1;
    expect(two.keys.open(ticket)).toBeUndefined();
  });

  it('are other keys in another period, and the same again when the clock is set back', () => {
    const { keys, clock } = make({ secret });
    const ticket = keys.seal(CONTENT);
    clock.now += 2 * PERIOD;
    expect(keys.seal(CONTENT).subarray(0, 16)).not.toEqual(ticket.subarray(0, 16));
    clock.now -= 2 * PERIOD;
    expect(keys.open(ticket)).toBeDefined();
  });
});

function make(shared: Pick<TicketKeysOptions, 'secret' | 'context'> = {}) {
  const clock = { now: 1_000_000 };
  const keys = new TicketKeys({ provider: defaultProvider(), wall: () => clock.now, period: PERIOD, ...shared });
  keys.seal(CONTENT);
  return { keys, clock };
}
