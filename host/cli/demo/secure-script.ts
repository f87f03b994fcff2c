/**
 * The demonstration's second half: the same two downloads over TLS.
 * Not for: the segments below, which the first half has shown (`script.ts`).
 */
import { createHash } from 'node:crypto';
import type { Channel, Security } from '../http/channel.js';
import { httpGet } from '../http/client.js';
import { serveHttp } from '../http/server.js';
import { memorySite } from '../http/site.js';
import { CONTENT_TYPE, pseudoRandomBytes, SECURE, sha256 } from './content.js';
import type { Moments } from './moments.js';
import { FROM_VITRINE, TO_VITRINE } from './other-side.js';
import type { Screen } from './screen.js';
import { type Stage, VITRINE_ADDRESS } from './stage.js';

/** The other side downloads from Vitrine. @returns whether every byte arrived as it was sent */
export async function serveSecurely(stage: Stage, screen: Screen, moments: Moments): Promise<boolean> {
  const { stack, other, authority, records } = stage;
  const content = pseudoRandomBytes(FROM_VITRINE, SECURE.length);
  const site = memorySite({ [SECURE.path]: { type: CONTENT_TYPE, content } });
  const handshake = new Handshake();
  const tls = authority.issue([VITRINE_ADDRESS]);
  const where = { hostname: VITRINE_ADDRESS, port: 443 };
  const listener = serveHttp(stack, { ...where, site, tls, connected: handshake.done });
  const url = `https://${VITRINE_ADDRESS}${SECURE.path}`;
  screen.chapter(3, `The ${other.name} downloads from Vitrine over TLS`);
  screen.say(`${other.secureClient} ${url}   from stack.listen({ tls: { key, cert } })`);
  screen.gap();
  moments.hold();
  records.watch();
  screen.explain(
    'The handshake: both agree on keys that nobody else knows, and Vitrine proves who it is (RFC 8446 §2).',
  );
  const trusted = { cert: authority.cert, path: stage.authorityPath };
  const download = other.download(
    url,
    (bytes) => {
      if (bytes < SECURE.length) screen.bulk(bytes, SECURE.length);
    },
    trusted,
  );
  for (const moment of await records.handshake(download)) screen.moment(moment);
  const security = await Promise.race([handshake.security, download.then(() => handshake.security)]);
  screen.security(security, `the ${other.name} has verified the certificate of ${VITRINE_ADDRESS}`);
  screen.gap();
  screen.explain(
    'The data: in records of up to 16 KiB, each sealed in WebAssembly, each with a nonce of its own (RFC 8446 §5).',
  );
  screen.bulkStarted();
  const { bytes, sha256: received, milliseconds } = await download;
  screen.bulk(bytes, SECURE.length);
  await moments.until('Established');
  await moments.until('Closed', 'TimeWait');
  moments.skip();
  listener.stop();
  screen.gap();
  return screen.verdict(bytes, milliseconds, sha256(content), received);
}

/** Vitrine downloads from the other side. @returns whether every byte arrived as it was sent */
export async function fetchSecurely(stage: Stage, screen: Screen, moments: Moments): Promise<boolean> {
  const { stack, other, authority, records } = stage;
  const port = await other.serve(SECURE, authority.issue([other.address]));
  const url = new URL(`https://${other.address}:${port}${SECURE.path}`);
  screen.chapter(4, `Vitrine downloads from the ${other.name} over TLS`);
  screen.say(`stack.connect({ tls: { ca } }) to ${url}   from ${other.secureServer}`);
  screen.gap();
  moments.hold();
  records.watch();
  screen.explain('The handshake, seen from the side that wants to know who answers.');
  const handshake = new Handshake();
  const hash = createHash('sha256');
  let bytes = 0;
  const started = performance.now();
  let milliseconds = 0;
  const fetched = httpGet(stack, url, {
    tls: { ca: authority.cert },
    connected: handshake.done,
    received(chunk) {
      hash.update(chunk);
      bytes += chunk.length;
      milliseconds = performance.now() - started;
      if (bytes < SECURE.length) screen.bulk(bytes, SECURE.length);
    },
  });
  for (const moment of await records.handshake(fetched)) screen.moment(moment);
  const security = await Promise.race([handshake.security, fetched.then(() => handshake.security)]);
  screen.security(security, `Vitrine has verified the certificate of ${other.address}`);
  screen.gap();
  screen.explain('The data: no byte leaves the core before its record has proved to be genuine.');
  screen.bulkStarted();
  await fetched;
  screen.bulk(bytes, SECURE.length);
  await moments.until('Established');
  await moments.until('Closed', 'TimeWait');
  moments.skip();
  screen.gap();
  const sent = sha256(pseudoRandomBytes(TO_VITRINE, SECURE.length));
  return screen.verdict(bytes, milliseconds, sent, hash.digest('hex'));
}

/** Waits for what was agreed on. */
class Handshake {
  #resolve!: (security: Security | undefined) => void;
  readonly security = new Promise<Security | undefined>((resolve) => {
    this.#resolve = resolve;
  });
  readonly done = (channel: Channel): void => this.#resolve(channel.security);
}
