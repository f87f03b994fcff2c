/**
 * What happens in the demonstration, in order: a download from Vitrine, a download through Vitrine, both again over TLS,
 * where to look next.
 * Not for: TLS (`secure-script.ts`), where it is played (`stage.ts`) and how it looks (`screen.ts`).
 */
import { createHash } from 'node:crypto';
import { httpGet } from '../http/client.js';
import { serveHttp } from '../http/server.js';
import { memorySite } from '../http/site.js';
import { CONTENT_TYPE, PLAIN, pseudoRandomBytes, sha256 } from './content.js';
import type { Moments } from './moments.js';
import { FROM_VITRINE, TO_VITRINE } from './other-side.js';
import type { Screen } from './screen.js';
import { fetchSecurely, serveSecurely } from './secure-script.js';
import { type Stage, VITRINE_ADDRESS } from './stage.js';

/** @returns whether every byte arrived as it was sent, each time */
export async function play(stage: Stage, screen: Screen, moments: Moments): Promise<boolean> {
  const { other } = stage;
  screen.scene(other.name, other.address, stage.between, VITRINE_ADDRESS);
  if (stage.obstacle === undefined) {
    screen.explain('in a network namespace of its own: nothing outside is touched, nothing stays');
  } else {
    screen.explain(
      `because there is no TUN device to use: ${stage.obstacle};`,
      'a second Vitrine stands in for the kernel',
    );
  }
  const fromVitrine = await serveIt(stage, screen, moments);
  const toVitrine = await fetchIt(stage, screen, moments);
  stage.captureWhole();
  const fromVitrineSecurely = await serveSecurely(stage, screen, moments);
  const toVitrineSecurely = await fetchSecurely(stage, screen, moments);
  return fromVitrine && toVitrine && fromVitrineSecurely && toVitrineSecurely;
}

/** Where the capture is and what to do with it; to be told when it is complete. */
export function epilogue(stage: Stage, screen: Screen): void {
  screen.chapter(5, 'Look closer');
  screen.say(`all packets: ${stage.capturePath}`);
  screen.explain('cut after their headers where nothing is encrypted; with the keys of what is');
  screen.gap();
  screen.explain('what was said over TLS, decrypted by Wireshark with the keys in the file:');
  screen.say(`tshark -r ${stage.capturePath} -Y 'tls.handshake || tls && http'`);
  screen.explain('the handshakes and the closes:');
  screen.say(`tshark -r ${stage.capturePath} -Y 'tcp.flags.syn == 1 || tcp.flags.fin == 1'`);
  screen.explain('everything that looks unusual to Wireshark:');
  screen.say(`tshark -r ${stage.capturePath} -Y tcp.analysis.flags`);
  screen.gap();
}

async function serveIt({ stack, other }: Stage, screen: Screen, moments: Moments): Promise<boolean> {
  const content = pseudoRandomBytes(FROM_VITRINE, PLAIN.length);
  const site = memorySite({ [PLAIN.path]: { type: CONTENT_TYPE, content } });
  const listener = serveHttp(stack, { hostname: VITRINE_ADDRESS, port: 80, site });
  const url = `http://${VITRINE_ADDRESS}${PLAIN.path}`;
  screen.chapter(1, `The ${other.name} downloads from Vitrine`);
  screen.say(`${other.client} ${url}   from an HTTP server on stack.listen()`);
  screen.gap();
  screen.explain('The handshake: each side tells its first sequence number and hears it acknowledged (RFC 9293 §3.5).');
  const download = other.download(url, (bytes) => {
    if (bytes < PLAIN.length) screen.bulk(bytes, PLAIN.length);
  });
  await Promise.race([moments.until('Established'), download]);
  moments.hold();
  screen.gap();
  screen.explain('The data: Vitrine sends what the window and its estimate of the network allow (RFC 5681).');
  screen.bulkStarted();
  const { bytes, sha256: received, milliseconds } = await download;
  screen.bulk(bytes, PLAIN.length);
  screen.gap();
  screen.explain(`The close: the ${other.name} ends first, Vitrine answers and ends too (RFC 9293 §3.6).`);
  moments.release();
  await moments.until('Closed', 'TimeWait');
  listener.stop();
  screen.gap();
  return screen.verdict(bytes, milliseconds, sha256(content), received);
}

async function fetchIt({ stack, other }: Stage, screen: Screen, moments: Moments): Promise<boolean> {
  const port = await other.serve(PLAIN);
  const url = new URL(`http://${other.address}:${port}${PLAIN.path}`);
  screen.chapter(2, `Vitrine downloads from the ${other.name}`);
  screen.say(`stack.connect() to ${url}   from ${other.server}`);
  screen.gap();
  screen.explain('The handshake, seen from the side that asks for it.');
  const hash = createHash('sha256');
  let bytes = 0;
  const started = performance.now();
  let milliseconds = 0;
  const fetched = httpGet(stack, url, {
    received(chunk) {
      hash.update(chunk);
      bytes += chunk.length;
      milliseconds = performance.now() - started;
      if (bytes < PLAIN.length) screen.bulk(bytes, PLAIN.length);
    },
  });
  await Promise.race([moments.until('Established'), fetched]);
  moments.hold();
  screen.gap();
  screen.explain('The data: Vitrine acknowledges and keeps its window open; the rest is up to the sender.');
  screen.bulkStarted();
  await fetched;
  screen.bulk(bytes, PLAIN.length);
  screen.gap();
  screen.explain('The close: this time Vitrine ends first, and so it keeps TIME-WAIT for segments that got lost.');
  moments.release();
  await moments.until('Closed', 'TimeWait');
  screen.gap();
  const sent = sha256(pseudoRandomBytes(TO_VITRINE, PLAIN.length));
  return screen.verdict(bytes, milliseconds, sent, hash.digest('hex'));
}
