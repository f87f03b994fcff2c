/**
 * A second Vitrine as the other side, at the far end of a wire in memory: for machines without TUN devices.
 */
import { createHash } from 'node:crypto';
import type { Device } from '../../device/device.js';
import { createStack, type Stack } from '../../stack/stack.js';
import type { Issued } from '../certificates.js';
import { httpGet } from '../http/client.js';
import { serveHttp } from '../http/server.js';
import { memorySite } from '../http/site.js';
import { CONTENT_TYPE, type Content, pseudoRandomBytes } from './content.js';
import { type Authority, type Downloaded, type OtherSide, TO_VITRINE } from './other-side.js';

export async function memorySide(device: Device, address: string, prefix: number): Promise<OtherSide> {
  return new MemorySide(await createStack({ device, addresses: [`${address}/${prefix}`] }), address);
}

class MemorySide implements OtherSide {
  readonly name = 'peer';
  readonly client = 'vitrine get';
  readonly secureClient = 'vitrine get --cacert ca.pem';
  readonly server = 'vitrine serve';
  readonly secureServer = 'vitrine serve --tls';

  constructor(
    private readonly stack: Stack,
    readonly address: string,
  ) {}

  async download(url: string, progress: (bytes: number) => void, authority?: Authority): Promise<Downloaded> {
    const started = performance.now();
    const hash = createHash('sha256');
    let bytes = 0;
    await httpGet(this.stack, new URL(url), {
      tls: authority && { ca: authority.cert },
      received(chunk) {
        hash.update(chunk);
        bytes += chunk.length;
        progress(bytes);
      },
    });
    return { bytes, sha256: hash.digest('hex'), milliseconds: performance.now() - started };
  }

  async serve({ path, length }: Content, credentials?: Issued): Promise<number> {
    const content = pseudoRandomBytes(TO_VITRINE, length);
    const site = memorySite({ [path]: { type: CONTENT_TYPE, content } });
    return serveHttp(this.stack, { hostname: this.address, port: 0, site, tls: credentials }).port;
  }

  close(): void {
    this.stack.close();
  }
}
