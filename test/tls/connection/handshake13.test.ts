import { describe, expect, it } from 'vitest';
import { identity, pair, trusting } from '../kit/ends.js';

describe('A handshake of TLS 1.3 of ours with ours', () => {
  it('completes, and both sides say the same of it', () => {
    const { client, server } = pair(trusting());
    expect(client.error ?? server.error).toBeUndefined();
    expect([client.done, server.done]).toEqual([true, true]);
    expect(client.connection.authorized).toBe(true);
    expect(client.connection.version).toBe(0x0304);
    expect(client.connection.suite).toBe(server.connection.suite);
    expect(client.connection.group).toBe(server.connection.group);
  });
});
void identity;
