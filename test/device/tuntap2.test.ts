import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type Tuntap2Options, tuntap2 } from '../../host/device/tuntap2.js';
import { TestPort } from './port.js';

describe('tuntap2', () => {
  it('gives every chunk of the Tun to the stack as a packet, and tells when the first one waits', async () => {
    const tun = new DocumentedTun();
    const port = new TestPort(tuntap2({ tun }));
    tun.fromKernel(Uint8Array.of(1, 2, 3));
    tun.fromKernel(Uint8Array.of(4));
    await tun.idle();
    expect(port.readable).toBe(1);
    expect(port.readAll()).toEqual([Uint8Array.of(1, 2, 3), Uint8Array.of(4)]);
    tun.fromKernel(Uint8Array.of(5));
    await tun.idle();
    expect(port.readable).toBe(2);
    expect(port.readAll()).toEqual([Uint8Array.of(5)]);
  });

  it('writes every packet of the stack as a chunk of its own, as a copy', async () => {
    const tun = new DocumentedTun();
    const port = new TestPort(tuntap2({ tun }));
    tun.holding = true;
    for (const byte of [7, 8, 9]) port.write(Uint8Array.of(byte, byte));
    tun.proceed();
    await tun.idle();
    expect(tun.toKernel).toEqual([Buffer.of(7, 7), Buffer.of(8, 8), Buffer.of(9, 9)]);
  });

  it('is full when the stream is, and has room again when the stream has drained', async () => {
    const tun = new DocumentedTun();
    const port = new TestPort(tuntap2({ tun }));
    tun.holding = true;
    const answers = [...Array(40)].map(() => port.write(new Uint8Array(1000)));
    const taken = answers.indexOf(false);
    expect(taken).toBeGreaterThan(0);
    expect(answers.slice(taken)).not.toContain(true);
    expect(port.writable).toBe(0);
    tun.proceed();
    await tun.idle();
    expect(port.writable).toBe(1);
    expect(port.write(new Uint8Array(1000))).toBe(true);
    expect(tun.toKernel.length).toBeLessThanOrEqual(taken + 1);
  });

  it('pauses the stream rather than keep more packets than it has room for, and loses none', async () => {
    const tun = new DocumentedTun();
    const port = new TestPort(tuntap2({ tun }));
    for (let count = 0; count < 1000; count++) tun.fromKernel(Uint8Array.of(count >> 8, count));
    await tun.idle();
    expect(tun.isPaused()).toBe(true);
    const numbers: number[] = [];
    while (numbers.length < 1000) {
      const packets = port.readAll();
      expect(packets.length).toBeGreaterThan(0);
      expect(packets.length).toBeLessThanOrEqual(257);
      numbers.push(...packets.map(([high = 0, low = 0]) => (high << 8) | low));
      await tun.idle();
    }
    expect(numbers).toEqual([...Array(1000).keys()]);
  });

  it('takes name and MTU from the Tun', () => {
    const device = tuntap2({ tun: new DocumentedTun(), addresses: ['10.9.0.2/24'] });
    expect([device.name, device.mtu, device.addresses, device.offloads]).toEqual(['tun7', 1400, ['10.9.0.2/24'], 0]);
  });

  it('releases the Tun on close, once, and is silent then', async () => {
    const tun = new DocumentedTun();
    const device = tuntap2({ tun });
    const port = new TestPort(device);
    device.close();
    device.close();
    tun.fromKernel(Uint8Array.of(1));
    await tun.idle();
    expect(tun.released).toBe(1);
    expect([port.readable, port.read(), port.write(Uint8Array.of(1)), port.errors]).toEqual([0, undefined, true, []]);
  });

  it('reports a Tun that fails or is released by others', async () => {
    const failing = new DocumentedTun();
    const first = new TestPort(tuntap2({ tun: failing }));
    failing.emit('error', new Error('EBADFD: file descriptor in bad state'));
    expect(first.errors[0]?.code).toBe('ERR_TUNTAP2');
    expect(first.errors[0]?.message).toMatch(/tun7.*EBADFD/);
    const closing = new DocumentedTun();
    const second = new TestPort(tuntap2({ tun: closing }));
    closing.release();
    await closing.idle();
    expect(second.errors[0]?.message).toMatch(/tun7.*closed/);
  });

  it('says what is missing when it has to make a Tun and the package is not installed', () => {
    expect(() => tuntap2({ kernelAddress: '10.9.0.1/24' })).toThrow(
      expect.objectContaining({ name: 'DeviceError', code: 'ERR_TUNTAP2_MISSING' }),
    );
  });

  it('refuses a Tap, whose packets are Ethernet frames', () => {
    const tap = Object.assign(new DocumentedTun(), { isTun: false, isTap: true });
    expect(() => tuntap2({ tun: tap })).toThrow(/Tap/);
  });

  it.each([
    [{ mtu: 10 }, /mtu/],
    [{ addresses: ['nonsense'] }, /nonsense/],
    [{ name: 'tun0' }, /"name"/],
    [{ tun: { isTun: true }, kernelAddress: '10.9.0.1/24' }, /kernelAddress/],
  ])('names the bad option: %j', (options, message) => {
    expect(() => tuntap2(options as unknown as Tuntap2Options)).toThrow(TypeError);
    expect(() => tuntap2(options as unknown as Tuntap2Options)).toThrow(message);
  });
});

/** The documented shape of a `Tun`: a Duplex with the properties of its README, here without a kernel. */
class DocumentedTun extends Duplex {
  readonly name = 'tun7';
  readonly isTun: boolean = true;
  readonly isTap: boolean = false;
  mac = '00:00:00:00:00:00';
  mtu = 1400;
  ipv4 = '10.9.0.1/24';
  ipv6 = 'fe80::1/64';
  isUp = true;
  released = 0;
  readonly toKernel: Uint8Array[] = [];
  /** The kernel takes nothing for now. */
  holding = false;
  readonly #arrived: Uint8Array[] = [];
  #wantsMore = false;
  #moves = 0;
  #resume = () => {};

  fromKernel(packet: Uint8Array): void {
    this.#arrived.push(packet);
    this.#feed();
  }

  release(): void {
    this.released++;
    this.destroy();
  }

  proceed(): void {
    this.holding = false;
    this.#resume();
  }

  /** Until the stream has handed on what it can: nothing has moved for some turns of the event loop. */
  async idle(): Promise<void> {
    for (let quiet = 0, moves = -1; quiet < 10; quiet++) {
      if (moves !== this.#moves) quiet = 0;
      moves = this.#moves;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  override _read(): void {
    this.#wantsMore = true;
    this.#feed();
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    const take = () => {
      this.toKernel.push(chunk);
      done();
    };
    if (this.holding) this.#resume = take;
    else take();
  }

  /** One packet a read, as `fs.ReadStream` on a TUN device does. */
  #feed(): void {
    if (!this.#wantsMore || this.destroyed) return;
    const packet = this.#arrived.shift();
    if (packet === undefined) return;
    this.#wantsMore = false;
    this.#moves++;
    setImmediate(() => this.push(Buffer.from(packet)));
  }
}
