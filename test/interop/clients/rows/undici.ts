/** `undici`: many requests on one connection, and large bodies each way, with and without TLS. */
import { Agent, type buildConnector, Client, fetch } from 'undici';
import { ca } from '../../../kit/certificates/certificates.js';
import { KERNEL } from '../../addresses.js';
import { digest, digestOf, piece, read, SMALL_SIZES } from '../content.js';
import type { Lab, Row } from '../lab.js';
import { NGINX, NGINX_TLS } from '../programs.js';

export const undici: readonly Row[] = [
  {
    name: 'undici: requests to nginx on one connection, each with its own body',
    play: (lab) => withClient(lab, NGINX, (client) => rightBodies(client, lab.volume.requests)),
    expected: ({ requests }) => ({ right: requests, connections: 1 }),
  },
  {
    name: 'undici: the largest body from nginx',
    play: (lab) =>
      withClient(lab, NGINX, async (client) => {
        const { body } = await client.request({ method: 'GET', path: '/largest' });
        return digest(body);
      }),
    expected: ({ largest }) => digestOf(piece('largest', largest)),
  },
  {
    name: 'undici: the largest body to a server of Node',
    play: (lab) =>
      withClient(lab, lab.ports.http, async (client) => {
        const body = piece('upload', lab.volume.largest);
        const answer = await client.request({ method: 'PUT', path: '/', body });
        return answer.body.json();
      }),
    expected: ({ largest }) => digestOf(piece('upload', largest)),
  },
  {
    name: 'undici: fetch takes a large body over TLS',
    async play({ tls }) {
      const connect: buildConnector.connector = ({ hostname, port }, callback) => {
        const socket = tls.connect({ host: hostname, port: Number(port), ca: ca.cert, ALPNProtocols: ['http/1.1'] });
        socket.once('secureConnect', () => callback(null, socket)).once('error', (error) => callback(error, null));
      };
      const dispatcher = new Agent({ connect });
      const response = await fetch(`https://${KERNEL}:${NGINX_TLS}/large`, { dispatcher });
      const came = await digest(response.body as AsyncIterable<Uint8Array>);
      await dispatcher.close();
      return came;
    },
    expected: ({ large }) => digestOf(piece('large', large)),
  },
];

async function rightBodies(client: Client, requests: number) {
  const bodies = SMALL_SIZES.map((size, number) => piece(`small ${number}`, size));
  const connections = new Set<unknown>();
  let right = 0;
  for (let number = 0; number < requests; number++) {
    const choice = number % bodies.length;
    const { statusCode, headers, body } = await client.request({ method: 'GET', path: `/small/${choice}` });
    connections.add(headers['x-connection']);
    const came = await read(body);
    if (statusCode === 200 && bodies[choice]?.equals(came)) right++;
  }
  return { right, connections: connections.size };
}

async function withClient<Result>(
  { net }: Lab,
  port: number,
  use: (client: Client) => Promise<Result>,
): Promise<Result> {
  const connect: buildConnector.connector = ({ hostname, port }, callback) => {
    const socket = net.connect({ host: hostname, port: Number(port) });
    socket.once('connect', () => callback(null, socket)).once('error', (error) => callback(error, null));
  };
  const client = new Client(`http://${KERNEL}:${port}`, { connect });
  const result = await use(client);
  await client.close();
  return result;
}
