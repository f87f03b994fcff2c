/** The facade of the core: seeds, memory views, arguments, faults, snapshots. */
import { describe, expect, test } from 'vitest';
import { EVENT_DATA, EVENT_OPEN, OPTION_PAUSED } from '../../assembly/abi/constants.js';
import { parseAddress } from '../../host/core/address.js';
import { Core } from '../../host/core/core.js';
import { CoreFault } from '../../host/core/fault.js';
import { compileCore } from '../../host/core/load.js';

const fresh = async (seed?: number) => Core.initialized((await compileCore()).instantiate(seed));

/** A connection of a core with itself. */
async function conversing(): Promise<{ core: Core; client: number; server: number }> {
  const core = await fresh(1);
  core.putAddress(parseAddress('127.0.0.1') as Uint8Array);
  expect(core.calls.tcpListen(80, 16)).toBeGreaterThan(0);
  core.putAddress(parseAddress('127.0.0.1') as Uint8Array, 0);
  core.putAddress(new Uint8Array(16), 1);
  const client = core.calls.tcpConnect(80, 0);
  let server = 0;
  exchange(core, (handle, events) => {
    if ((events & EVENT_OPEN) !== 0 && handle !== client) server = handle;
  });
  return { core, client, server };
}

function exchange(core: Core, heard: (handle: number, events: number) => void): void {
  do {
    core.calls.input(0, 0);
    for (let handle = core.calls.readyNext(); handle !== 0; handle = core.calls.readyNext())
      heard(handle, core.result(0));
  } while (core.calls.output(0) > 0);
}

describe('the core', () => {
  test('is compiled once for each source', async () => {
    expect(await compileCore()).toBe(await compileCore());
  });

  test('of the same seed is the same, byte by byte; of another seed or none it differs', async () => {
    const [one, same, other, random] = await Promise.all([fresh(1), fresh(1), fresh(2), fresh()]);
    expect(Buffer.compare(one.snapshot(), same.snapshot())).toBe(0);
    expect(Buffer.compare(one.snapshot(), other.snapshot())).not.toBe(0);
    expect(Buffer.compare(one.snapshot(), random.snapshot())).not.toBe(0);
  });

  test('that can not be read says so', async () => {
    await expect(compileCore(new URL('file:///nowhere/core.wasm'))).rejects.toThrow('nowhere');
  });

  test('shows its memory afresh after it has grown', async () => {
    const core = await fresh();
    const { bytes, words } = core;
    core.memory.grow(1);
    expect([bytes.length, words.length]).toEqual([0, 0]);
    expect(core.bytes.length).toBe(core.memory.buffer.byteLength);
    expect(core.words.length * 4).toBe(core.bytes.length);
  });

  test('carries bytes and text from one end to the other in a copy of its own', async () => {
    const { core, client, server } = await conversing();
    expect(core.send(client, Uint8Array.of(1, 2, 3))).toBe(3);
    expect(core.sendText(client, 'é')).toBe(2);
    exchange(core, () => {});
    const chunk = core.receive(server);
    expect([...(chunk as Uint8Array)]).toEqual([1, 2, 3, 0xc3, 0xa9]);
    core.send(client, Uint8Array.of(9));
    exchange(core, () => {});
    expect([...(core.receive(server) as Uint8Array)]).toEqual([9]);
    expect([...(chunk as Uint8Array)]).toEqual([1, 2, 3, 0xc3, 0xa9]);
    expect(core.receive(server)).toBeUndefined();
  });

  test('takes less than all when its buffer is full, and text only when it surely fits', async () => {
    const { core, client } = await conversing();
    const taken = core.send(client, new Uint8Array(64 << 20));
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThan(64 << 20);
    expect(core.send(client, Uint8Array.of(1))).toBe(0);
    expect(core.sendText(client, 'x')).toBeUndefined();
  });

  test('gets every argument of a call', async () => {
    const { core, client, server } = await conversing();
    core.calls.tcpSetOption(server, OPTION_PAUSED, 1);
    core.send(client, Uint8Array.of(1));
    let data = false;
    exchange(core, (_, events) => {
      data ||= (events & EVENT_DATA) !== 0;
    });
    expect(data).toBe(false);
  });

  test('knows both ends of a connection, and nothing of a stale handle', async () => {
    const { core, client, server } = await conversing();
    const here = core.endpoints(client);
    expect(here).toMatchObject({ localAddress: '127.0.0.1', remoteAddress: '127.0.0.1', remotePort: 80 });
    expect(core.endpoints(server)?.remotePort).toBe(here?.localPort);
    core.calls.tcpAbort(client);
    core.calls.tcpRelease(client);
    exchange(core, () => {});
    expect(core.endpoints(client)).toBeUndefined();
  });

  test('restored from a snapshot goes on as the original does', async () => {
    const { core, client, server } = await conversing();
    core.send(client, Uint8Array.of(7));
    const copy = Core.restored((await compileCore()).instantiate(), core.snapshot());
    for (const each of [core, copy]) {
      exchange(each, () => {});
      expect([...(each.receive(server) as Uint8Array)]).toEqual([7]);
    }
    expect(Buffer.compare(core.snapshot(), copy.snapshot())).toBe(0);
  });
});

describe('a core that failed', () => {
  test('throws the same fault from every later call, and tells of it once', async () => {
    const core = await fresh();
    const told: CoreFault[] = [];
    core.onFault = (fault) => told.push(fault);
    expect(() => core.calls.transmitQueue(99)).toThrow(CoreFault);
    const { fault } = core;
    expect(fault?.message).toMatch(/^core fault at assembly\/ip\/transmit\.ts:\d+:\d+: no such interface$/);
    expect(() => core.calls.nextDeadline()).toThrow(fault);
    expect(() => core.snapshot()).toThrow(fault);
    expect(told).toEqual([fault]);
  });
});
