/** What `process.test.ts` runs in a network namespace: programs that end by themselves, or must not hang. */
import { createServer } from 'node:net';
import { tun } from '../../host/device/tun.js';
import { createStack } from '../../host/stack/stack.js';
import { KERNEL, PREFIX, VITRINE } from './addresses.js';

const [name = ''] = process.argv.slice(2);
const device = tun({ kernelAddress: `${KERNEL}/${PREFIX}` });
const stack = await createStack({ device, addresses: [`${VITRINE}/${PREFIX}`] });
const socket = { data() {} };

const cases: Record<string, () => unknown> = {
  'an open stack': () => {},
  'an unref listener': () => stack.listen({ hostname: VITRINE, port: 80, socket }).unref(),
  'a stopped listener': () => stack.listen({ hostname: VITRINE, port: 80, socket }).stop(),
  'a ref listener'() {
    stack.listen({ hostname: VITRINE, port: 80, socket });
    setTimeout(() => console.log('alive'), 300).unref();
  },
  'a device that is ref'() {
    device.ref();
    setTimeout(() => console.log('alive'), 300).unref();
  },
  /** The last bytes are on their way when the program has nothing left to do. */
  async 'a closed socket'() {
    const server = createServer((peer) => peer.on('data', () => {}).on('end', () => server.close()));
    await new Promise<void>((resolve) => server.listen(8080, KERNEL, resolve));
    await stack.connect({
      hostname: KERNEL,
      port: 8080,
      socket: { data() {}, open: (opened) => void opened.end('last') },
    });
  },
  async 'an unref socket'() {
    const server = createServer(() => {}).unref();
    await new Promise<void>((resolve) => server.listen(8080, KERNEL, resolve));
    server.on('connection', (peer) => peer.unref());
    (await stack.connect({ hostname: KERNEL, port: 8080, socket })).unref();
  },
  'process.exit with everything open'() {
    stack.listen({ hostname: VITRINE, port: 80, socket });
    device.ref();
    setTimeout(() => process.exit(7), 100);
  },
};

await cases[name]?.();
