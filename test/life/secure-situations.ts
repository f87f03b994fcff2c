/**
 * What keeps a process alive and what does not, with TLS. Not for: plain TCP (`situations.ts`).
 */
import { CLIENT_TLS, SERVER_TLS } from '../kit/secure.js';
import type { Situation } from './observer.js';
import { counts, equal, LARGE, pair } from './situations.js';

const SECURE = { options: { tls: CLIENT_TLS }, listen: { tls: SERVER_TLS } };

export const secureSituations: Readonly<Record<string, Situation>> = {
  async 'over TLS, each client socket and each accepted socket keep it, for themselves'(life) {
    const { client, accepted } = await pair(life, SECURE);
    client.unref();
    await life.stays();
    accepted.unref();
    await life.ends();
    equal(client.authorized, true);
    client.ref();
    await life.stays();
    client.end();
    await life.ends();
  },

  async 'the time that a TLS handshake may take does not keep it'(life) {
    const { client, accepted } = await pair(life, {
      options: { tls: CLIENT_TLS },
      listen: { tls: undefined as never },
    });
    accepted.unref();
    await life.stays();
    client.unref();
    await life.ends();
    client.ref();
    await life.stays();
    client.terminate();
    await life.ends();
  },

  async 'a TLS handshake that fails keeps it no longer'(life) {
    const errors: unknown[] = [];
    const close = (_: unknown, error?: Error) => void errors.push(error);
    const options = { tls: { ...CLIENT_TLS, serverName: 'another.test' } };
    await pair(life, { options, listen: { tls: SERVER_TLS }, client: { close }, accepted: { close } }).catch(() => {});
    await life.ends();
    equal(errors.length, 2);
  },

  async 'bytes of a closed TLS socket keep it until they have arrived'(life) {
    const { counter, handlers } = counts();
    const { client, accepted } = await pair(life, { ...SECURE, accepted: handlers });
    accepted.pause();
    accepted.unref();
    client.end(Buffer.alloc(LARGE));
    client.close();
    await life.stays();
    accepted.resume();
    await life.ends();
    equal(counter.bytes, LARGE);
  },

  async 'after upgradeTLS both of its sockets keep it, the one it was called on does not'(life) {
    const { client, accepted } = await pair(life);
    const servers = accepted.upgradeTLS<unknown>({ tls: SERVER_TLS, socket: { data() {} } });
    const [raw, tls] = client.upgradeTLS<unknown>({ tls: CLIENT_TLS, socket: { data() {} } });
    for (const socket of servers) socket.unref();
    await life.stays();
    raw.unref();
    await life.stays();
    tls.unref();
    await life.ends();
    client.ref();
    await life.ends();
    raw.ref();
    await life.stays();
    tls.end();
    await life.ends();
  },
};
