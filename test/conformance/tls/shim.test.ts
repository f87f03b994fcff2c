/** The conformance shim in both roles, with `node:tls` in the place of a runner. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createSecureContext, TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ca, server as pair } from '../../kit/certificates/certificates.js';

const SHIM = fileURLToPath(new URL('./shim.mjs', import.meta.url));
let directory: string;
let files: string[];
let listener: Server;
let accepted: Socket[];

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'vitrine-shim-'));
  writeFileSync(join(directory, 'cert.pem'), pair.cert);
  writeFileSync(join(directory, 'key.pem'), pair.key);
  files = ['-cert-file', join(directory, 'cert.pem'), '-key-file', join(directory, 'key.pem')];
});
afterAll(() => rmSync(directory, { recursive: true }));

beforeEach(async () => {
  accepted = [];
  listener = createServer({ allowHalfOpen: true }, (socket) => accepted.push(socket)).listen(0, '127.0.0.1');
  await once(listener, 'listening');
});
afterEach(() => {
  for (const socket of accepted) socket.destroy();
  listener.close();
});

describe('the command line', () => {
  test('a flag that is not known ends with 89', async () => {
    expect(await ended(shim('-no-such-flag'))).toMatchObject({ code: 89 });
  });

  test('a key exchange with a group that is not spoken ends with 89', async () => {
    expect(await ended(shim('-curves', '25'))).toMatchObject({ code: 89 });
  });

  test('there is no handshaker', async () => {
    expect(await ended(shim('-is-handshaker-supported'))).toEqual({ code: 0, stdout: 'No\n', stderr: '' });
  });
});

describe.each([
  ['TLSv1.3', 772],
  ['TLSv1.2', 771],
] as const)('a connection of %s', (version, number) => {
  test('as client: it says who it is, checks what it is told, and echoes every byte inverted', async () => {
    const program = shim('-shim-id', '258', '-expect-version', String(number), '-host-name', 'server.test');
    const { id, socket } = await next();
    const runner = serve(socket, version);
    expect(id).toEqual(Buffer.from([2, 1, 0, 0, 0, 0, 0, 0]));
    expect(await echo(runner)).toEqual(Buffer.from([0xff, 0xfe, 0xfd]));
    expect(runner.servername).toBe('server.test');
    runner.end();
    expect(await ended(program)).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('as server, with a session that is resumed', async () => {
    const program = shim('-server', ...files, '-resume-count', '1', '-expect-version', String(number));
    let session: Buffer | undefined;
    for (const resumed of [false, true]) {
      const { socket } = await next();
      const options = { ca: ca.cert, servername: 'server.test', minVersion: version, maxVersion: version };
      const runner = connect({ socket, ...options, ...(session && { session }) });
      runner.on('session', (fresh) => {
        session = fresh;
      });
      expect(await echo(runner)).toEqual(Buffer.from([0xff, 0xfe, 0xfd]));
      expect(runner.isSessionReused()).toBe(resumed);
      runner.end();
    }
    expect(await ended(program)).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('an expectation that is not met ends with 1', async () => {
    const program = shim('-expect-version', '768');
    const [end, { socket }] = [ended(program), await next()];
    serve(socket, version).on('error', () => {});
    expect(await end).toMatchObject({ code: 1, stderr: `-expect-version 768, but it is ${number}\n` });
  });
});

test('a refused certificate is told by its token on stderr', async () => {
  const program = shim('-verify-peer', '-verify-fail');
  serve((await next()).socket, 'TLSv1.3').on('error', () => {});
  const { code, stderr } = await ended(program);
  expect(code).toBe(1);
  expect(stderr).toContain(':CERTIFICATE_VERIFY_FAILED:');
});

test('what is no TLS is told by its token on stderr', async () => {
  const program = shim('-server', ...files);
  (await next()).socket.end('GET / HTTP/1.0\r\n\r\n');
  const { code, stderr } = await ended(program);
  expect(code).toBe(1);
  expect(stderr).toContain(':HTTP_REQUEST:');
});

function shim(...flags: string[]) {
  const { port } = listener.address() as AddressInfo;
  return spawn(process.execPath, [SHIM, '-port', String(port), ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
}

async function ended(program: ReturnType<typeof shim>) {
  let stdout = '';
  let stderr = '';
  program.stdout.on('data', (text) => {
    stdout += text;
  });
  program.stderr.on('data', (text) => {
    stderr += text;
  });
  const [code] = await once(program, 'close');
  return { code, stdout, stderr };
}

/** The next connection of the shim, behind its id. */
async function next(): Promise<{ id: Buffer; socket: Socket }> {
  const at = accepted.length;
  if (at > 0) await once(accepted[at - 1] as Socket, 'close');
  if (accepted.length === at) await once(listener, 'connection');
  const socket = accepted[at] as Socket;
  while (socket.readableLength < 8) await once(socket, 'readable');
  return { id: socket.read(8), socket };
}

function serve(socket: Socket, version: 'TLSv1.2' | 'TLSv1.3'): TLSSocket {
  const options = { cert: pair.cert, key: pair.key, minVersion: version, maxVersion: version };
  return new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(options) });
}

/** Sends 0, 1, 2 and waits for as many bytes. */
async function echo(runner: TLSSocket): Promise<Buffer> {
  runner.write(Buffer.from([0, 1, 2]));
  while (runner.readableLength < 3) await once(runner, 'readable');
  return runner.read(3);
}
