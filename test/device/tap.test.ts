import { describe, expect, it } from 'vitest';
import { type TapOptions, tap } from '../../host/device/tap.js';
import { type NamespaceOptions, namespaceMissing, runInNamespace } from '../kit/namespace.js';
import { programMissing } from '../kit/programs.js';

const missing = namespaceMissing() ?? programMissing('ping');
const NAME = `tap in a network namespace${missing === undefined ? '' : ` (${missing})`}`;

describe('tap', () => {
  it.each([
    [{ name: 'sixteen-bytes-xx' }, /name .*15 bytes/],
    [{ mtu: 65522 }, /mtu .*65521/],
    [{ hardwareAddress: '02:00:00:00:00' }, /hardwareAddress .*one station.*"02:00:00:00:00"/],
    [{ hardwareAddress: '01:00:5e:00:00:01' }, /hardwareAddress/],
    [{ hardwareAddress: '00:00:00:00:00:00' }, /hardwareAddress/],
    [{ kernelAddress: 'fd00::1/129' }, /fd00::1\/129/],
    [{ fd: 3, name: 'tap0' }, /name .*fd/],
    [{ offload: true }, /"offload"/],
  ])('names the bad option: %j', (options, message) => {
    expect(() => tap(options as unknown as TapOptions)).toThrow(TypeError);
    expect(() => tap(options as unknown as TapOptions)).toThrow(message);
  });
});

describe.skipIf(missing)(NAME, { concurrent: true }, () => {
  it('gives the interface its name, addresses of both families and MTU, and brings it up', async () => {
    expect(await result('described')).toEqual({
      name: 'glass0',
      mtu: 9000,
      linkType: 'ethernet',
      hardwareAddress: '02:00:5e:10:00:02',
      offloads: 0,
      kernel: { link: 'ether', mtu: 9000, up: true, addresses: ['10.9.0.1/24', 'fd00:9::1/64', 'fd00:a::1/64'] },
    });
  });

  it('gives a TUN device addresses of both families too', async () => {
    expect(await result('described tun')).toEqual(['10.9.0.1/24', 'fd00:9::1/64']);
  });

  it('has a hardware address of its own, locally administered and each time another one', async () => {
    const [one, other] = (await result('two addresses')) as string[];
    expect(one).toMatch(/^.[26ae](?::[\da-f]{2}){5}$/);
    expect(one).not.toBe(other);
  });

  it('exchanges frames with the kernel: its question, our answer, its echo', async () => {
    expect(await result('frames')).toEqual({
      question: { to: 'ff:ff:ff:ff:ff:ff', type: 0x0806 },
      echo: { to: '02:00:5e:10:00:02', type: 0x0800 },
    });
  });

  it('lets a stack and the kernel ping each other, over ARP and over neighbour discovery', async () => {
    expect(await result('both ping')).toEqual({ ours: [true, true], theirs: [0, 0], known: [true, true] });
  });

  it('is refused a descriptor of the other kind', async () => {
    expect(await result('other kind')).toEqual([
      deviceError('EINVAL', 'opened with IFF_TAP | IFF_NO_PI'),
      deviceError('EINVAL', 'opened with IFF_TUN | IFF_NO_PI'),
    ]);
  });

  it('takes over an open descriptor', async () => {
    expect(await result('adopted')).toEqual({ name: 'given0', mtu: 1400 });
  });
});

async function result(name: string, args: string[] = [], options?: NamespaceOptions): Promise<unknown> {
  const { exit, stdout, stderr } = await runInNamespace(
    new URL('./tap-script.ts', import.meta.url),
    [name, ...args],
    options,
  );
  if (exit !== 0 || stdout === '') throw new Error(`"${name}" ended with ${exit}: ${stderr}`);
  return JSON.parse(stdout);
}

function deviceError(code: unknown, message: string) {
  return { name: 'DeviceError', code, message: expect.stringContaining(message) };
}
