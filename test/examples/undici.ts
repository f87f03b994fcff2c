/** `undici` over Vitrine, against a server of Node's `http` over Vitrine: each is told where connections come from. */
import { createServer } from 'node:http';
import { Agent, request } from 'undici';
import { createStack, memoryWire } from 'vitrine';
import { connector, netOf } from 'vitrine/net';

const [left, right] = memoryWire();
const alice = await createStack({ device: left, addresses: ['10.9.0.1/24'] });
const bob = await createStack({ device: right, addresses: ['10.9.0.2/24'] });

let connections = 0;
const web = createServer((incoming, answer) => {
  answer.end(`${incoming.method} ${incoming.url}, connection ${connections}`);
});
const server = netOf(bob).createServer((socket) => {
  connections++;
  web.emit('connection', socket);
});
server.listen(80, '10.9.0.2');

const dispatcher = new Agent({ connections: 1, connect: connector({ stack: alice }) });

for (const path of ['/one', '/two', '/three']) {
  const { statusCode, body } = await request(`http://10.9.0.2${path}`, { dispatcher });
  console.log(`${statusCode}: ${await body.text()}`);
}

await dispatcher.close();
server.close();
