/** Options of TLS, and those that mean nothing. */
// @ts-nocheck: these scripts call what does not exist, on purpose.
import { ca, client, rsa, server } from '../../certificates.mjs';
import { scenario } from '../registry.js';
import { clientTls, decided, NO_TLS12, NO_TLS13, needs, serverTls, tlsPair } from './pair.mjs';

scenario(
  'tls/empty-options-object',
  'tls: {} on listen and on connect: is it TLS at all (class tag, bytes on the wire)',
  { needs },
  async (t) => {
    const l = t.server({}, { tls: {} });
    t.note('listen tls:{} gave a listener', typeof l.port);
    const c = await t.client(l.port, {}, { tls: {} });
    await t.settle();
    t.note('client tag', Object.prototype.toString.call(c));
    t.note('server tag', Object.prototype.toString.call(t.sockets.server));
    t.call('client', 'write', () => c.write('plain?'));
    await t.settle(80);
    const l2 = t.server({}, { actor: 'plain' });
    const c2 = await t.client(l2.port, {}, { tls: {}, actor: 'client2' });
    c2.write('seen in clear?');
    await t.settle(80);
    for (const [k, o] of Object.entries({
      'rejectUnauthorized: true': { rejectUnauthorized: true },
      'rejectUnauthorized: false': { rejectUnauthorized: false },
      'ca: undefined': { ca: undefined },
      serverName: { serverName: 'localhost' },
      'requestCert: true': { requestCert: true },
      ALPN: { ALPNProtocols: '\x02h2' },
      'unknown key': { foo: 1 },
      true: true,
      false: false,
    })) {
      const x = await t
        .client(l2.port, {}, { tls: o, actor: `c ${k}` }, { add: [] })
        .then(
          (x) => x,
          () => null,
        )
        .then((x) => x)
        .catch(() => null);
      t.note(`tag for tls ${k}`, Object.prototype.toString.call(t.sockets[`c ${k}`] ?? x));
    }
    t.keep((x) => ['main', 'client', 'plain', 'server'].includes(x.actor));
    t.keep((x) => !(x.actor === 'plain' && x.e === 'data' && x.raw[0] === 22));
  },
);

scenario(
  'tls/listen-without-certificate',
  'tls: true on listen (no certificate): a TLS client connects',
  { needs },
  async (t) => {
    let l;
    try {
      l = t.server({}, { tls: true });
    } catch (e) {
      t.push('main', { e: 'threw', v: [t.norm(e)] });
      return;
    }
    await t.client(l.port, {}, { tls: clientTls({ rejectUnauthorized: false }) });
    await t.settle(200);
    t.note('server tag', Object.prototype.toString.call(t.sockets.server));
  },
);

const alpn = {
  'plain-string-h2': ['h2', 'h2'],
  'both-h2': ['\x02h2', '\x02h2'],
  'no-overlap': ['\x02h2', '\x08http/1.1'],
  'client-only': [undefined, '\x02h2'],
  'server-only': ['\x02h2', undefined],
  'list-string': ['h2,http/1.1', 'http/1.1'],
  'wire-buffer': [Buffer.from('\x02h2\x08http/1.1'), Buffer.from('\x08http/1.1\x02h2')],
  array: [['h2'], ['h2']],
  'wire-string': ['\x02h2\x08http/1.1', '\x08http/1.1'],
  'empty-string': ['', ''],
  'bad-buffer': [Buffer.from('h2'), Buffer.from('h2')],
};

for (const [k, [a, b]] of Object.entries(alpn))
  scenario(`tls/alpn-${k}`, `ALPN ${k}`, { needs }, async (t) => {
    let l;
    try {
      l = t.server(
        {
          handshake(s) {
            t.log('server', 'alpn', s.alpnProtocol);
          },
        },
        { tls: serverTls(a === undefined ? {} : { ALPNProtocols: a }) },
      );
    } catch (e) {
      t.push('server', { e: 'listen() threw', v: [t.norm(e)] });
      l = t.server({}, { tls: serverTls() });
    }
    await t.client(
      l.port,
      {
        handshake(s) {
          t.log('client', 'alpn', s.alpnProtocol);
        },
      },
      { tls: clientTls(b === undefined ? {} : { ALPNProtocols: b }) },
    );
    await decided(t);
    await t.settle();
  });

scenario(
  'tls/sni',
  "serverName / servername / hostname: what the server's getServername says; setServername in open",
  { needs, limit: 8000 },
  async (t) => {
    for (const [k, o, h] of [
      ['none', {}, undefined],
      ['serverName', { serverName: 'server.test' }],
      ['servername', { servername: 'server.test' }],
      ['both', { serverName: 'server.test', servername: 'localhost' }],
      ['hostname-localhost', {}, t.env.hostname],
      ['empty', { serverName: '' }],
    ]) {
      const l = t.server(
        {
          handshake(s) {
            t.log(`s-${k}`, 'getServername', s.getServername());
          },
        },
        { tls: serverTls(), actor: `s-${k}`, ...(h ? { hostname: t.env.host } : {}) },
      );
      const c = await t.client(
        l.port,
        {},
        { tls: clientTls({ ...o, rejectUnauthorized: false }), actor: `c-${k}`, ...(h ? { hostname: h } : {}) },
      );
      await t.settle(80);
      t.log(`c-${k}`, 'getServername', c?.getServername());
      c?.terminate();
      l.stop(true);
    }
    const l = t.server(
      {
        handshake(s) {
          t.log('s-set', 'getServername', s.getServername());
          t.call('s-set', 'server setServername', () => s.setServername('x.test'));
        },
      },
      { tls: serverTls(), actor: 's-set' },
    );
    const c = await t.client(
      l.port,
      {
        open(s) {
          t.call('c-set', 'setServername("server.test")', () => s.setServername('server.test'));
          for (const a of [[], [1], [''], [null]])
            t.call('c-set', `setServername(${JSON.stringify(a)})`, () => s.setServername(...a));
        },
      },
      { tls: clientTls({ rejectUnauthorized: false }), actor: 'c-set' },
    );
    await t.settle(80);
    t.log('c-set', 'getServername', c?.getServername());
    t.call('c-set', 'setServername after handshake', () => c?.setServername('late.test'));
    t.log('c-set', 'getServername', c?.getServername());
  },
);

scenario(
  'tls/rsa-cipher-1.2',
  'TLS 1.2, RSA certificate, chosen cipher: getCipher and ephemeral key',
  { needs, limit: 8000 },
  async (t) => {
    for (const ci of [
      'ECDHE-RSA-AES128-GCM-SHA256',
      'ECDHE-RSA-CHACHA20-POLY1305',
      'AES128-GCM-SHA256',
      'AES128-SHA',
      'NO-SUCH-CIPHER',
      '',
    ]) {
      const a = `cipher ${ci}`;
      let l;
      try {
        l = t.server(
          {},
          { tls: { cert: rsa.cert, key: rsa.key, secureOptions: NO_TLS13, ciphers: ci }, actor: `s ${ci}` },
        );
      } catch (e) {
        t.push(a, { e: 'listen() threw', v: [t.norm(e)] });
        continue;
      }
      const c = await t.client(l.port, {}, { tls: clientTls({ secureOptions: NO_TLS13 }), actor: a });
      await t.settle(80);
      if (c) t.log(a, 'cipher', { cipher: c.getCipher(), eph: c.getEphemeralKeyInfo(), rs: c.readyState });
      c?.terminate();
      l.stop(true);
    }
  },
);

scenario(
  'tls/no-common-version',
  'client only 1.2, server only 1.3 and the reverse; and min/maxVersion numbers (undocumented)',
  { needs, limit: 8000 },
  async (t) => {
    for (const [k, so, co] of [
      ['s13c12', { secureOptions: NO_TLS12 }, { secureOptions: NO_TLS13 }],
      ['s12c13', { secureOptions: NO_TLS13 }, { secureOptions: NO_TLS12 }],
      ['max12-numbers', { maxVersion: 0x0303 }, {}],
      ['client-min13', {}, { minVersion: 0x0304 }],
      ['strings', {}, { maxVersion: 'TLSv1.2' }],
    ]) {
      const l = t.server({}, { tls: serverTls(so), actor: `s-${k}` });
      const c = await t.client(l.port, {}, { tls: clientTls(co), actor: `c-${k}` });
      await t.settle(150);
      t.log(`c-${k}`, 'after', { rs: c?.readyState, v: c?.getTLSVersion() });
      c?.terminate();
      l.stop(true);
    }
  },
);

scenario('tls/no-common-cipher', 'TLS 1.2 with disjoint cipher lists: alert, events', { needs }, async (t) => {
  const o = await tlsPair(
    t,
    serverTls({ secureOptions: NO_TLS13, ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' }),
    clientTls({ secureOptions: NO_TLS13, ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' }),
  );
  await t.settle(200);
  t.log('client', 'rs', o.c?.readyState);
});

scenario('tls/bad-options', 'bad TLS options: listen and connect', { needs, limit: 9000 }, async (t) => {
  const mk = (tls) => () => {
    const l = t.impl.listen({ hostname: t.env.host, port: 0, socket: { data() {} }, tls });
    t.track(l);
    return l;
  };
  for (const [k, o] of Object.entries({
    'key only': { key: server.key },
    'cert only': { cert: server.cert },
    mismatch: { cert: server.cert, key: client.key },
    'bad pem cert': serverTls({ cert: 'nope' }),
    'bad pem key': serverTls({ key: 'nope' }),
    'bad ca': serverTls({ ca: 'nope' }),
    'key: 1': serverTls({ key: 1 }),
    'cert: {}': serverTls({ cert: {} }),
    array: { cert: [server.cert], key: [server.key] },
    buffers: { cert: Buffer.from(server.cert), key: Buffer.from(server.key) },
    ArrayBuffer: {
      cert: new TextEncoder().encode(server.cert).buffer,
      key: new TextEncoder().encode(server.key).buffer,
    },
    'empty arrays': { cert: [], key: [] },
    'keyFile missing': { keyFile: '/nonexistent/k.pem', certFile: '/nonexistent/c.pem' },
    "secureOptions: 'x'": serverTls({ secureOptions: 'x' }),
    'ciphers: 1': serverTls({ ciphers: 1 }),
    "rejectUnauthorized: 'x'": serverTls({ rejectUnauthorized: 'x' }),
    'requestCert: 1': serverTls({ requestCert: 1 }),
    'serverName: 1': serverTls({ serverName: 1 }),
    'ALPNProtocols: 1': serverTls({ ALPNProtocols: 1 }),
    'passphrase: 1': serverTls({ passphrase: 1 }),
    'tls array': [serverTls()],
  }))
    await t.callAsync('listen', k, mk(o));
  const l = t.server({}, { tls: serverTls() }, { omit: ['error'] });
  for (const [k, o] of Object.entries({
    '{}': {},
    "ca: 'nope'": { ca: 'nope' },
    'ca: []': { ca: [] },
    'ca: [pem]': { ca: [ca.cert] },
    'ca: null': { ca: null },
    'cert without key': { ...clientTls(), cert: client.cert },
    'rejectUnauthorized: null': clientTls({ rejectUnauthorized: null }),
    "rejectUnauthorized: 'no'": clientTls({ rejectUnauthorized: 'no' }),
  }))
    await t.callAsync('connect', k, () =>
      t.impl
        .connect({ hostname: t.env.host, port: l.port, socket: { data() {}, connectError() {}, error() {} }, tls: o })
        .then(async (s) => {
          await t.sleep(60);
          return { rs: s.readyState, authorized: s.authorized };
        }),
    );
  t.keep((x) => !x.actor.startsWith('server'));
});

scenario('tls/setMaxSendFragment', 'setMaxSendFragment bounds and effect on delivery', { needs }, async (t) => {
  const o = await tlsPair(t, serverTls(), clientTls());
  await t.saw('server:handshake', 'client:handshake');
  for (const a of [[], [0], [511], [512], [1024], [16384], [16385], [-1], ['x'], [NaN], [null], [512.5]])
    t.call('client', `setMaxSendFragment(${a.length ? String(a[0]) : ''})`, () => o.c.setMaxSendFragment(...a));
  o.c.setMaxSendFragment(512);
  const r = o.c.write(new Uint8Array(5000).fill(1));
  t.note('write 5000', r);
  await t.until(() => t.count('server') >= 5000);
  t.note('got', t.count('server'));
  t.keep((x) => x.e !== 'data');
});
