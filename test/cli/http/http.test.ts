/** The HTTP server and client on two stacks: on the wire in memory, in virtual time. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { httpGet } from '../../../host/cli/http/client.js';
import { type ServedRecord, serveHttp } from '../../../host/cli/http/server.js';
import { directorySite, memorySite, type Site } from '../../../host/cli/http/site.js';
import { type Lab, lab, Recorder, SERVER_ADDRESS } from '../../kit/stacks.js';

let net: Lab;
beforeEach(async () => {
  net = await lab();
});
afterEach(() => net.close());

const pages = memorySite({ '/': { type: 'text/plain', content: Buffer.from('hello') } });

describe('the server', () => {
  test('answers GET with type, length and content', async () => {
    expect(await talk('GET / HTTP/1.1\r\n\r\n')).toBe(
      'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhello',
    );
  });

  test('answers HEAD without content', async () => {
    expect(await talk('HEAD / HTTP/1.1\r\n\r\n')).toMatch(/Content-Length: 5\r\nConnection: keep-alive\r\n\r\n$/);
  });

  test('answers requests that came at once in their order, then ends as asked', async () => {
    const answer = await talk(
      'GET / HTTP/1.1\r\n\r\nGET /none HTTP/1.1\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\n\r\n',
    );
    expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404']);
  });

  test('keeps an HTTP/1.0 connection only when asked to', async () => {
    expect(await talk('GET / HTTP/1.0\r\n\r\n')).toContain('Connection: close');
    expect(await talk('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')).toContain('Connection: keep-alive');
  });

  test.each([
    ['POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc', 405],
    ['GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n', 405],
    ['hello\r\n\r\n', 400],
    ['GET /%ff HTTP/1.1\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\nno colon\r\n\r\n', 400],
  ])('refuses %j with %d and closes', async (request, status) => {
    const answer = await talk(request);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain('Connection: close');
  });

  test('closes a connection that says nothing for a minute', async () => {
    const listener = serveHttp(net.server, { hostname: SERVER_ADDRESS, port: 80, site: pages });
    const recorder = new Recorder();
    net.client.connect({ hostname: SERVER_ADDRESS, port: 80, socket: recorder.handlers });
    await net.until(() => recorder.has('open'));
    await net.pass(59_000);
    expect(recorder.closed).toBe(false);
    await net.pass(2_000);
    expect(recorder.closed).toBe(true);
    listener.stop();
  });

  test('resets a connection when the content fails, and says so', async () => {
    const records: ServedRecord[] = [];
    const failing: Site = async () => ({
      type: 'text/plain',
      length: 10,
      chunks: function* () {
        yield Buffer.from('abc');
        throw new Error('the disk is gone');
      },
    });
    await expect(download('/', failing, (record) => records.push(record))).rejects.toThrow();
    expect(records).toMatchObject([{ path: '/', status: 200, bytes: 3, error: { message: 'the disk is gone' } }]);
  });
});

describe('a download', () => {
  test('gives the content whole, through a slow reader, and tells who was served', async () => {
    const content = Buffer.alloc(3_000_000, 'Vitrine');
    const records: ServedRecord[] = [];
    const site = memorySite({ '/big': { type: 'x/y', content } });
    const { bytes, status } = await download('/big', site, (record) => records.push(record));
    expect(status).toBe(200);
    expect(digest(bytes)).toBe(digest(content));
    expect(records).toMatchObject([{ method: 'GET', path: '/big', status: 200, bytes: 3_000_000 }]);
  });

  test.each([
    [
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n',
      'abc0123456789',
    ],
    ['HTTP/1.1 200 OK\r\n\r\nuntil the end', 'until the end'],
    ['HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200\r\nContent-Length: 2\r\n\r\nokmore', 'ok'],
    ['HTTP/1.1 204 No Content\r\n\r\n', ''],
  ])('understands %j', async (answer, content) => {
    expect((await downloadAnswer(answer)).toString()).toBe(content);
  });

  test.each([
    ['SSH-2.0-OpenSSH\r\n\r\n', /does not speak HTTP/],
    ['HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', /ended 7 bytes too early/],
    ['HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n', /Content-Length of "-1"/],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', /chunk without a size/],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc', /inside a chunk/],
    ['HTTP/1.1 200 OK\r\n', /before an answer came/],
    [`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}`, /more than 65536 bytes/],
  ])('does not take %j for an answer', async (answer, message) => {
    await expect(downloadAnswer(answer)).rejects.toThrow(message);
  });
});

describe('a directory', () => {
  let root = '';
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'vitrine-site-'));
    mkdirSync(join(root, 'public', 'empty & <odd>'), { recursive: true });
    writeFileSync(join(root, 'secret.txt'), 'secret');
    writeFileSync(join(root, 'public', 'a b.html'), '<p>');
    symlinkSync(join(root, 'secret.txt'), join(root, 'public', 'link.txt'));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  test('shows files with their types', async () => {
    const site = await directorySite(join(root, 'public'));
    expect(await site('/a b.html')).toMatchObject({ type: 'text/html; charset=utf-8', length: 3 });
  });

  test('lists what has no index, with names that can do no harm', async () => {
    const site = await directorySite(join(root, 'public'));
    const page = await site('/');
    const chunks = page !== undefined && 'chunks' in page ? [...(page.chunks() as Iterable<Uint8Array>)] : [];
    const html = Buffer.concat(chunks).toString();
    expect(html).toContain('<a href="./a%20b.html">a b.html</a>');
    expect(html).toContain('empty &#38; &#60;odd&#62;/</a>');
  });

  test('asks for a slash behind a directory', async () => {
    const site = await directorySite(join(root, 'public'));
    expect(await site('/empty & <odd>')).toEqual({ location: '/empty%20&%20%3Codd%3E/' });
  });

  test.each(['/../secret.txt', '/link.txt', '/a b.html/', '/none', '/\0', '/../public2'])(
    'has nothing at %j',
    async (path) => {
      const site = await directorySite(join(root, 'public'));
      expect(await site(path)).toBeUndefined();
    },
  );

  test('must be one', async () => {
    await expect(directorySite(join(root, 'none'))).rejects.toThrow('ENOENT');
    await expect(directorySite(join(root, 'secret.txt'))).rejects.toThrow('is no directory');
  });
});

/** What the server says to `request` and then our end. */
async function talk(request: string): Promise<string> {
  const listener = serveHttp(net.server, { hostname: SERVER_ADDRESS, port: 0, site: pages });
  const recorder = new Recorder({
    open(socket) {
      socket.write(request);
      socket.shutdown(true);
    },
  });
  net.client.connect({ hostname: SERVER_ADDRESS, port: listener.port, allowHalfOpen: true, socket: recorder.handlers });
  await net.until(() => recorder.closed);
  listener.stop();
  return recorder.bytes.toString();
}

async function download(path: string, site: Site, served: (record: ServedRecord) => void) {
  const listener = serveHttp(net.server, { hostname: SERVER_ADDRESS, port: 0, site, served });
  const chunks: Uint8Array[] = [];
  const fetched = httpGet(net.client, new URL(`http://${SERVER_ADDRESS}:${listener.port}${path}`), {
    async received(chunk) {
      chunks.push(chunk);
      await new Promise<void>((resolve) => net.clock.timer(() => resolve()).arm(net.clock.now() + 1));
    },
  });
  const { status } = await finished(fetched);
  return { status, bytes: Buffer.concat(chunks) };
}

/** What `httpGet` makes of a server that says `answer` and ends. */
async function downloadAnswer(answer: string): Promise<Buffer> {
  const listener = net.server.listen({
    hostname: SERVER_ADDRESS,
    port: 0,
    socket: {
      data(socket) {
        socket.end(answer);
      },
    },
  });
  const chunks: Uint8Array[] = [];
  const url = new URL(`http://${SERVER_ADDRESS}:${listener.port}/`);
  await finished(httpGet(net.client, url, { received: (chunk) => void chunks.push(chunk) }));
  return Buffer.concat(chunks);
}

/** Lets time pass until `promise` is settled. */
async function finished<Result>(promise: Promise<Result>): Promise<Result> {
  let settled = false;
  const note = () => {
    settled = true;
  };
  promise.then(note, note);
  await net.until(() => settled);
  return promise;
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
