/** A server of `node:http` over Vitrine, asked by curl and wrk. */

import { createReadStream, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Program } from '../../tls/program.js';
import { type Digest, digest, digestOf, piece } from '../content.js';
import type { Lab, Row } from '../lab.js';
import { serving, type Transport } from '../serving.js';

const TEXT = piece('text', 512).toString('hex');
const CONNECTIONS = 16;

export const httpServer: readonly Row[] = [
  {
    name: 'a server of node:http: curl takes a large body',
    play: (lab) => downloaded(lab, 'tcp'),
    expected: ({ large }) => digestOf(piece('large', large)),
  },
  {
    name: 'a server of node:http over TLS: curl takes a large body',
    play: (lab) => downloaded(lab, 'tls'),
    expected: ({ large }) => digestOf(piece('large', large)),
  },
  {
    name: 'a server of node:http: curl sends a large body',
    async play(lab) {
      writeFileSync(join(lab.directory, 'upload'), piece('upload', lab.volume.large));
      return withServer(lab, 'tcp', async (url) => {
        return JSON.parse(await run(lab, 'curl', [...QUIET, '--upload-file', 'upload', url]));
      });
    },
    expected: ({ large }) => digestOf(piece('upload', large)),
  },
  {
    name: 'a server of node:http: requests of curl on one connection',
    play: (lab) =>
      withServer(lab, 'tcp', async (url, seen) => {
        const output = await run(lab, 'curl', [...QUIET, `${url}text/[1-${lab.volume.curls}]`]);
        return {
          right: output === TEXT.repeat(lab.volume.curls),
          answers: seen.answers,
          connections: seen.connections,
        };
      }),
    expected: ({ curls }) => ({ right: true, answers: curls, connections: 1 }),
  },
  {
    name: 'a server of node:http: wrk gets nothing but right answers, as many as there were',
    play: (lab) =>
      withServer(lab, 'tcp', async (url, seen) => {
        const load = ['-t', '1', '-c', `${CONNECTIONS}`, '-d', `${lab.volume.seconds}`, '--timeout', '30'];
        const output = await run(lab, 'wrk', [...load, '-s', SCRIPT, `${url}text`, '--', TEXT]);
        const { right, ...others } = JSON.parse(output.trim().split('\n').at(-1) ?? '');
        // What was on its way when its time was over is not among what it got.
        const unseen = seen.answers - right;
        return { ...others, some: right > 100, counted: unseen >= 0 && unseen <= CONNECTIONS };
      }),
    expected: () => ({ wrong: 0, connect: 0, read: 0, write: 0, status: 0, timeout: 0, some: true, counted: true }),
  },
];

interface Seen {
  answers: number;
  connections: number;
}

function downloaded(lab: Lab, transport: Transport): Promise<Digest> {
  return withServer(lab, transport, async (url) => {
    await run(lab, 'curl', [...QUIET, '--cacert', 'ca.pem', '--output', 'download', `${url}large`]);
    return digest(createReadStream(join(lab.directory, 'download')));
  });
}

/** A URL of the server, which ends with a slash, and what it has seen, while `use` runs. */
function withServer<Result>(
  lab: Lab,
  transport: Transport,
  use: (url: string, seen: Seen) => Promise<Result>,
): Promise<Result> {
  const seen = { answers: 0, connections: 0 };
  const scheme = transport === 'tls' ? 'https' : 'http';
  return serving(lab, transport, answering(lab, seen), (authority) => use(`${scheme}://${authority}/`, seen));
}

/** `/large`, `/text`, and what came by PUT. */
function answering({ volume }: Lab, seen: Seen): Server {
  const server = createServer(async (request, response) => {
    response.on('finish', () => {
      seen.answers++;
    });
    if (request.method === 'PUT') response.end(JSON.stringify(await digest(request)));
    else response.end(request.url === '/large' ? piece('large', volume.large) : TEXT);
  });
  return server.on('connection', () => {
    seen.connections++;
  });
}

/** @throws Error with what it complained about */
async function run({ directory }: Lab, program: string, args: string[]): Promise<string> {
  const running = new Program({ program, args }, directory);
  const output = await running.finish(PATIENCE);
  if (running.child.exitCode !== 0) throw new Error(`${program} ended: ${output}${running.complaints}`);
  return output;
}

const QUIET = ['--silent', '--show-error', '--fail'];
const SCRIPT = fileURLToPath(new URL('../wrk.lua', import.meta.url));
const PATIENCE = 60_000;
