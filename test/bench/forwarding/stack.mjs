/** Vitrine as a router between two TUN devices, for the forwarding row: `node stack.mjs NAME NAME`. Ends with its stdin. */
import { createStack, tun } from '../../../dist/host/index.js';

const [from, to] = process.argv.slice(2);
const stack = await createStack({
  forwarding: true,
  interfaces: [
    { device: tun({ name: from, offload: false }), addresses: ['10.30.0.2/24'] },
    { device: tun({ name: to, offload: false }), addresses: ['10.31.0.2/24'] },
  ],
  routes: [{ to: '198.18.0.0/15', via: '10.31.0.1' }],
});
process.stdin
  .on('close', () => {
    stack.close(); // lets go of the devices, and their names, at once
    process.exit();
  })
  .resume();
console.log('ready');
