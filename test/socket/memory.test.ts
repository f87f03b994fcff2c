/** More at once than there is memory for: everybody gets a turn, and no byte is lost. */

import { afterEach, expect, test } from 'vitest';
import { CLIENT_TLS, SERVER_TLS } from '../kit/secure.js';
import { type Lab, lab, SERVER_ADDRESS } from '../kit/stacks.js';

const CONNECTIONS = 100;
const BYTES = 200_003;
const LIMIT = 8 << 20;
const CONTENT = Buffer.from(Uint32Array.from({ length: BYTES }, (_, at) => Math.imul(at + 1, 0x9e3779b1) >>> 24));

let net: Lab;
afterEach(() => net.close());

test.each(['plain', 'TLS'])(
  '%s: all that many connections write arrives, however little memory there is',
  async (how) => {
    net = await lab({ both: { maximumSegmentLifetime: 1 }, client: { memoryLimit: LIMIT } });
    const secure = how === 'TLS';
    const seen = { complete: 0, wrong: 0, closed: 0 };
    const listener = net.server.listen<{ at: number }>({
      hostname: SERVER_ADDRESS,
      port: 0,
      ...(secure && { tls: SERVER_TLS }),
      socket: {
        open(socket) {
          socket.data = { at: 0 };
        },
        data(socket, chunk) {
          if (!chunk.equals(CONTENT.subarray(socket.data.at, socket.data.at + chunk.length))) seen.wrong++;
          socket.data.at += chunk.length;
        },
        end(socket) {
          if (socket.data.at === BYTES) seen.complete++;
          socket.end();
        },
      },
    });
    for (let count = 0; count < CONNECTIONS; count++) {
      let sent = 0;
      const fill = (socket: { write(bytes: Uint8Array, from: number): number; end(): unknown }) => {
        const taken = socket.write(CONTENT, sent);
        if (taken > 0) sent += taken;
        if (sent === BYTES) socket.end();
      };
      const opened = secure ? { handshake: fill } : { open: fill };
      void net.client.connect({
        hostname: SERVER_ADDRESS,
        port: listener.port,
        ...(secure && { tls: CLIENT_TLS }),
        socket: { ...opened, drain: fill, data() {}, close: () => void seen.closed++ },
      });
    }
    await net.until(() => seen.closed === CONNECTIONS);
    expect(seen).toMatchObject({ complete: CONNECTIONS, wrong: 0 });
    await net.pass(5000);
    for (const stack of [net.client, net.server])
      expect(stack.counters()).toMatchObject({ connections: 0, bufferBytes: 0 });
  },
);
