/** `node:http2`: a hundred streams at once, with Vitrine as the client and as the server. */
import { createServer } from 'node:http2';
import type { Duplex } from 'node:stream';
import { ca } from '../../../kit/certificates/certificates.js';
import { KERNEL } from '../../addresses.js';
import { piece, read } from '../content.js';
import { connectHttp2, echoAll, echoTogether } from '../http2.js';
import type { Lab, Row } from '../lab.js';
import { NGINX_TLS } from '../programs.js';
import { serving } from '../serving.js';

const expected: Row['expected'] = ({ streams }) => streams;

export const http2: readonly Row[] = [
  {
    name: 'http2: a hundred files of nginx at once',
    async play(lab) {
      const session = await sessionOf(lab, NGINX_TLS);
      const files = Array.from({ length: lab.volume.streams }, async (_, number) => {
        const stream = session.request({ ':path': `/stream/${number}` });
        return (await read(stream)).equals(piece(number, lab.volume.stream));
      });
      const right = (await Promise.all(files)).filter(Boolean).length;
      session.close();
      return right;
    },
    expected,
  },
  {
    name: 'http2: a hundred streams to a server of the kernel and back',
    async play(lab) {
      const session = await sessionOf(lab, lab.ports.http2);
      const right = await echoAll(session, lab.volume.streams, lab.volume.stream);
      session.close();
      return right;
    },
    expected,
  },
  {
    name: 'http2: a hundred streams from a client of the kernel and back',
    play(lab) {
      const { streams, stream } = lab.volume;
      const server = createServer();
      echoTogether(server);
      return serving(lab, 'tls', server, (authority) =>
        lab.kernel.tell('http2', { url: `https://${authority}`, streams, stream }),
      );
    },
    expected,
  },
];

function sessionOf({ tls }: Lab, port: number) {
  const options = { host: KERNEL, port, ca: ca.cert, ALPNProtocols: ['h2'] };
  return connectHttp2(`https://${KERNEL}:${port}`, { createConnection: (): Duplex => tls.connect(options) });
}
