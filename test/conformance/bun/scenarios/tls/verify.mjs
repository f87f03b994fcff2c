/** Which certificates are accepted, and what is said of the others. */
// @ts-nocheck: these scripts call what does not exist, on purpose.
import { expired, self, wrong } from '../../certificates.mjs';
import { scenario } from '../registry.js';
import { clientTls, decided, needs, serverTls, tlsPair } from './pair.mjs';

const verify = {
  'ca-ok': [serverTls(), clientTls()],
  'self-signed': [serverTls({ cert: self.cert, key: self.key }), {}],
  'self-signed-as-ca': [serverTls({ cert: self.cert, key: self.key }), { ca: self.cert }],
  'unknown-ca': [serverTls(), {}],
  expired: [serverTls({ cert: expired.cert, key: expired.key }), clientTls()],
  'wrong-name': [serverTls({ cert: wrong.cert, key: wrong.key }), clientTls()],
  'wrong-name-with-serverName': [
    serverTls({ cert: wrong.cert, key: wrong.key }),
    clientTls({ serverName: 'wrong.test' }),
  ],
  wildcard: [serverTls(), clientTls({ serverName: 'a.wild.test' })],
  'wildcard-two-labels': [serverTls(), clientTls({ serverName: 'a.b.wild.test' })],
};

for (const [k, [so, co]] of Object.entries(verify))
  for (const rej of [undefined, true, false])
    scenario(
      `tls/verify-${k}-${rej === undefined ? 'default' : rej ? 'reject' : 'accept'}`,
      `certificate check ${k}, rejectUnauthorized ${rej}`,
      { needs },
      async (t) => {
        const o = await tlsPair(
          t,
          so,
          rej === undefined ? (Object.keys(co).length ? co : true) : { ...co, rejectUnauthorized: rej },
          {
            cx: {
              handshake(s) {
                t.log('client', 'in handshake', {
                  authorized: s.authorized,
                  err: s.getAuthorizationError(),
                  rs: s.readyState,
                });
              },
            },
          },
        );
        await decided(t);
        await t.settle(120);
        if (o.c) {
          t.log('client', 'after', {
            rs: o.c.readyState,
            authorized: o.c.authorized,
            err: o.c.getAuthorizationError(),
          });
          t.call('client', 'write', () => o.c.write('x'));
        }
        await t.settle(60);
      },
    );

scenario(
  'tls/verify-no-handshake-handler-accept',
  'self-signed, rejectUnauthorized false, no handshake handler',
  { needs },
  async (t) => {
    const o = await tlsPair(
      t,
      serverTls({ cert: self.cert, key: self.key }),
      { rejectUnauthorized: false },
      { rco: { add: [] }, ro: { add: [] } },
    );
    await t.saw('client:open', 'server:open');
    await t.settle(100);
    t.log('client', 'after', { rs: o.c?.readyState, authorized: o.c?.authorized, err: o.c?.getAuthorizationError() });
  },
);

scenario(
  'tls/verify-no-handshake-handler-reject',
  'self-signed, default verification (tls: true), no handshake handler',
  { needs },
  async (t) => {
    const o = await tlsPair(t, serverTls({ cert: self.cert, key: self.key }), true, {
      rco: { add: [] },
      ro: { add: [] },
    });
    await decided(t);
    await t.settle(200);
    t.log('client', 'after', { rs: o.c?.readyState, authorized: o.c?.authorized });
  },
);

scenario('tls/tls-true-client', 'tls: true on the client against a private CA', { needs }, async (t) => {
  const o = await tlsPair(t, serverTls(), true);
  await decided(t);
  await t.settle(200);
  t.log('client', 'rs', o.c?.readyState);
});

scenario(
  'tls/write-in-rejected-handshake',
  'write() inside the handshake handler of a connection about to be rejected',
  { needs },
  async (t) => {
    await tlsPair(
      t,
      serverTls(),
      { rejectUnauthorized: true },
      {
        cx: {
          handshake(s) {
            t.call('client', 'write', () => s.write('secret'));
            t.call('client', 'end(x)', () => s.end('secret'));
          },
        },
      },
    );
    await decided(t);
    await t.settle(200);
    t.note('server got', t.count('server'));
  },
);

scenario(
  'tls/no-handshake-handler-reject-true',
  'rejectUnauthorized true, no handshake handler: order of open, close, promise; write in open',
  { needs },
  async (t) => {
    const o = await tlsPair(
      t,
      serverTls({ cert: self.cert, key: self.key }),
      { rejectUnauthorized: true },
      {
        rco: { add: [] },
        ro: { add: [] },
        cx: {
          open(s) {
            t.log('client', 'in open', { auth: s.authorized, err: s.getAuthorizationError(), rs: s.readyState });
            t.call('client', 'write', () => s.write('secret'));
          },
        },
      },
    );
    await decided(t);
    await t.settle(200);
    t.log('client', 'after', { rs: o.c?.readyState });
    t.note('server got', t.count('server'));
  },
);
