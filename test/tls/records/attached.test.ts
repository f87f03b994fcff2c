/** Records on the rings of a TCP connection: what arrives is opened where it lies, what leaves is sealed where it goes out. */
import { describe, expect, it } from 'vitest';
import {
  COUNTER_BUFFER_BYTES,
  ERROR_STALE_HANDLE,
  ERROR_TIMED_OUT,
  OPTION_DISCARD,
  OPTION_PAUSED,
  OPTION_RECEIVE_BUFFER,
  OPTION_SEND_BUFFER,
  SETTING_RECEIVE_BUFFER,
  SETTING_RECEIVE_BUFFER_INITIAL,
  SETTING_SEND_BUFFER,
  SETTING_WINDOW_SCALING,
  TLS_OPEN_LIMIT,
} from '../../../assembly/abi/constants.js';
import { TlsError } from '../../../host/tls/alert.js';
import { CoreRecords } from '../../../host/tls/core-records.js';
import { Driver } from '../../kit/driver.js';
import { buildPacket } from '../../kit/packet.js';
import { accepted, type Timeline } from '../../kit/timeline.js';
import { bytes, FORMS, form, openAll, plainRecord, protectedRecord } from './kit.js';
import { type End, Wire } from './wire.js';

const TLS13 = form(0x0304, 'chacha20-poly1305');

describe.each(FORMS)('over a connection, $name', (form) => {
  it('bytes of odd sizes arrive both ways, through buffers that wrap', async () => {
    const small = { settings: { [SETTING_SEND_BUFFER]: 30_000, [SETTING_RECEIVE_BUFFER]: 50_000 } };
    const wire = await Wire.create(form, small);
    const [up, down] = [new Flow(wire.client, wire.server, 1), new Flow(wire.server, wire.client, 2)];
    const sizes = [1, 77, 1460, 5000, 16_384, 16_385, 40_000, 3, 100_000, 9];
    for (const size of [...sizes, ...sizes]) {
      up.offer(size);
      down.offer(size + 13);
      wire.settle(() => up.run() + down.run());
    }
    wire.pass(2000, () => up.run() + down.run());
    expect([up.left, down.left]).toEqual([0, 0]);
    expect(up.compare()).toBe(true);
    expect(down.compare()).toBe(true);
    // An idle connection holds no storage but keys.
    for (const { driver, records } of [wire.client, wire.server]) {
      records.free();
      expect(driver.calls.counter(COUNTER_BUFFER_BYTES)).toBeLessThan(1024);
    }
  });
});

describe('the receiving side', () => {
  it('hears of more bytes behind a record that is not whole', async () => {
    const { t, records } = await timelineWithRecords();
    const record = protectedRecord(TLS13, 0, 23, bytes(2500));
    injectBytes(t, 1, record.subarray(0, 1000));
    expect(t.events()).toEqual(['data']);
    expect(records.open()).toBeUndefined();
    injectBytes(t, 1001, record.subarray(1000, 2000));
    expect(t.events()).toEqual(['data']);
    expect(records.open()).toBeUndefined();
    injectBytes(t, 2001, record.subarray(2000));
    expect(t.events()).toEqual(['data']);
    expect(records.open()?.bytes).toEqual(bytes(2500));
    expect(records.open()).toBeUndefined();
  });

  it('hears of the end although an incomplete record lies there: truncation is seen', async () => {
    const { t, records } = await timelineWithRecords();
    const record = protectedRecord(TLS13, 0, 23, bytes(2500));
    injectBytes(t, 1, record.subarray(0, 1000), 'AF');
    expect(t.events()).toEqual(['data', 'end']);
    expect(records.open()).toBeUndefined();
    expect(t.state).toBe('CloseWait');
  });

  it('hears of the end when it comes alone behind an incomplete record', async () => {
    const { t, records } = await timelineWithRecords();
    injectBytes(t, 1, plainRecord(23, bytes(100)).subarray(0, 50));
    expect(t.events()).toEqual(['data']);
    expect(records.open()).toBeUndefined();
    injectBytes(t, 51, bytes(0), 'AF');
    expect(t.events()).toContain('end');
    expect(records.open()).toBeUndefined();
  });

  it('opens what came out of order once the gap is filled', async () => {
    const { t, records } = await timelineWithRecords();
    const record = protectedRecord(TLS13, 0, 22, bytes(1500));
    injectBytes(t, 1001, record.subarray(1000));
    expect(records.open()).toBeUndefined();
    injectBytes(t, 1, record.subarray(0, 1000));
    expect(records.open()).toMatchObject({ type: 22, bytes: { length: 1500 } });
  });

  it('opens what came before a reset', async () => {
    const { t, records } = await timelineWithRecords();
    injectBytes(t, 1, protectedRecord(TLS13, 0, 23, bytes(700)));
    injectBytes(t, 1 + 700 + 22, bytes(0), 'R');
    expect(t.events()).toContain('closed');
    expect(records.open()?.bytes.length).toBe(700);
    t.driver.calls.tcpRelease(t.handle);
    expect(records.open()).toBeUndefined();
    records.free();
  });

  it('forgets an open record with the bytes that the user throws away', async () => {
    const { t, records } = await timelineWithRecords();
    injectBytes(t, 1, protectedRecord(TLS13, 0, 23, bytes(10)));
    injectBytes(t, 33, protectedRecord(TLS13, 1, 22, bytes(10)));
    expect(records.open()?.type).toBe(23);
    t.option(OPTION_DISCARD, 1);
    t.take();
    expect(records.open()).toBeUndefined();
  });

  it('is told nothing while it is paused, and the window closes', async () => {
    const wire = await Wire.create(TLS13, { settings: { [SETTING_RECEIVE_BUFFER]: 40_000 } });
    const flow = new Flow(wire.client, wire.server, 5);
    wire.server.option(OPTION_PAUSED, 1);
    flow.offer(200_000);
    wire.settle(() => flow.push());
    expect(wire.server.happened()).toEqual([]);
    expect(flow.left).toBeGreaterThan(100_000);
    wire.server.option(OPTION_PAUSED, 0);
    expect(wire.server.happened()).toEqual(['data']);
    flow.run();
    wire.settle(() => flow.run());
    wire.pass(3000, () => flow.run());
    expect(flow.left).toBe(0);
    expect(flow.compare()).toBe(true);
  });

  it.each([
    ['before', 1460, 1],
    ['after', 1460, 1],
    ['before', 8960, 0],
    ['after', 8960, 0],
  ])(
    'has room for the largest record, whatever the user asked %s, segments of %i bytes',
    async (when, mss, scaling) => {
      const settings = { [SETTING_WINDOW_SCALING]: scaling, [SETTING_RECEIVE_BUFFER_INITIAL]: 2048 };
      const tls12 = form(0x0303, 'aes-128-gcm');
      const wire = await Wire.create(tls12, { mtu: mss + 40, settings });
      if (when === 'before') {
        wire.server.records.free();
        wire.server.option(OPTION_RECEIVE_BUFFER, 2048);
        const records = new CoreRecords({ core: wire.server.driver.core, wake: () => {} }, wire.server.handle);
        records.readKeys(tls12.version, tls12.keys);
        Object.assign(wire.server, { records });
      } else wire.server.option(OPTION_RECEIVE_BUFFER, 2048);
      const flow = new Flow(wire.client, wire.server, 6);
      for (let count = 0; count < 8; count++) {
        flow.offer(16_384 + 7 * count);
        wire.settle(() => flow.run());
        wire.pass(1000, () => flow.run());
        expect(flow.left).toBe(0);
      }
      expect(flow.compare()).toBe(true);
    },
  );
});

describe('the sending side', () => {
  it('finds room again when half of the buffer is empty', async () => {
    const wire = await Wire.create(TLS13);
    wire.client.option(OPTION_SEND_BUFFER, 20_000);
    expect(wire.client.records.send(23, bytes(16_000))).toBe(16_000);
    const taken = wire.client.records.send(23, bytes(16_000));
    expect(taken).toBeGreaterThan(3900);
    expect(taken).toBeLessThan(4000);
    expect(wire.client.records.send(23, bytes(100))).toBe(0);
    expect(wire.client.happened()).toEqual([]);
    wire.settle();
    expect(wire.client.happened()).toEqual(['drain']);
    expect(wire.client.records.backlog).toBe(0);
    const [first, ...rest] = openAll(wire.server.records);
    expect([first?.bytes.length, rest]).toEqual([16_000 + taken, []]);
  });

  it('has room for alerts and handshakes where application data has none', async () => {
    const wire = await Wire.create(TLS13);
    wire.cut = true;
    wire.client.option(OPTION_SEND_BUFFER, 2048);
    wire.client.records.send(23, bytes(10_000));
    expect(wire.client.records.send(23, bytes(1))).toBe(0);
    expect(wire.client.records.send(21, bytes(2))).toBe(2);
    expect(wire.client.records.send(22, bytes(100_000))).toBe(100_000);
    expect(wire.client.records.backlog).toBeGreaterThan(100_000);
    expect(() => wire.client.records.send(22, bytes(100_000))).toThrow(TlsError);
    // An alert still goes: the bound leaves room for less than a whole handshake message.
    expect(wire.client.records.send(21, bytes(2))).toBe(2);
  });

  it('takes nothing behind a FIN or on a connection that is gone', async () => {
    const wire = await Wire.create(TLS13);
    expect(wire.client.driver.calls.tcpShutdown(wire.client.handle)).toBe(0);
    expect(wire.client.records.send(23, bytes(10))).toBe(-1);
    expect(wire.client.records.send(21, bytes(2))).toBe(-1);
    wire.server.driver.calls.tcpAbort(wire.server.handle);
    expect(wire.server.records.send(21, bytes(2))).toBe(-1);
    wire.server.driver.calls.tcpRelease(wire.server.handle);
    expect(wire.server.records.send(21, bytes(2))).toBe(-1);
    expect(wire.server.records.open()).toBeUndefined();
    expect(wire.server.records.backlog).toBe(0);
    wire.server.records.free();
  });

  it('hears of a cut line as TCP does', async () => {
    const wire = await Wire.create(TLS13);
    wire.client.records.send(23, bytes(1000));
    wire.settle();
    wire.cut = true;
    wire.client.records.send(23, bytes(1000));
    for (let minute = 0; minute < 40; minute++) {
      wire.client.driver.output();
      wire.client.driver.emitted.splice(0);
      wire.client.driver.advance(60_000);
    }
    expect(wire.client.happened()).toEqual(['closed']);
    expect(wire.client.driver.calls.tcpError(wire.client.handle)).toBe(ERROR_TIMED_OUT);
    expect(wire.client.records.open()).toBeUndefined();
    expect(wire.client.records.send(23, bytes(1))).toBe(-1);
  });
});

it('a record layer needs a connection that lives', async () => {
  const driver = await Driver.create();
  expect(() => new CoreRecords({ core: driver.core, wake: () => {} }, 12_345)).toThrow(TlsError);
  expect(driver.calls.tlsNew(12_345)).toBe(ERROR_STALE_HANDLE);
});

it('a copy of memory is a snapshot of records, too', async () => {
  const { client, server } = await Wire.create(TLS13);
  client.records.send(23, bytes(12_000, 1));
  client.driver.output();
  const packets = client.driver.emitted.splice(0).map((packet) => packet.bytes);
  server.driver.input(packets.slice(0, 4));
  expect(server.records.open()).toBeUndefined(); // in the middle of a record
  server.driver.output();
  const copy = await Driver.restored(server.driver.core.snapshot(), server.driver.now);
  for (const driver of [copy, server.driver]) {
    driver.input(packets.slice(4));
    expect(driver.calls.tlsOpen(server.records.handle, TLS_OPEN_LIMIT)).toBe(23);
    expect(bytes(12_000, 1).equals(driver.core.takePieces())).toBe(true);
  }
});

/** A flow of bytes from one end to the other. */
class Flow {
  #bytes: Buffer = Buffer.alloc(0);
  #offered = 0;
  #sent = 0;
  #received: Uint8Array[] = [];

  constructor(
    private readonly from: End,
    private readonly to: End,
    private readonly seed: number,
  ) {}

  offer(length: number): void {
    this.#offered += length;
    this.#bytes = bytes(this.#offered, this.seed);
  }

  /** Bytes offered that have not arrived. */
  get left(): number {
    return this.#offered - this.#received.reduce((sum, { length }) => sum + length, 0);
  }

  push(): number {
    const taken = this.from.records.send(23, this.#bytes.subarray(this.#sent));
    this.#sent += taken;
    return taken;
  }

  run(): number {
    const taken = this.push();
    for (const opened of openAll(this.to.records)) this.#received.push(opened.bytes);
    return taken;
  }

  compare(): boolean {
    return Buffer.concat(this.#received).equals(this.#bytes);
  }
}

async function timelineWithRecords(): Promise<{ t: Timeline; records: CoreRecords }> {
  const t = await accepted();
  const records = new CoreRecords({ core: t.driver.core, wake: () => {} }, t.handle);
  records.readKeys(TLS13.version, TLS13.keys);
  return { t, records };
}

/** A segment with these bytes; what the core says to it does not matter here. */
function injectBytes(t: Timeline, seq: number, data: Uint8Array, flags = 'A'): void {
  t.injectRaw(buildPacket({ ...t.packet({ seq, flags }), data }));
  t.take();
}
