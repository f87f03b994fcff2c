/** Servers that share `ticketSecret` are one server to whoever has a ticket (RFC 5077 §4). */
import { afterEach, describe, expect, test } from 'vitest';
import type { TLSOptions } from '../../../host/tls/options.js';
import { ca, self } from '../../kit/certificates/certificates.js';
import { CLIENT_TLS, SERVER_TLS, SecureRecorder, secure, settle } from '../../kit/secure.js';
import { type Lab, lab } from '../../kit/stacks.js';

const SECRET = new Uint8Array(32).fill(7);
const OTHER = new Uint8Array(32).fill(8);
const MORNING = Date.UTC(2026, 0, 1);
const CLIENT = { ...CLIENT_TLS, ca: [ca.cert, self.cert] };

const nets: Lab[] = [];
afterEach(() => {
  for (const net of nets.splice(0)) net.close();
});

/** One handshake with a server that has just been made. */
async function visit(options: {
  ticketSecret?: Uint8Array;
  wall?: number;
  session?: Buffer;
  client?: TLSOptions;
  server?: TLSOptions;
}): Promise<{ resumed: boolean; authorized: boolean; session: Buffer }> {
  const { ticketSecret, wall = MORNING, session } = options;
  const net = await lab({ wall, server: ticketSecret === undefined ? {} : { ticketSecret } });
  nets.push(net);
  const extra =
    session === undefined ? {} : { open: (socket: { setSession(b: Buffer): void }) => socket.setSession(session) };
  const heard = { client: new SecureRecorder(extra), server: new SecureRecorder() };
  const { client } = await secure(net, heard, {
    client: { ...CLIENT, ...options.client },
    server: { ...SERVER_TLS, ...options.server },
  });
  await settle(net);
  return {
    resumed: client.isSessionReused(),
    authorized: client.authorized,
    session: client.getSession() as Buffer,
  };
}

describe.each(['TLSv1.3', 'TLSv1.2'])('a session of one server, in %s', (maxVersion) => {
  const client = { maxVersion };

  test('is resumed by another with the same secret, and by that alone', async () => {
    const { session, resumed } = await visit({ client, ticketSecret: SECRET });
    expect(resumed).toBe(false);
    const later = { client, session, wall: MORNING + 60_000 };
    expect(await visit({ ...later, ticketSecret: OTHER })).toMatchObject({ resumed: false, authorized: true });
    expect(await visit(later)).toMatchObject({ resumed: false, authorized: true });
    expect(await visit({ ...later, ticketSecret: SECRET })).toMatchObject({ resumed: true, authorized: true });
  });

  test('is resumed the day after, over a change of keys, but not two days after', async () => {
    const { session } = await visit({ client, ticketSecret: SECRET, wall: MORNING - 1000 });
    const later = { client, session, ticketSecret: SECRET };
    expect((await visit({ ...later, wall: MORNING + 1000 })).resumed).toBe(true);
    expect((await visit({ ...later, wall: MORNING + 172_800_000 })).resumed).toBe(false);
  });

  test('is not resumed by one with another certificate', async () => {
    const anybody = { ...client, rejectUnauthorized: false };
    const { session } = await visit({ client: anybody, ticketSecret: SECRET });
    const server = { cert: self.cert, key: self.key };
    const later = { client: anybody, ticketSecret: SECRET, session, wall: MORNING + 60_000 };
    expect((await visit({ ...later, server })).resumed).toBe(false);
    expect((await visit(later)).resumed).toBe(true);
  });
});

test.each<[string, unknown, string]>([
  ['text', 'secret', 'ticketSecret must be a Uint8Array'],
  ['too short', new Uint8Array(31), 'ticketSecret has 31 bytes; it needs 32'],
])('what is no secret is refused: %s', async (_, ticketSecret, message) => {
  await expect(lab({ server: { ticketSecret: ticketSecret as Uint8Array } })).rejects.toThrow(message);
});
