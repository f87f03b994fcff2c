/** The stack as a whole: ping, counters, trace, closing, faults. */
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { CoreFault } from '../../host/core/fault.js';
import type { Device, DevicePort } from '../../host/device/device.js';
import { memoryWire } from '../../host/device/memory.js';
import type { StackOptions } from '../../host/stack/settings.js';
import { createStack } from '../../host/stack/stack.js';
import { SecureRecorder, secure } from '../kit/secure.js';
import { CLIENT_ADDRESS, converse, type Lab, lab, Recorder, SERVER_ADDRESS, turn } from '../kit/stacks.js';

let net: Lab;
beforeEach(async () => {
  net = await lab();
});
afterEach(() => net.close());

describe('ping', () => {
  test('answers with the round-trip time and the TTL', async () => {
    const promise = net.client.ping(SERVER_ADDRESS);
    let reply: unknown;
    promise.then((value) => {
      reply = value;
    });
    await net.until(() => reply !== undefined);
    expect(reply).toMatchObject({ rtt: 0, ttl: 64 });
  });

  test('to nobody times out', async () => {
    const start = net.clock.now();
    let failure: unknown;
    net.client.ping('10.9.0.77', { timeout: 700 }).catch((error) => {
      failure = error;
    });
    await net.until(() => failure !== undefined);
    expect(failure).toMatchObject({ code: 'ETIMEDOUT', syscall: 'ping' });
    expect(net.clock.now() - start).toBe(700);
  });

  test('to a name fails', async () => {
    await expect(net.client.ping('example.org')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });
});

test('counters tell what went through', async () => {
  await converse(net, { client: new Recorder(), server: new Recorder() });
  const counters = net.client.counters();
  expect(counters.segmentsOut).toBeGreaterThanOrEqual(2);
  expect(counters).toMatchObject({ packetsBad: 0, connections: 1, listeners: 0, segmentsRetransmitted: 0 });
  expect(net.server.counters().listeners).toBe(1);
});

test('memoryTaken is within memoryLimit, and what is free is taken again', async () => {
  const own = await lab({ both: { memoryLimit: 32 << 20 } });
  const before = own.client.counters().memoryTaken;
  const { client } = await converse(own, { client: new Recorder(), server: new Recorder() });
  const after = own.client.counters().memoryTaken;
  expect(after).toBeGreaterThan(before);
  expect(after).toBeLessThanOrEqual(32 << 20);
  client.terminate();
  await converse(own, { client: new Recorder(), server: new Recorder() });
  expect(own.client.counters().memoryTaken).toBe(after);
  own.close();
});

test('the trace shows the handshake with states, flags and ports', async () => {
  net.client.trace(true);
  const { listener } = await converse(net, { client: new Recorder(), server: new Recorder() });
  const records = net.client.takeTrace().filter((record) => record.kind !== 'state');
  expect(records.slice(0, 3).map(({ kind, flags, after }) => [kind, flags, after])).toEqual([
    ['out', 0x02, 'SynSent'],
    ['in', 0x12, 'Established'],
    ['out', 0x10, 'Established'],
  ]);
  expect(records[0]).toMatchObject({ remotePort: listener.port, remoteAddress: SERVER_ADDRESS, length: 0 });
  expect(net.client.takeTrace()).toEqual([]);
  expect(net.client.traceDropped).toBe(0);
  net.client.trace(false);
});

describe('close()', () => {
  test('ends sockets, listeners and pending connects, and closes the device', async () => {
    const [left, right] = memoryWire();
    const closed: string[] = [];
    const wire: [Device, Device] = [watched(left, () => closed.push('device')), right];
    const own = await lab({ wire });
    const record = { client: new Recorder(), server: new Recorder() };
    await converse(own, record);
    const pending = own.client.connect({ hostname: SERVER_ADDRESS, port: 9, socket: { data() {} } });
    own.client.close();
    own.client.close();
    expect(record.client.events).toEqual(['open', 'close']);
    await expect(pending).rejects.toMatchObject({ code: 'ECONNABORTED' });
    expect(closed).toEqual(['device']);
    await own.until(() => record.server.closed);
    expect(record.server.events).toEqual(['open', 'close:ECONNRESET']);
    expect(() => own.client.connect({ hostname: 'localhost', port: 1, socket: { data() {} } })).toThrow('closed');
    own.close();
  });

  test('ends what handlers begin meanwhile', async () => {
    const own = await lab();
    const told: unknown[] = [];
    const again = () => {
      own.client.listen({ hostname: 'localhost', port: 0, socket: { data() {} } });
      own.client
        .connect({ hostname: SERVER_ADDRESS, port: 9, socket: { data() {} } })
        .catch((error) => told.push(error));
    };
    await converse(own, { client: new Recorder({ close: again }), server: new Recorder() });
    own.client.close();
    await turn();
    expect(told).toMatchObject([{ code: 'ECONNABORTED' }]);
    expect([...own.client.sockets, ...own.client.listeners]).toEqual([]);
    own.close();
  });
});

describe('a fault in the core', () => {
  /** Stacks of which one can be broken. */
  async function breakable(options: StackOptions = {}) {
    const reported: Error[] = [];
    const [left, right] = memoryWire();
    let memory: WebAssembly.Memory | undefined;
    const wire: [Device, Device] = [
      watched(
        left,
        () => {},
        (port) => {
          memory = port.memory;
        },
      ),
      right,
    ];
    const own = await lab({ wire, client: { error: (error) => reported.push(error), ...options } });
    // Pointers everywhere that point nowhere: the next packet traps.
    const spoil = () => new Uint8Array((memory as WebAssembly.Memory).buffer).fill(0xf3, 0x10000);
    return { own, reported, spoil };
  }

  test('closes every socket, rejects what is pending, closes the device, and every later call throws the same', async () => {
    const { own, reported, spoil } = await breakable();
    const record = { client: new Recorder(), server: new Recorder() };
    const { client } = await converse(own, record);
    const pending = own.client.connect({ hostname: SERVER_ADDRESS, port: 9, socket: { data() {} } });
    pending.catch(() => {});
    spoil();
    let thrown: unknown;
    try {
      client.write('x');
      await own.pass(10);
    } catch (error) {
      thrown = error;
    }
    await turn();
    expect(reported).toHaveLength(1);
    const fault = reported[0] as Error;
    expect(fault).toBeInstanceOf(CoreFault);
    expect(fault.message).toMatch(/^core fault at \S+:\d+:\d+: /);
    if (thrown !== undefined) expect(thrown).toBe(fault);
    expect(record.client.events).toEqual(['open', 'close:ERR_CORE_FAULT']);
    expect(record.client.errors[0]).toBe(fault);
    await expect(pending).rejects.toBe(fault);
    expect(() => own.client.counters()).toThrow(fault);
    expect(() => own.client.listen({ hostname: 'localhost', port: 0, socket: { data() {} } })).toThrow(fault);
    own.close();
  });

  test('is told to sockets that speak TLS, and to who waits for a name', async () => {
    const { own, reported, spoil } = await breakable({ dns: { servers: [SERVER_ADDRESS] } });
    await own.server.udpSocket({ hostname: SERVER_ADDRESS, port: 53, socket: { data() {} } });
    const heard = { client: new SecureRecorder(), server: new SecureRecorder() };
    const { client } = await secure(own, heard);
    const told: unknown[] = [];
    const note = (error: unknown) => void told.push(error);
    own.client.connect({ hostname: 'silent.test', port: 9, socket: { data() {} } }).catch(note);
    own.client.resolver.lookup('mute.test').catch(note);
    await own.pass(10);
    spoil();
    try {
      client.write('x');
      await own.pass(10);
    } catch (error) {
      expect(error).toBeInstanceOf(CoreFault);
    }
    await turn();
    expect(reported).toHaveLength(1);
    expect(heard.client.events.at(-1)).toBe('close:ERR_CORE_FAULT');
    expect(told).toMatchObject([{ code: 'ERR_CORE_FAULT' }, { code: 'EAI_AGAIN' }]);
    await own.pass(20_000);
    own.close();
  });
});

test('a device that fails by itself is reported and closed; the stack goes on without it', async () => {
  const reported: Error[] = [];
  const [left, right] = memoryWire();
  let port: DevicePort | undefined;
  const wire: [Device, Device] = [
    watched(
      left,
      () => {},
      (attached) => {
        port = attached;
      },
    ),
    right,
  ];
  const own = await lab({ wire, client: { error: (error) => reported.push(error) } });
  const { DeviceError } = await import('../../host/device/device.js');
  port?.onError(new DeviceError('EIO', 'unplugged'));
  expect(reported).toMatchObject([{ code: 'EIO', message: 'unplugged' }]);
  const listener = own.client.listen({ hostname: CLIENT_ADDRESS, port: 0, socket: { data() {} } });
  const connected = own.client.connect({ hostname: CLIENT_ADDRESS, port: listener.port, socket: { data() {} } });
  await expect(connected).resolves.toBeDefined();
  own.close();
});

test('what is thrown by who hears of that is an uncaught exception, and timers go on', async () => {
  const [left, right] = memoryWire();
  let broken = false;
  const write = left.write.bind(left);
  left.write = (address, length) => {
    if (broken) throw new Error('unplugged');
    return write(address, length);
  };
  const failing = () => {
    throw new Error('mine');
  };
  const own = await lab({ wire: [left, right], client: { error: failing } });
  const thrown: unknown[] = [];
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.once('uncaughtException', (error) => thrown.push(error));
  onTestFinished(() => {
    for (const listener of listeners) process.on('uncaughtException', listener);
  });
  broken = true;
  const record = new Recorder();
  own.client.connect({ hostname: SERVER_ADDRESS, port: 9, socket: record.handlers });
  await own.until(() => record.events.length > 0, 'the connection timing out');
  expect(record.errors).toMatchObject([{ code: 'ETIMEDOUT' }]);
  expect(thrown).toMatchObject([{ message: 'mine' }]);
  own.close();
});

describe('options', () => {
  test('congestion is reno or cubic, and nothing else', async () => {
    for (const congestion of ['reno', 'cubic'] as const) (await createStack({ congestion })).close();
    for (const wrong of ['bbr', 'toString', 1]) {
      await expect(createStack({ congestion: wrong as never })).rejects.toThrow(TypeError);
    }
  });

  test('bounds that mean nothing throw', async () => {
    await expect(createStack({ sendBuffer: -1 })).rejects.toThrow(RangeError);
    await expect(createStack({ sendBuffer: 1.5 })).rejects.toThrow('sendBuffer');
  });

  test('addresses that mean nothing throw', async () => {
    const [device] = memoryWire();
    await expect(createStack({ device, addresses: ['10.9.0.300/24'] })).rejects.toThrow('no address');
  });

  test('a small send buffer makes writes short', async () => {
    const own = await lab({ both: { sendBuffer: 4096 } });
    const { client, server } = await converse(own, { client: new Recorder(), server: new Recorder() });
    server.pause();
    expect(client.write(Buffer.alloc(1 << 20))).toBeLessThan(1 << 20);
    own.close();
  });
});

function watched(device: Device, closed: () => void, attached: (port: DevicePort) => void = () => {}): Device {
  return {
    mtu: device.mtu,
    linkType: device.linkType,
    offloads: 0,
    addresses: device.addresses,
    attach: (port) => {
      attached(port);
      device.attach(port);
    },
    read: (address, capacity) => device.read(address, capacity),
    write: (address, length) => device.write(address, length),
    ref: () => device.ref(),
    unref: () => device.unref(),
    close: () => {
      closed();
      device.close();
    },
  };
}
