/** Workers on the queues of a real interface: every handler, TLS, what the kernel sends astray, and how things end. */
import { describe, expect, test } from 'vitest';
import { namespaceMissing } from '../../kit/namespace.js';
import { programMissing } from '../../kit/programs.js';
import { result } from '../../kit/result.js';

const missing = namespaceMissing() ?? programMissing('ping');
const SCRIPT = new URL('./fleet-script.ts', import.meta.url);
const ENDED = { code: 'ERR_WORKER_ENDED', right: true };
const heading = missing === undefined ? '' : ` (${missing})`;

describe.skipIf(missing).each(['offload', 'plain'])(`two workers on a TUN device, %s${heading}`, (mode) => {
  const play = (name: string, options = {}) => result(SCRIPT, [name, mode], options);

  test('serve one listener together, each its connections', async () => {
    const played = await play('a crowd');
    expect(played).toMatchObject({
      echoes: 64,
      busy: true,
      workers: [0, 1],
      connections: 64,
      straysDropped: 0,
      resets: 0,
    });
  });

  test('keep every connection where it began, and find their own ones again, however long it was silent', async () => {
    // Without IPv6, over which the kernel asks every worker for routers and groups.
    const before = ['echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6'];
    expect(await play('after silence', { before })).toEqual({
      shares: true,
      inbound: 64,
      strays: true,
      straysDropped: 0,
      resets: 0,
    });
  });

  test('are pinged as one host, and get the replies to their own pings, in fragments too', async () => {
    const sizes = '56 2056 4056 6056';
    expect(await play('pings both ways')).toEqual({ sizes: [sizes, sizes], answered: '4', twice: false });
  });

  test('get datagrams in fragments on ports of their own, and the errors about theirs', async () => {
    expect(await play('datagrams')).toEqual({ answers: ['4000'], refusals: ['ECONNREFUSED'] });
  });
});

describe.skipIf(missing)(`workers${heading}`, () => {
  const play = (name: string, options = {}) => result(SCRIPT, [name, 'offload'], options);

  test('speak TLS', async () => {
    expect(await play('tls')).toEqual({ echoes: 16, authorized: 16, workers: [0, 1] });
  });

  test('resume the sessions of each other, in both versions', async () => {
    const both = { count: 16, workers: [0, 1] };
    expect(await play('tickets')).toEqual([both, both]);
  });

  test('serve both families: connections from both ends, datagrams and pings in fragments', async () => {
    expect(await play('IPv6')).toEqual({
      workers: [0, 1],
      echoes: 40,
      shares: true,
      answers: ['4000'],
      pings: '4',
      straysDropped: 0,
      resets: 0,
    });
  });

  test('call every handler that the module exports, and start before them', async () => {
    expect(await play('handlers')).toBe('start of 2 by 10.9.0.1, open, open, drain, timeout, end, close');
  });

  test('tell what a handler throws, and go on', async () => {
    expect(await play('a handler throws')).toEqual({
      trouble: [{ code: 'ERR_TOLD', message: 'thrown as told', right: true }],
      echo: 'still there?',
    });
  });

  test.each([
    ['a worker dies', 1, { cause: 'dying as told' }],
    ['a worker ends itself', 7, {}],
  ])('%s: its connections are reset, the others stay, another one takes its place', async (name, code, cause) => {
    const message = `worker N has ended (exit code ${code}); its connections are lost`;
    expect(await play(name)).toEqual({
      trouble: [{ ...ENDED, ...cause, message }],
      others: true,
      its: ['ECONNRESET'],
      later: [0, 1],
    });
  });

  test('each tell that the interface is gone', async () => {
    expect(await play('the interface is deleted')).toEqual([
      { worker: 0, code: expect.stringMatching(GONE) },
      { worker: 1, code: expect.stringMatching(GONE) },
    ]);
  });

  test('that can not start leave nothing behind, and say why', async () => {
    expect(await play('failures')).toEqual({
      missing: 'Error ERR_MODULE_NOT_FOUND',
      syntax: 'SyntaxError undefined',
      'no handlers': 'TypeError ERR_INVALID_ARG_TYPE',
      start: 'Error ENO',
      'not plain data': 'DataCloneError 25',
      'an address of others': 'Error EADDRNOTAVAIL',
      'a name that is taken': 'DeviceError EBUSY',
      'no such algorithm': 'TypeError undefined',
      'no certificate': 'TypeError ERR_MISSING_ARGS',
      left: true,
    });
  });

  test('leave no thread, descriptor and interface behind', async () => {
    expect(await play('again and again')).toEqual({ differ: 1, interface: false });
  });

  test('let the process end when nothing else holds it', async () => {
    expect(await play('ends by itself')).toBe('no longer held');
  });

  test('take a persistent interface that was made for them, and no other', async () => {
    const own = { unshare: ['--mount'], before: ['mount -t sysfs none /sys'] };
    expect(await play('a persistent interface', own)).toEqual({
      echo: 'echo',
      stays: true,
      otherwise: 'EINVAL: the interface fleet0 was made without multi_queue: it has one queue alone',
    });
  });
});

/** Who waits hears it from the poller, who reads just then from the read. */
const GONE = /^(POLLERR|EBADFD)$/;
