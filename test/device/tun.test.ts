import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type TunOptions, tun } from '../../host/device/tun.js';
import { type NamespaceOptions, namespaceMissing, runInNamespace } from '../kit/namespace.js';
import { programMissing } from '../kit/programs.js';

const missing = namespaceMissing();
const unread = programMissing('tshark');
const NAME = `tun in a network namespace${missing === undefined ? '' : ` (${missing})`}`;

describe('tun', () => {
  it.each([
    [{ name: 'sixteen-bytes-xx' }, /name .*15 bytes.*"sixteen-bytes-xx"/],
    [{ name: '' }, /name/],
    [{ name: 'a/b' }, /name/],
    [{ name: 'a b' }, /name/],
    [{ name: '..' }, /name/],
    [{ name: 'äöüäöüäöü' }, /name/],
    [{ mtu: 100 }, /mtu .*576.*100/],
    [{ mtu: 65536 }, /mtu/],
    [{ queueLength: 0 }, /queueLength/],
    [{ offload: 'no' }, /offload/],
    [{ kernelAddress: ['10.9.0.1/24', '10.9.1.1/24'] }, /kernelAddress .*IPv4/],
    [{ kernelAddress: ['fd00::1/129'] }, /fd00::1\/129/],
    [{ kernelAddress: '10.9.0.300/24' }, /10\.9\.0\.300/],
    [{ addresses: ['10.9.0.2/33'] }, /10\.9\.0\.2\/33/],
    [{ fd: -1 }, /fd/],
    [{ fd: 3, name: 'tun0' }, /name .*fd/],
    [{ fd: 3, offload: false }, /offload .*fd/],
    [{ nmae: 'tun0' }, /"nmae"/],
  ])('names the bad option: %j', (options, message) => {
    expect(() => tun(options as unknown as TunOptions)).toThrow(TypeError);
    expect(() => tun(options as unknown as TunOptions)).toThrow(message);
  });
});

describe.skipIf(missing)(NAME, { concurrent: true }, () => {
  describe('what the kernel is told', () => {
    it('gives the interface its name, addresses, MTU and queue length, and brings it up', async () => {
      expect(await result('described')).toEqual({
        name: 'glass0',
        mtu: 9000,
        addresses: ['10.9.0.2/24'],
        offloads: 15,
        linkType: 'ip',
        kernel: { local: '10.9.0.1', prefixlen: 24, mtu: 9000, txqlen: 123, up: true },
      });
    });

    it('takes an MTU up to 65535', async () => {
      expect(await result('largest mtu')).toBe(65535);
    });

    it('offers no offloads when it is plain', async () => {
      expect(await result('plain')).toBe(0);
    });
  });

  describe('packets', () => {
    it.each(['echo with offload', 'echo plain', 'echo under weather'])(
      'gets an answer from the kernel: %s',
      async (name) => {
        expect(await result(name)).toEqual({ sequence: 77, payload: 'glass' });
      },
    );

    it('exchanges datagrams with a socket, the kernel completing and leaving out checksums', async () => {
      expect(await result('datagrams with offload')).toEqual({
        heard: ['to the kernel'],
        payload: 'to the stack',
        needsChecksum: true,
      });
    });

    it('exchanges datagrams with a socket over a plain device', async () => {
      const { heard, payload } = (await result('datagrams plain')) as { heard: string[]; payload: string };
      expect([heard, payload]).toEqual([['to the kernel'], 'to the stack']);
    });

    it('takes datagrams that a program gave to the kernel as one, in one packet, each by itself', async () => {
      expect(await result('datagrams together')).toEqual({
        packet: 3528,
        heard: [1000, 1000, 1000, 500].map((length, index) => [String.fromCharCode(97 + index), length]),
      });
    });

    it.each(['plain', 'with offload'])(
      'moves in batches, in order, and what is no packet is dropped alone: %s',
      async (mode) => {
        expect(await result('batches', [mode])).toEqual({
          heard: ['one', 'two', 'three'],
          dropped: 1,
          came: ['four', 'five', 'six'],
        });
      },
    );

    it('has places for larger ones as soon as one has shown that the MTU was raised', async () => {
      expect(await result('raised MTU')).toEqual([1501 - 28, 3000]);
    });

    it('goes on reading and writing in memory that has grown', async () => {
      expect(await result('grown memory')).toEqual([1, 2]);
    });

    it.skipIf(unread)(
      `is captured with complete checksums, though neither side has computed them${unread === undefined ? '' : ` (${unread})`}`,
      async () => {
        const folder = mkdtempSync(join(tmpdir(), 'vitrine-tun-'));
        const path = join(folder, 'offload.pcapng');
        await result('capture of offloaded datagrams', [path]);
        const fields = ['-T', 'fields', '-e', 'udp.checksum.status', '-e', 'data.data'];
        const rows = execFileSync('tshark', ['-r', path, '-o', 'udp.check_checksum:TRUE', '-Y', 'udp', ...fields], {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        });
        rmSync(folder, { recursive: true });
        const hex = (text: string) => Buffer.from(text).toString('hex');
        expect(rows.trim().split('\n')).toEqual([`1\t${hex('to the stack')}`, `1\t${hex('to the kernel')}`]);
      },
    );
  });

  describe('the life of the process', () => {
    it('ends by itself while the device waits for packets', async () => {
      expect(await result('ends by itself')).toBe('attached');
      expect(await result('ends by itself after traffic')).toBe('done');
    });

    it('stays while the device is ref’d, and ends once it is unref’d', async () => {
      expect(await result('stays when ref’d')).toBe('stayed');
    });

    it('does not keep process.exit waiting, nor an uncaught exception', async () => {
      const exit = await run('process.exit');
      expect([exit.exit, exit.stdout]).toEqual([3, '"exiting"\n']);
      const crash = await run('uncaught exception');
      expect([crash.exit, crash.stderr]).toEqual([1, expect.stringContaining('nobody caught this')]);
    });

    it('vanishes with close, at once: the name is free again', async () => {
      expect(await result('close and open again')).toEqual(Array(20).fill(true));
    });

    it.sequential('costs nothing while a packet waits that nobody reads', async () => {
      const { wakeUps, milliseconds } = (await result('left unread')) as { wakeUps: number; milliseconds: number };
      expect(wakeUps).toBe(1);
      expect(milliseconds).toBeLessThan(150);
    });
  });

  describe('trouble', () => {
    it('reports an interface that is deleted while it waits', async () => {
      const code = expect.stringMatching(/^(POLLERR|EBADFD)$/);
      expect(await result('deleted while idle')).toEqual([deviceError(code, 'glass0 is gone')]);
    });

    it('throws from read and write when the interface has been deleted', async () => {
      const gone = deviceError('EBADFD', 'glass0 is gone');
      expect(await result('deleted while busy')).toEqual([gone, gone, gone, gone]);
    });

    it('drops and counts while the interface is down, and goes on when it is up', async () => {
      expect(await result('down and up')).toEqual({ taken: true, dropped: 1, answered: 2, errors: 0 });
    });

    it('drops and counts what the kernel does not take for a packet', async () => {
      expect(await result('what is not a packet')).toEqual({ taken: true, dropped: 1 });
    });
  });

  it('is gone when it is closed, and its name is free at once', async () => {
    expect(await result('name free again')).toBe(false);
  });

  describe('a device from elsewhere', () => {
    it('is taken over as an open descriptor from a parent process', async () => {
      expect(await result('handed over')).toEqual({
        name: 'parent0',
        mtu: 1400,
        offloads: 15,
        reply: { sequence: 77, payload: 'glass' },
      });
    });

    it('is refused when the descriptor is something else', async () => {
      expect(await result('no TUN device')).toEqual([
        deviceError(expect.any(String), 'descriptor 0 is no TUN device'),
        deviceError('EBADF', 'descriptor 999 is no TUN device'),
      ]);
    });

    it('may be a persistent one that root has prepared, for a user without rights', async () => {
      const before = ['ip tuntap add dev prepared mode tun user root vnet_hdr', 'ip link set prepared up'];
      expect(await result('prepared by root', [], { before, prefix: WITHOUT_RIGHTS })).toBe('prepared');
    });
  });

  describe('what is missing', () => {
    it('says that the name is taken', async () => {
      expect(await result('name in use')).toEqual(deviceError('EBUSY', 'twice is in use'));
      expect(await result('name of another kind')).toEqual(deviceError('EBUSY', 'lo is taken'));
    });

    it('says that the right to create devices is missing', async () => {
      expect(await result('opening', [], { prefix: WITHOUT_RIGHTS })).toEqual(deviceError('EPERM', 'CAP_NET_ADMIN'));
    });

    it('says that /dev/net/tun is missing', async () => {
      const hidden = { unshare: ['--mount'], before: ['mount -t tmpfs none /dev/net'] };
      expect(await result('opening', [], hidden)).toEqual(deviceError('ENOENT', '/dev/net/tun'));
    });

    it('says that this is not Linux', async () => {
      expect(await result('another system')).toEqual(deviceError('ERR_UNSUPPORTED_PLATFORM', 'darwin'));
    });

    it('says that koffi is not installed', async () => {
      expect(await result('no koffi')).toEqual(deviceError('ERR_KOFFI_MISSING', 'npm install koffi'));
    });
  });
});

async function result(name: string, args: string[] = [], options?: NamespaceOptions): Promise<unknown> {
  const { exit, stdout, stderr } = await run(name, args, options);
  if (exit !== 0 || stdout === '') throw new Error(`"${name}" ended with ${exit}: ${stderr}`);
  return JSON.parse(stdout);
}

function run(name: string, args: string[] = [], options?: NamespaceOptions) {
  return runInNamespace(new URL('./tun-script.ts', import.meta.url), [name, ...args], options);
}

function deviceError(code: unknown, message: string) {
  return { name: 'DeviceError', code, message: expect.stringContaining(message) };
}

const WITHOUT_RIGHTS = ['setpriv', '--bounding-set=-all', '--inh-caps=-all', '--ambient-caps=-all'];
