/** A name server of a few lines on one stack, and another stack that asks it: names, aliases, and a connection by name. */
import packet, { type Answer } from 'dns-packet';
import { createStack, memoryWire } from 'vitrine';

const ZONE: Record<string, Answer> = {
  'www.glass.test': { type: 'CNAME', name: 'www.glass.test', ttl: 60, data: 'host.glass.test' },
  'host.glass.test': { type: 'A', name: 'host.glass.test', ttl: 60, data: '10.9.0.1' },
};

const [left, right] = memoryWire();
const server = await createStack({ device: left, addresses: ['10.9.0.1/24'] });
const client = await createStack({
  device: right,
  addresses: ['10.9.0.2/24'],
  dns: { servers: ['10.9.0.1'], search: ['glass.test'] },
});

let questions = 0;
await server.udpSocket({
  hostname: '10.9.0.1',
  port: 53,
  socket: {
    data(socket, bytes, port, address) {
      questions++;
      const { id = 0, questions: asked = [] } = packet.decode(bytes);
      const answers: Answer[] = [];
      let record = ZONE[asked[0]?.name.toLowerCase() ?? ''];
      while (record !== undefined) {
        if (record.type === 'CNAME' || record.type === asked[0]?.type) answers.push(record);
        record = record.type === 'CNAME' ? ZONE[String(record.data)] : undefined;
      }
      const flags = packet.RECURSION_DESIRED | packet.RECURSION_AVAILABLE;
      socket.send(packet.encode({ type: 'response', id, flags, questions: asked, answers }), port, address);
    },
  },
});
server.listen({ hostname: '10.9.0.1', port: 7, socket: { data: (socket, bytes) => void socket.write(bytes) } });

console.log('www is', (await client.resolver.lookup('www')).address);
console.log('its alias is', (await client.resolver.query('www.glass.test', 'CNAME'))[0]?.data);
await client.connect({
  hostname: 'www',
  port: 7,
  socket: {
    open: (socket) => void socket.write('hello by name'),
    data(socket, bytes) {
      console.log(`echo from ${socket.remoteAddress}: ${bytes}`);
      client.close();
      server.close();
    },
  },
});
console.log(questions, 'questions were asked');
