/** The HTTP server and client over TLS, on two stacks and the wire in memory. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ThrowawayAuthority } from '../../../host/cli/certificates.js';
import type { Security } from '../../../host/cli/http/channel.js';
import { httpGet } from '../../../host/cli/http/client.js';
import { type HttpServerOptions, serveHttp } from '../../../host/cli/http/server.js';
import { memorySite } from '../../../host/cli/http/site.js';
import type { SocketError } from '../../../host/socket/errors.js';
import type { TLSOptions } from '../../../host/tls/options.js';
import { type Lab, lab, SERVER_ADDRESS } from '../../kit/stacks.js';

let net: Lab;
let authority: ThrowawayAuthority;
beforeEach(async () => {
  net = await lab();
  authority = new ThrowawayAuthority(net.clock.wall());
});
afterEach(() => net.close());

const CONTENT = Buffer.alloc(3_000_000, 'Vitrine');
const site = memorySite({ '/big': { type: 'x/y', content: CONTENT } });

describe('https', () => {
  test('gives the content whole, and tells both ends what was agreed', async () => {
    const agreed: (Security | undefined)[] = [];
    const note = (channel: { security: Security | undefined }) => agreed.push(channel.security);
    const { port } = serve({ connected: note });
    const { status, bytes } = await download(port, { ca: authority.cert }, note);
    expect(status).toBe(200);
    expect(bytes.equals(CONTENT)).toBe(true);
    expect(agreed).toHaveLength(2);
    expect(agreed[0]).toEqual(agreed[1]);
    expect(agreed[0]).toMatchObject({ version: 'TLSv1.3', suite: expect.stringMatching(/^TLS_/) });
  });

  test('asks for the host by the name that the server has to prove', async () => {
    const names: (string | undefined)[] = [];
    const listener = net.server.listen({
      hostname: SERVER_ADDRESS,
      port: 0,
      tls: authority.issue(['server.test']),
      socket: {
        data(socket, bytes) {
          names.push(/^Host: (.*)\r$/m.exec(bytes.toString())?.[1], socket.getServername());
          socket.end('HTTP/1.1 204 No Content\r\n\r\n');
        },
      },
    });
    await download(listener.port, { ca: authority.cert, serverName: 'server.test' });
    expect(names).toEqual([`server.test:${listener.port}`, 'server.test']);
  });

  test.each([
    ['is not trusted', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unknown_ca', (other: string) => ({ ca: other })],
    ['goes by another name', 'ERR_TLS_CERT_ALTNAME_INVALID', 'bad_certificate', () => ({ serverName: 'other.test' })],
  ])('takes nothing from a server that %s, and the server hears why', async (_, code, alert, options) => {
    const heard: object[] = [];
    const failed = (client: string, error: SocketError) =>
      heard.push({ client, alert: error.alert, remote: error.remote });
    const { port } = serve({ failed });
    const tls = { ca: authority.cert, ...options(new ThrowawayAuthority(net.clock.wall()).cert) };
    await expect(download(port, tls)).rejects.toMatchObject({ name: 'Error', code, alert });
    await net.until(() => heard.length > 0);
    expect(heard).toEqual([{ client: '10.9.0.1', alert, remote: true }]);
  });

  test('takes anything from anybody when told to', async () => {
    const { port } = serve({});
    expect((await download(port, { rejectUnauthorized: false })).bytes.length).toBe(CONTENT.length);
  });

  test('is not what a server without TLS speaks, nor http what one with TLS speaks', async () => {
    const plain = net.server.listen({
      hostname: SERVER_ADDRESS,
      port: 0,
      socket: { data: (socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n') },
    });
    await expect(download(plain.port, { ca: authority.cert })).rejects.toMatchObject({
      name: 'Error',
      reason: 'HTTP_REQUEST',
    });
    const { port } = serve({});
    const url = new URL(`http://${SERVER_ADDRESS}:${port}/big`);
    await expect(settled(httpGet(net.client, url, { received() {} }))).rejects.toThrow();
  });

  test('does not take an answer for whole that ends without close_notify and without a length', async () => {
    const listener = net.server.listen({
      hostname: SERVER_ADDRESS,
      port: 0,
      socket: {
        open(socket) {
          const [raw, tls] = socket.upgradeTLS({
            tls: authority.issue([SERVER_ADDRESS]),
            socket: {
              data() {
                tls.write('HTTP/1.1 200 OK\r\n\r\nuntil the end');
                setImmediate(() => raw.end());
              },
            },
          });
        },
        data() {},
      },
    });
    await expect(download(listener.port, { ca: authority.cert })).rejects.toMatchObject({ code: 'ERR_TLS_TRUNCATED' });
  });
});

function serve(options: Partial<HttpServerOptions>) {
  const tls = authority.issue([SERVER_ADDRESS]);
  return serveHttp(net.server, { hostname: SERVER_ADDRESS, port: 0, site, tls, ...options });
}

async function download(
  port: number,
  tls: TLSOptions,
  connected: (channel: { security: Security | undefined }) => void = () => {},
) {
  const chunks: Uint8Array[] = [];
  const url = new URL(`https://${SERVER_ADDRESS}:${port}/big`);
  const { status } = await settled(
    httpGet(net.client, url, { tls, connected, received: (chunk) => void chunks.push(chunk) }),
  );
  return { status, bytes: Buffer.concat(chunks) };
}

/** Lets time pass until `promise` is settled. */
async function settled<Result>(promise: Promise<Result>): Promise<Result> {
  let done = false;
  const note = () => {
    done = true;
  };
  promise.then(note, note);
  await net.until(() => done);
  return promise;
}
