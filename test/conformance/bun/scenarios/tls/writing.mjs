/** Writing on TLS sockets, and in which chunks it comes. */
// @ts-nocheck: these scripts call what does not exist, on purpose.
import { scenario } from '../registry.js';
import { clientTls, needs, serverTls, tlsPair } from './pair.mjs';

scenario(
  'tls/backpressure',
  'TLS writes under backpressure: short counts, retry from the returned offset, content',
  { needs, limit: 12000 },
  async (t) => {
    const N = 4 << 20,
      src = new Uint8Array(N);
    for (let i = 0; i < N; i++) src[i] = (i * 17 + (i >> 9)) & 255;
    let off = 0,
      shorts = 0,
      _zero = 0,
      neg = 0,
      drains = 0;
    const push = (s) => {
      while (off < N) {
        const n = s.write(src.subarray(off));
        if (n < 0) {
          neg++;
          return;
        }
        off += n;
        if (off < N) {
          shorts++;
          if (n === 0) _zero++;
          return;
        }
      }
      s.end();
    };
    await tlsPair(t, serverTls(), clientTls(), {
      cx: {
        handshake: push,
        drain(s) {
          drains++;
          push(s);
        },
      },
      sx: {
        open(s) {
          s.pause();
          t.after(100, () => s.resume());
        },
      },
    });
    await t.saw('server:close', 9000);
    const g = t.received('server');
    let ok = g.length === N;
    for (let i = 0; ok && i < N; i++) ok = g[i] === src[i];
    t.keep((x) => !['data', 'drain', 'open', 'handshake', 'connect() resolved'].includes(x.e));
    t.note('length', g.length);
    t.note('content', ok);
    t.note('short writes happened', shorts > 0);
    t.note('no negative', neg === 0);
    t.note('drains happened', drains > 0);
  },
);

scenario(
  'tls/short-write-unit',
  'one 4 MiB TLS write with a paused peer: what the return value means (plaintext bytes accepted?)',
  { needs, limit: 9000 },
  async (t) => {
    const o = await tlsPair(t, serverTls(), clientTls(), {
      sx: {
        handshake(s) {
          s.pause();
        },
      },
    });
    await t.saw('server:handshake', 'client:handshake');
    await t.settle();
    const r = o.c.write(new Uint8Array(4 << 20));
    t.note('0 < r < 4 MiB', r > 0 && r < 4 << 20);
    t.note('r multiple of 16384', r % 16384 === 0);
    o.s.resume();
    await t.until(() => t.count('server') >= r, 4000);
    await t.settle(200);
    const g = t.count('server');
    t.note('received', g === r ? '== r' : g > r ? '> r' : '< r');
    t.note('bytesWritten', o.c.bytesWritten === r ? '== r' : o.c.bytesWritten > r ? '> r' : '< r');
    t.keep((x) => x.e !== 'data' && x.e !== 'drain');
  },
);

scenario('tls/bytesWritten', 'bytesWritten on a TLS socket: plaintext or wire bytes', { needs }, async (t) => {
  const o = await tlsPair(t, serverTls(), clientTls());
  await t.saw('server:handshake', 'client:handshake');
  t.log('client', 'after handshake', o.c.bytesWritten);
  o.c.write('12345');
  t.log('client', 'after 5', o.c.bytesWritten);
  await t.settle();
  t.log('client', 'later', o.c.bytesWritten);
  o.c.end();
  await t.saw('client:close');
  t.log('client', 'closed', o.c.bytesWritten);
});

scenario('tls/binaryType', 'binaryType arraybuffer over TLS', { needs }, async (t) => {
  const o = await tlsPair(t, serverTls(), clientTls(), {
    sx: { binaryType: 'arraybuffer' },
    cx: { binaryType: 'uint8array' },
  });
  await t.saw('server:handshake', 'client:handshake');
  o.c.write('up');
  o.s.write('down');
  await t.saw('server:data', 'client:data');
});

scenario(
  'tls/pending-write-then-end',
  'TLS write of 1 MiB followed at once by end(): does all of it arrive',
  { needs, limit: 9000 },
  async (t) => {
    const N = 1 << 20;
    const o = await tlsPair(t, serverTls(), clientTls());
    await t.saw('server:handshake', 'client:handshake');
    const r = o.c.write(new Uint8Array(N));
    o.c.end();
    await t.saw('server:close', 4000);
    t.note('received', t.count('server') === r ? '== accepted' : t.count('server') > r ? '> accepted' : '< accepted');
    t.keep((x) => x.e !== 'data' && x.e !== 'drain');
  },
);
