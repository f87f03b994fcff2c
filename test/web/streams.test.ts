/** Both streams of a socket: bytes, backpressure, ends and failures. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeAll } from '../../host/socket/output/write-all.js';
import { SocketError } from '../../host/web/index.js';
import { type Lab, lab } from '../kit/stacks.js';
import { cargo, end, readAll, rejected, resolved, serve, settled, write } from './kit.js';

let net: Lab;
beforeEach(async () => {
  net = await lab();
});
afterEach(() => net.close());

describe('bytes', () => {
  test('come back from an echo: text, views and buffers', async () => {
    const { socket } = serve(net, { data: (peer, chunk) => void peer.write(chunk) }, {}, { allowHalfOpen: false });
    const all = readAll(socket.readable);
    for (const chunk of ['hé', Uint8Array.of(33, 34), Uint8Array.of(35, 36).buffer, new DataView(new ArrayBuffer(1))]) {
      await resolved(net, write(socket, chunk));
    }
    await resolved(net, end(socket));
    expect((await resolved(net, all)).toString()).toBe('hé!"#$\0');
    await resolved(net, socket.closed);
  });

  test('move 32 MiB in each direction at once, to readers that are slow', async () => {
    const bytes = cargo(32 << 20);
    const { socket, server } = serve(net, { open: (peer) => void writeAll(peer, bytes).then(() => peer.end()) });
    server.chunks.push = () => 0;
    const sent = end(socket, bytes);
    const reader = socket.readable.getReader();
    let at = 0;
    let equal = true;
    const read = async (): Promise<void> => {
      for (let turn = 0; ; turn++) {
        if (turn % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
        const { done, value } = await reader.read();
        if (done) return;
        equal &&= bytes.compare(value, 0, value.length, at, at + value.length) === 0;
        at += value.length;
      }
    };
    await resolved(net, Promise.all([read(), sent, socket.closed]));
    expect([equal, at, server.received]).toEqual([true, bytes.length, bytes.length]);
  });

  test('can be read into a buffer of the reader, and the end is told to it', async () => {
    const { socket } = serve(net, { open: (peer) => void peer.write('hello'), data: (peer) => void peer.end() });
    const reader = socket.readable.getReader({ mode: 'byob' });
    const first = await resolved(net, reader.read(new Uint8Array(3)));
    const second = await resolved(net, reader.read(new Uint8Array(8)));
    expect([first, second].map(({ value }) => Buffer.from(value ?? []).toString())).toEqual(['hel', 'lo']);
    const last = reader.read(new Uint8Array(8));
    await resolved(net, write(socket, 'enough'));
    expect(await resolved(net, last)).toMatchObject({ done: true, value: new Uint8Array(0) });
  });

  test('of another kind are refused', async () => {
    const { socket } = serve(net);
    expect(await rejected(net, write(socket, 5 as never))).toBeInstanceOf(TypeError);
  });
});

describe('backpressure', () => {
  test('a reader that does not read closes the window: the peer has to wait, and little is kept here', async () => {
    let accepted = 0;
    const pump = (peer: { write(chunk: Uint8Array): number }): void => {
      for (let taken = 1; taken > 0; accepted += taken) taken = peer.write(new Uint8Array(65_536));
    };
    net.close();
    net = await lab({ client: { receiveBuffer: 131_072 }, server: { sendBuffer: 131_072 } });
    const { socket } = serve(net, { open: pump, drain: pump });
    await resolved(net, socket.opened);
    await net.pass(5000);
    const before = accepted;
    await net.pass(60_000);
    expect(accepted).toBe(before);
    // Both buffers, what is read ahead, and one chunk more.
    expect(before).toBeLessThan(131_072 * 2 + 65_536 * 3);
    const reader = socket.readable.getReader();
    for (let read = 0; read < before; ) read += (await resolved(net, reader.read())).value?.length ?? 0;
    await net.pass(1000);
    expect(accepted).toBeGreaterThan(before);
  });

  test('a write is done when its bytes are taken, and not before', async () => {
    const { socket, server } = serve(net, { open: (peer) => peer.pause() });
    await resolved(net, socket.opened);
    const bytes = cargo(8 << 20);
    let done = false;
    const sent = write(socket, bytes).then(() => {
      done = true;
    });
    await net.pass(5000);
    expect(done).toBe(false);
    server.socket?.resume();
    await resolved(net, sent);
    await net.until(() => server.received === bytes.length);
    expect(server.bytes.equals(bytes)).toBe(true);
  });

  test('a pipe of both streams is an echo', async () => {
    const bytes = cargo(4 << 20);
    const { socket, server } = serve(net, {
      open: (peer) => void writeAll(peer, bytes).then(() => peer.shutdown(true)),
    });
    await resolved(
      net,
      socket.readable.pipeTo(socket.writable).catch(() => {}),
    );
    await resolved(net, socket.closed);
    expect(server.bytes.length).toBeGreaterThan(0);
    expect(bytes.compare(server.bytes, 0, server.received, 0, server.received)).toBe(0);
  });
});

describe('allowHalfOpen', () => {
  test('true: the writable goes on when the peer has ended', async () => {
    const { socket, server } = serve(net, { open: (peer) => void peer.end('over to you') }, { allowHalfOpen: true });
    expect((await resolved(net, readAll(socket.readable))).toString()).toBe('over to you');
    await net.pass(1000);
    expect(server.has('end')).toBe(false);
    await resolved(net, end(socket, 'thank you'));
    await resolved(net, socket.closed);
    expect(server.events).toEqual(['open', 'data:thank you', 'end', 'close']);
  });

  test('false: the socket and its writable are closed when the peer has ended', async () => {
    const { socket, server } = serve(net, { open: (peer) => void peer.end('bye') });
    expect((await resolved(net, readAll(socket.readable))).toString()).toBe('bye');
    await resolved(net, socket.closed);
    expect(server.closed).toBe(true);
    await resolved(net, socket.writable.getWriter().closed);
  });

  test('false: a writer that is at work is told', async () => {
    const { socket } = serve(net, { open: (peer) => void peer.end() });
    const writer = socket.writable.getWriter();
    expect(await rejected(net, writer.closed)).toMatchObject({
      message: 'SocketError: the peer has ended the connection',
    });
    expect(await rejected(net, writer.write('late'))).toBeInstanceOf(SocketError);
    await resolved(net, socket.closed);
  });

  test('closing the writable ends our half, and does not by itself resolve closed', async () => {
    const { socket, server } = serve(net, {}, {}, { allowHalfOpen: true });
    await resolved(net, end(socket, 'last'));
    await net.until(() => server.has('end'));
    let closed = false;
    socket.closed.then(() => {
      closed = true;
    });
    await net.pass(10_000);
    expect(closed).toBe(false);
    server.socket?.end('answer');
    expect((await resolved(net, readAll(socket.readable))).toString()).toBe('answer');
    await resolved(net, socket.closed);
  });

  test('cancelling the readable throws away what arrives, and the writable goes on', async () => {
    const { socket, server } = serve(net, { open: (peer) => void writeAll(peer, cargo(4 << 20)).catch(() => {}) });
    await resolved(net, socket.opened);
    await net.pass(1000);
    expect(server.socket?.bytesWritten).toBeLessThan(4 << 20);
    await resolved(net, socket.readable.cancel('boring'));
    await resolved(net, write(socket, 'still here'));
    await net.until(() => server.has('data:still here') && server.socket?.bytesWritten === 4 << 20);
    await resolved(net, end(socket));
    await resolved(net, socket.closed);
  });
});

describe('close', () => {
  test('gives the promise of closed, ends the readable, and tells writers the reason', async () => {
    const { socket, server } = serve(net, { open: (peer) => peer.pause() });
    await resolved(net, socket.opened);
    await net.until(() => server.has('open'));
    const writer = socket.writable.getWriter();
    const reading = settled(net, socket.readable.getReader().read());
    const writing = settled(net, writer.write(cargo(32 << 20)));
    const reason = new Error('enough');
    expect(socket.close(reason)).toBe(socket.closed);
    expect(await reading).toEqual({ value: { done: true, value: undefined } });
    expect(await rejected(net, writer.closed)).toBe(reason);
    expect(await writing).toMatchObject({ error: { code: 'EPIPE' } });
    await resolved(net, socket.closed);
    server.socket?.resume();
    await net.until(() => server.closed);
    expect([...net.client.sockets]).toEqual([]);
  });

  test('delivers what was written before', async () => {
    const { socket, server } = serve(net);
    await resolved(net, write(socket, 'the last word'));
    socket.close();
    await net.until(() => server.closed);
    expect(server.events).toEqual(['open', 'data:the last word', 'end', 'close']);
  });

  test('without a reason tells writers a SocketError; a second one changes nothing', async () => {
    const { socket } = serve(net);
    const writer = socket.writable.getWriter();
    await resolved(net, socket.opened);
    socket.close();
    expect(socket.close('again')).toBe(socket.closed);
    expect(await rejected(net, writer.closed)).toMatchObject({ message: 'SocketError: the socket was closed' });
  });
});

describe('a connection that breaks', () => {
  test('is an error of both streams, with its code; closed is resolved', async () => {
    const { socket, server } = serve(net);
    await resolved(net, write(socket, 'x'));
    await net.until(() => server.received > 0);
    const [reader, writer] = [socket.readable.getReader(), socket.writable.getWriter()];
    server.socket?.terminate();
    expect(await rejected(net, reader.read())).toMatchObject({ code: 'ECONNRESET' });
    expect(await rejected(net, writer.write('y'))).toMatchObject({ code: 'ECONNRESET' });
    await resolved(net, socket.closed);
  });

  test('fails the write that is under way', async () => {
    const { socket, server } = serve(net, { open: (peer) => peer.pause() });
    await resolved(net, socket.opened);
    const sent = settled(net, write(socket, cargo(32 << 20)));
    await net.pass(1000);
    server.socket?.terminate();
    expect(await sent).toMatchObject({ error: { code: 'EPIPE', cause: { cause: { code: 'ECONNRESET' } } } });
  });

  test('aborting the writable breaks it at once, in the middle of a write, and fails the readable', async () => {
    const { socket, server } = serve(net, { open: (peer) => peer.pause() });
    await resolved(net, socket.opened);
    const writer = socket.writable.getWriter();
    const sent = settled(net, writer.write(cargo(32 << 20)));
    await net.pass(1000);
    const reason = new Error('stop');
    await resolved(net, writer.abort(reason));
    expect(await sent).toHaveProperty('error');
    expect(await rejected(net, socket.readable.getReader().read())).toBe(reason);
    await resolved(net, socket.closed);
    await net.until(() => server.closed);
    expect(server.events.at(-1)).toBe('close:ECONNRESET');
  });
});
