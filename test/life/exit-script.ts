/** What `process.test.ts` runs in a network namespace: a program that leaves with everything open. */
import { tun } from '../../host/device/tun.js';
import { createStack } from '../../host/stack/stack.js';
import { KERNEL, PREFIX, VITRINE } from '../interop/addresses.js';

const device = tun({ kernelAddress: `${KERNEL}/${PREFIX}` });
const stack = await createStack({ device, addresses: [`${VITRINE}/${PREFIX}`] });
stack.listen({ hostname: VITRINE, port: 80, socket: { data() {} } });
device.ref();
await stack.ping(KERNEL);
process.exit(7);
