/**
 * A second Vitrine as the other side, at the far end of a wire in memory: for machines without TUN devices.
 */
import { createHash } from 'node:crypto';
import type { Device } from '../../device/device.js';
import { createStack, type Stack } from '../../stack/stack.js';
import { httpGet } from '../http/client.js';
import { serveHttp } from '../http/server.js';
import { memorySite } from '../http/site.js';
import { CONTENT_PATH, CONTENT_TYPE, pseudoRandomBytes } from './content.js';
import { type Downloaded, type OtherSide, TO_VITRINE } from './other-side.js';

export async function memorySide(device: Device, address: string, prefix: number): Promise<OtherSide> {
  return new MemorySide(await createStack({ device, addresses: [`${address}/${prefix}`] }), address);
}

class MemorySide implements OtherSide {
  readonly name = 'peer';
  readonly client = 'vitrine get';
  readonly server = 'vitrine serve';

  constructor(
    private readonly stack: Stack,
    readonly address: string,
  ) {}

  async download(url: string, progress: (bytes: number) => void): Promise<Downloaded> {
    const started = performance.now();
    const hash = createHash('sha256');
    let bytes = 0;
    await httpGet(this.stack, new URL(url), {
      received(chunk) {
        hash.update(chunk);
        bytes += chunk.length;
        progress(bytes);
      },
    });
    return { bytes, sha256: hash.digest('hex'), milliseconds: performance.now() - started };
  }

  async serve(): Promise<number> {
    const content = pseudoRandomBytes(TO_VITRINE);
    const site = memorySite({ [CONTENT_PATH]: { type: CONTENT_TYPE, content } });
    return serveHttp(this.stack, { hostname: this.address, port: 0, site }).port;
  }

  close(): void {
    this.stack.close();
  }
}
