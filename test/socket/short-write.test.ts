/** A `write` that came short and was forgotten is warned of; a program that is right never hears of it. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { warnOfShortWrite } from '../../host/socket/output/short-write.js';
import { writeAll } from '../../host/socket/output/write-all.js';
import type { Socket } from '../../host/socket/socket.js';
import { SecureRecorder, secure } from '../kit/secure.js';
import { type Conversation, converse, type Lab, lab, Recorder } from '../kit/stacks.js';

vi.mock(import('../../host/socket/output/short-write.js'), () => ({ warnOfShortWrite: vi.fn() }));
const warned = vi.mocked(warnOfShortWrite);

let net: Lab;
beforeEach(async () => {
  warned.mockClear();
  net = await lab();
});
afterEach(() => net.close());

describe('what a short write left is reported when the socket has closed without it', () => {
  test('after drain, when nobody wrote again', async () => {
    const { client, record } = await open();
    const left = LARGE.length - client.write(LARGE);
    await net.until(() => record.client.has('drain'));
    client.end();
    expect(warned).not.toHaveBeenCalled();
    await gone(record);
    expect(warned.mock.calls).toEqual([[left]]);
  });

  test('after drain, when the peer ends the connection', async () => {
    const { client, server, record } = await open();
    client.write(LARGE);
    await net.until(() => record.client.has('drain'));
    server.end();
    await gone(record);
    expect(warned).toHaveBeenCalledOnce();
  });

  test.each([
    ['end()', (socket: Socket<unknown>) => socket.end()],
    ['end("")', (socket: Socket<unknown>) => void socket.end('')],
    ['shutdown(true)', (socket: Socket<unknown>) => socket.shutdown(true)],
    ['shutdown()', (socket: Socket<unknown>) => socket.shutdown()],
    ['disposal', (socket: Socket<unknown>) => socket[Symbol.dispose]()],
  ])('after %s right behind it', async (_name, end) => {
    const { client, record } = await open();
    const left = LARGE.length - client.write(LARGE);
    end(client);
    await gone(record);
    expect(warned.mock.calls).toEqual([[left]]);
  });

  test('when it was text', async () => {
    const { client, record } = await open();
    const left = 3_000_000 - client.write('€'.repeat(1_000_000));
    client.end();
    await gone(record);
    expect(warned.mock.calls).toEqual([[left]]);
  });

  test('when it came before the handshake of TLS and was not repeated behind it', async () => {
    const record = { client: new SecureRecorder({ open: (socket) => void socket.write('too soon') }) };
    const server = new SecureRecorder();
    const { client } = await secure(net, { ...record, server });
    await net.until(() => record.client.has('drain'));
    client.end();
    await gone(record);
    expect(warned.mock.calls).toEqual([[8]]);
  });
});

describe('nothing is reported', () => {
  test('when everything was taken', async () => {
    const { client, record } = await open();
    client.write('all of it');
    client.end();
    await gone(record);
    expect(warned).not.toHaveBeenCalled();
  });

  test('when the rest was written in drain', async () => {
    let sent = 0;
    const { client, record } = await open((socket) => {
      sent += socket.write(LARGE, sent);
      if (sent === LARGE.length) socket.end();
    });
    sent = client.write(LARGE);
    await gone(record);
    expect(record.server.received).toBe(LARGE.length);
    expect(warned).not.toHaveBeenCalled();
  });

  test('when the rest was written some time after drain', async () => {
    const { client, record } = await open();
    let sent = client.write(LARGE);
    while (sent < LARGE.length) {
      await net.pass(20);
      sent += client.write(LARGE, sent);
    }
    client.end();
    await gone(record);
    expect(warned).not.toHaveBeenCalled();
  });

  test('when the rest went with end(data)', async () => {
    const { client, record } = await open();
    client.end(LARGE, client.write(LARGE));
    await gone(record);
    expect(record.server.received).toBe(LARGE.length);
    expect(warned).not.toHaveBeenCalled();
  });

  test('when writeAll sent the rest, or all', async () => {
    const { client, record } = await open();
    const sent = client.write(LARGE);
    const all = [writeAll(client, LARGE.subarray(sent)), writeAll(client, LARGE)];
    client.end();
    await Promise.all([gone(record), ...all]);
    expect(warned).not.toHaveBeenCalled();
  });

  test('when the program gave up before it could go on', async () => {
    for (const leave of ['close', 'terminate'] as const) {
      const { client, record } = await open();
      client.write(LARGE);
      client[leave]();
      await gone(record);
    }
    expect(warned).not.toHaveBeenCalled();
  });

  test('when the program broke the connection off, or the peer did', async () => {
    for (const side of ['client', 'server'] as const) {
      const { client, server, record } = await open();
      client.write(LARGE);
      await net.until(() => record.client.has('drain'));
      ({ client, server })[side].terminate();
      await gone(record);
    }
    expect(warned).not.toHaveBeenCalled();
  });

  test('when the peer ended before the program could go on', async () => {
    const { client, server, record } = await open(undefined, true);
    server.pause();
    client.write(LARGE);
    server.end();
    await net.until(() => record.client.has('end'));
    expect(record.client.has('drain')).toBe(false);
    server.resume();
    await gone(record);
    expect(warned).not.toHaveBeenCalled();
  });

  test('when the time that the program had set is over', async () => {
    const { client, server, record } = await open();
    server.pause();
    while (client.write(LARGE) > 0) await net.pass(20);
    client.timeout(5);
    await net.until(() => record.client.closed);
    expect(warned).not.toHaveBeenCalled();
  });
});

describe('the warning', () => {
  const { NODE_ENV } = process.env;
  afterEach(() => {
    vi.restoreAllMocks();
    process.env.NODE_ENV = NODE_ENV;
  });

  /** A process that has not been warned. */
  async function fresh() {
    vi.resetModules();
    const emitted = vi.spyOn(process, 'emitWarning').mockReturnValue();
    type Module = typeof import('../../host/socket/output/short-write.js');
    const { warnOfShortWrite: warn } = await vi.importActual<Module>('../../host/socket/output/short-write.js');
    return { emitted, warn };
  }

  test('comes once, with a code, what was lost, and what to do', async () => {
    const { emitted, warn } = await fresh();
    warn(1000);
    warn(2000);
    expect(emitted.mock.calls).toEqual([
      [
        '1000 bytes were lost: write() did not take them, and the socket ended without them',
        {
          type: 'VitrineWarning',
          code: 'VITRINE_SHORT_WRITE',
          detail: expect.stringMatching(/drain handler.*writeAll\(socket, data\)/),
        },
      ],
    ]);
  });

  test('does not come in production', async () => {
    const { emitted, warn } = await fresh();
    process.env.NODE_ENV = 'production';
    warn(1000);
    expect(emitted).not.toHaveBeenCalled();
  });
});

interface Record {
  client: Recorder;
  server: Recorder;
}

async function open(
  drain?: (socket: Socket<unknown>) => void,
  allowHalfOpen = false,
): Promise<Conversation & { record: Record }> {
  const record = { client: new Recorder(drain === undefined ? {} : { drain }), server: new Recorder() };
  return { ...(await converse(net, record, { server: { allowHalfOpen } })), record };
}

async function gone(record: Pick<Record, 'client'>): Promise<void> {
  await net.until(() => record.client.closed, 'the end of the client');
}

const LARGE = Buffer.alloc(4 << 20, 'x');
