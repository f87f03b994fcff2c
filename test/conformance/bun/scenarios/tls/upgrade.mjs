/** upgradeTLS: both roles, its tuple, and its failures. */
// @ts-nocheck: these scripts call what does not exist, on purpose.
import { scenario } from '../registry.js';
import { clientTls, serverTls, tlsPair } from './pair.mjs';

const up = ['tls', 'upgradeTLS'];

const recTLS = (t, a, x = {}) => t.rec(a, x, { add: ['handshake'] });

scenario(
  'tls/upgrade-client',
  'upgradeTLS on a client socket against a TLS listener: tuple, events, states of raw and tls',
  { needs: up },
  async (t) => {
    const l = t.server(
      {
        data(s, d) {
          s.write(d);
        },
      },
      { tls: serverTls() },
    );
    const c = await t.client(l.port);
    await t.settle(30);
    const r = t.call('client', 'upgradeTLS', () => {
      const r = c.upgradeTLS({
        tls: clientTls({ serverName: 'localhost' }),
        data: { up: 1 },
        socket: recTLS(t, 'tls'),
      });
      t.nameAs(r[0], 'raw');
      t.nameAs(r[1], 'tls');
      return r;
    });
    if (!r) return;
    const [raw, tls] = r;
    t.note('raw === client', raw === c);
    t.note('tls === client', tls === c);
    t.note('tags', [Object.prototype.toString.call(raw), Object.prototype.toString.call(tls)]);
    t.log('client', 'states at once', { client: c.readyState, raw: raw.readyState, tls: tls.readyState });
    await t.saw('tls:handshake');
    await t.settle();
    t.log('tls', 'state', {
      rs: tls.readyState,
      v: tls.getTLSVersion(),
      auth: tls.authorized,
      data: tls.data,
      raw: raw.readyState,
      rawData: raw.data,
      client: c.readyState,
    });
    t.call('tls', 'write', () => tls.write('secret'));
    await t.saw('tls:data');
    t.call('client', 'old socket write', () => c.write('x'));
    await t.settle(60);
    t.call('tls', 'end()', () => tls.end());
    await t.saw('tls:close');
    await t.settle(80);
    t.log('tls', 'end states', { client: c.readyState, raw: raw.readyState, tls: tls.readyState });
    t.keep((x) => !((x.actor === 'raw' || x.actor === 'client') && x.e === 'data'));
  },
);

scenario(
  'tls/upgrade-both',
  'STARTTLS: plain exchange, then both ends upgradeTLS (server side upgrade of an accepted socket)',
  { needs: up },
  async (t) => {
    let _sraw;
    const l = t.server({
      data(s, d) {
        if (Buffer.from(d).toString() !== 'STARTTLS') return;
        s.write('GO');
        t.call('server', 'upgradeTLS', () => {
          const r = s.upgradeTLS({
            tls: serverTls(),
            socket: recTLS(t, 'stls', {
              data(x, dd) {
                x.write(dd);
              },
            }),
          });
          t.nameAs(r[0], 'sraw');
          t.nameAs(r[1], 'stls');
          return r;
        });
      },
    });
    let up;
    const c = await t.client(l.port, {
      data(s, _d) {
        if (!up) {
          up = true;
          t.call('client', 'upgradeTLS', () => {
            const r = s.upgradeTLS({
              tls: clientTls({ serverName: 'localhost' }),
              socket: recTLS(t, 'ctls', {
                handshake(x) {
                  x.write('over tls');
                },
              }),
            });
            t.nameAs(r[0], 'craw');
            t.nameAs(r[1], 'ctls');
            return r;
          });
        }
      },
    });
    c.write('STARTTLS');
    await t.until(() => t.has('ctls', 'data'), 1500);
    await t.settle();
    t.keep((x) => !(['craw', 'sraw'].includes(x.actor) && x.e === 'data'));
  },
);

scenario(
  'tls/upgrade-fails',
  'upgradeTLS against an untrusted certificate and against a plain peer',
  { needs: up },
  async (t) => {
    const l = t.server({}, { tls: serverTls() });
    const c = await t.client(l.port);
    c.upgradeTLS({ tls: true, socket: recTLS(t, 'untrusted') });
    await t.settle(200);
    const l2 = t.server(
      {
        data(s) {
          s.write('plain text answer');
        },
      },
      { actor: 'plain' },
    );
    const c2 = await t.client(l2.port, {}, { actor: 'client2' });
    c2.upgradeTLS({ tls: clientTls(), socket: recTLS(t, 'toplain') });
    await t.settle(200);
    t.keep((x) => x.e !== 'data');
  },
);

scenario(
  'tls/upgrade-bad-args',
  'upgradeTLS with bad arguments, on closed and on TLS sockets',
  { needs: up },
  async (t) => {
    const l = t.server();
    const c = await t.client(l.port);
    for (const [k, a] of Object.entries({
      '()': [],
      '(null)': [null],
      '({})': [{}],
      'no tls': [{ socket: { data() {} } }],
      'tls: {}': [{ tls: {}, socket: { data() {} } }],
      'no socket': [{ tls: true }],
      'socket: {}': [{ tls: true, socket: {} }],
      'tls: false': [{ tls: false, socket: { data() {} } }],
      'tls: 1': [{ tls: 1, socket: { data() {} } }],
    }))
      t.call('client', `upgradeTLS${k}`, () => c.upgradeTLS(...a));
    t.log('client', 'rs', c.readyState);
    c.end();
    await t.settle(100);
    t.call('client', 'closed upgradeTLS', () => c.upgradeTLS({ tls: true, socket: { data() {} } }));
    const o = await tlsPair(t, serverTls(), clientTls(), { lopts: { actor: 's2' }, copts: { actor: 'c2' } });
    await t.saw('s2:handshake', 'c2:handshake');
    t.call('c2', 'upgradeTLS on TLS', () => o.c.upgradeTLS({ tls: true, socket: { data() {} } }));
    t.keep((x) => x.e !== 'data');
  },
);

scenario(
  'tls/upgrade-write-on-raw',
  'write on the raw half after upgradeTLS',
  { needs: ['tls', 'upgradeTLS'] },
  async (t) => {
    const l = t.server({}, { tls: serverTls() });
    const c = await t.client(l.port);
    const [raw, tls] = c.upgradeTLS({ tls: clientTls({ serverName: 'localhost' }), socket: recTLS(t, 'tls') });
    t.nameAs(raw, 'raw');
    t.nameAs(tls, 'tls');
    await t.saw('tls:handshake');
    await t.settle();
    t.log('raw', 'state', {
      rs: raw.readyState,
      bytesWritten: raw.bytesWritten,
      auth: raw.authorized,
      v: raw.getTLSVersion(),
      tag: Object.prototype.toString.call(raw),
    });
    t.call('raw', 'write', () => raw.write('unencrypted'));
    await t.settle(150);
    t.log('tls', 'state', tls.readyState);
    t.keep((x) => !((x.actor === 'raw' || x.actor === 'client') && x.e === 'data'));
  },
);
