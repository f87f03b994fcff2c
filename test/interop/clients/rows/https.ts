/** `https.get` from nginx: a large body from a server that is verified, and servers that must not be believed. */
import type { IncomingMessage } from 'node:http';
import { Agent, get, type RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import { ca, wrong } from '../../../kit/certificates/certificates.js';
import { KERNEL } from '../../addresses.js';
import { digest, digestOf, piece } from '../content.js';
import type { Lab, Row } from '../lab.js';
import { NGINX_TLS } from '../programs.js';

export const https: readonly Row[] = [
  {
    name: 'https.get: a large body from nginx, by createConnection',
    async play(lab) {
      const createConnection = lab.tls.connect as (options: object) => Duplex;
      return digest(await answer({ ca: ca.cert, agent: false, createConnection }));
    },
    expected: ({ large }) => digestOf(piece('large', large)),
  },
  {
    name: 'https.get: an agent keeps its connection',
    async play(lab) {
      const agent = agentOf(lab);
      const connections = new Set<unknown>();
      const lengths: number[] = [];
      for (let number = 0; number < 8; number++) {
        const response = await answer({ ca: ca.cert, agent, path: `/small/${number}` });
        connections.add(response.headers['x-connection']);
        lengths.push((await digest(response)).length);
      }
      agent.destroy();
      return { connections: connections.size, lengths };
    },
    expected: () => ({ connections: 1, lengths: [0, 1, 100, 1447, 1448, 1449, 4096, 16_383] }),
  },
  {
    name: 'https.get: a certificate of an authority that nobody trusts',
    play: (lab) => refusal(lab, { ca: wrong.cert }),
    expected: () => 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  },
  {
    name: 'https.get: a certificate for somebody else',
    play: (lab) => refusal(lab, { ca: ca.cert, servername: 'elsewhere.test' }),
    expected: () => 'ERR_TLS_CERT_ALTNAME_INVALID',
  },
];

function agentOf({ tls }: Lab): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return Object.assign(agent, { createConnection: (options: ConnectionOptions) => tls.connect(options) });
}

function answer(options: RequestOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get({ host: KERNEL, port: NGINX_TLS, path: '/large', ...options }, resolve).on('error', reject);
  });
}

/** The code of the error that it ends with. */
async function refusal({ tls }: Lab, options: RequestOptions): Promise<string> {
  const createConnection = tls.connect as (options: object) => Duplex;
  const refused = answer({ ...options, agent: false, createConnection });
  return refused.then(
    () => 'no error',
    (error) => error.code,
  );
}
