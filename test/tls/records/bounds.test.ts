/** What a record layer may hold, how long its keys may be used, and that nothing of them is left. */
import { describe, expect, it } from 'vitest';
import {
  COUNTER_BUFFER_BYTES,
  COUNTER_TLS,
  ERROR_INVALID,
  ERROR_NO_BUFFERS,
  ERROR_STALE_HANDLE,
  SETTING_MEMORY_LIMIT,
  TLS_OPTION_FRAGMENT,
  TLS_OPTION_PASS,
  TLS_OPTION_READ_VERSION,
  TLS_OPTION_RECORD_VERSION,
  TLS_READ,
  TLS_WRITE,
} from '../../../assembly/abi/constants.js';
import type { Core } from '../../../host/core/core.js';
import { TlsError } from '../../../host/tls/alert.js';
import type { CoreRecords } from '../../../host/tls/core-records.js';
import {
  bytes,
  carry,
  FORMS,
  feed,
  form,
  freshCore,
  openAll,
  openRecord,
  ownRecords,
  pullAll,
  reader,
  writer,
} from './kit.js';

const TLS13 = form(0x0304, 'aes-128-gcm');

describe('rings of its own', () => {
  it('take 64 KiB and one record of the largest size, and give the storage back', async () => {
    const core = await freshCore();
    const before = core.calls.counter(COUNTER_BUFFER_BYTES);
    const records = ownRecords(core);
    expect(records.push(bytes(200_000))).toBe(65_536 + 5 + 16_384 + 2048);
    expect(records.push(bytes(1))).toBe(0);
    records.free();
    expect(core.calls.counter(COUNTER_BUFFER_BYTES)).toBe(before);
  });

  it('hold 256 KiB of application data, and 160 KiB beyond of what is not', async () => {
    const core = await freshCore();
    const records = await writer(TLS13, core);
    const taken = records.send(23, bytes(1_000_000));
    expect(records.send(23, bytes(100))).toBe(0);
    expect(records.backlog).toBeLessThanOrEqual(1 << 18);
    expect(records.backlog).toBeGreaterThan((1 << 18) - 100);
    expect(records.send(22, bytes(150_000))).toBe(150_000);
    expect(() => records.send(22, bytes(16_384))).toThrow('does not take');
    expect(records.backlog).toBeLessThanOrEqual((1 << 18) + (160 << 10));
    const keys = core.calls.counter(COUNTER_BUFFER_BYTES) - (1 << 19);
    const all = pullAll(records);
    expect(all.length).toBeGreaterThan(taken + 150_000);
    expect(records.backlog).toBe(0);
    expect(core.calls.counter(COUNTER_BUFFER_BYTES)).toBe(keys);
  });

  it('give what they took back whenever they are empty', async () => {
    const core = await freshCore();
    const [a, b] = [await writer(TLS13, core), await reader(TLS13, core)];
    const idle = core.calls.counter(COUNTER_BUFFER_BYTES);
    for (let round = 0; round < 5; round++) {
      a.send(23, bytes(30_000));
      carry(a, b, 999);
      expect(openAll(b).reduce((sum, opened) => sum + opened.bytes.length, 0)).toBe(30_000);
      expect(core.calls.counter(COUNTER_BUFFER_BYTES)).toBe(idle);
    }
  });

  it('are not there for a connection’s records, nor is the connection’s for them', async () => {
    const core = await freshCore();
    const records = ownRecords(core);
    expect(core.calls.tlsCommit(records.handle, 1)).toBe(ERROR_INVALID);
    expect(core.calls.tlsReserve(records.handle, 10)).toBe(10);
    expect(core.calls.tlsCommit(records.handle, 1000)).toBe(ERROR_INVALID);
  });
});

describe('a call of open', () => {
  it('gives 64 KiB of application data at most', async () => {
    const core = await freshCore();
    const [a, b] = [await writer(TLS13, core), await reader(TLS13, core)];
    a.send(23, bytes(81_000));
    expect(b.push(pullAll(a))).toBeGreaterThan(81_000);
    expect(openAll(b).map((opened) => opened.bytes.length)).toEqual([65_536, 81_000 - 65_536]);
  });

  it('gives as many small records as the result area can name', async () => {
    const core = await freshCore();
    const [a, b] = [await writer(TLS13, core), await reader(TLS13, core)];
    for (let index = 0; index < 300; index++) a.send(23, Uint8Array.of(index & 255));
    carry(a, b);
    const all = openAll(b).map((opened) => opened.bytes);
    expect(all.map(({ length }) => length).reduce((sum, length) => sum + length, 0)).toBe(300);
    expect(all.length).toBe(3);
    expect([...Buffer.concat(all)]).toEqual(Array.from({ length: 300 }, (_, index) => index & 255));
  });
});

describe('records that are sent', () => {
  it('are as large as the user wants, 512 to 16384 bytes', async () => {
    const records = await writer(TLS13);
    records.setMaxSendFragment(512);
    records.send(23, bytes(1300));
    records.send(22, bytes(600));
    const lengths: number[] = [];
    let rest = pullAll(records);
    for (let sequence = 0; rest.length > 0; sequence++) {
      const record = openRecord(TLS13, sequence, rest);
      lengths.push(record.content.length);
      rest = record.rest;
    }
    expect(lengths).toEqual([512, 512, 276, 512, 88]);
    for (const size of [0, 511, 16_385, -1]) expect(() => records.setMaxSendFragment(size)).toThrow(RangeError);
  });

  it('have the version that is asked for while there are no keys', async () => {
    const records = ownRecords(await freshCore());
    records.send(22, bytes(1));
    records.setRecordVersion(0x0301);
    records.send(22, bytes(1));
    expect(pullAll(records).toString('hex')).toBe('160303000100' + '160301000100');
    for (const version of [0x0300, 0x0304, 0]) expect(() => records.setRecordVersion(version)).toThrow(RangeError);
  });

  it('are never application data without keys', async () => {
    const records = ownRecords(await freshCore());
    expect(records.send(23, bytes(10))).toBe(-1);
    expect(records.pull()).toBeUndefined();
  });
});

describe.each(FORMS)('keys of $name', (form) => {
  it('seal no more records than they may; a change of keys and an alert still fit', async () => {
    const core = await freshCore();
    const records = await writer(form, core);
    records.limitSeals(100);
    expect(records.sealsLeft).toBe(36);
    for (let count = 0; count < 36; count++) expect(records.send(23, bytes(1))).toBe(1);
    expect(records.sealsLeft).toBe(0);
    expect(() => records.send(23, bytes(1))).toThrow(TlsError);
    for (let count = 0; count < 64; count++) expect(records.send(21, bytes(2))).toBe(2);
    expect(() => records.send(21, bytes(2))).toThrow('as many records as they may');
    const other = await reader(form, core);
    carry(records, other);
    expect(openAll(other).length).toBe(1 + 64);
    records.writeKeys(form.version, form.keys);
    expect(records.send(23, bytes(1))).toBe(1);
  });

  it('may seal as many records as RFC 8446 §5.5 allows', async () => {
    const records = await writer(form);
    const expected = form.keys.aead === 'chacha20-poly1305' ? 2 ** 63 : Math.floor(2 ** 24.5) - 64;
    expect(records.sealsLeft).toBe(expected);
  });

  it('leave nothing behind when they are replaced or freed', async () => {
    const core = await freshCore();
    const key = Buffer.from(form.keys.key);
    const copies = () => count(core, key);
    const records = ownRecords(core);
    const before = copies();
    const keys = { ...form.keys };
    records.readKeys(form.version, keys);
    records.writeKeys(form.version, keys);
    expect(core.bytes.subarray(core.calls.resultArea(), core.calls.resultArea() + 44).every((byte) => byte === 0)).toBe(
      true,
    );
    records.send(23, bytes(100));
    pullAll(records);
    const zero = { ...form.keys, key: new Uint8Array(key.length), iv: new Uint8Array(form.keys.iv.length) };
    const iv = Buffer.from(form.keys.iv);
    records.readKeys(form.version, zero);
    records.free();
    expect(copies()).toBe(before);
    if (iv.length === 12) expect(count(core, iv)).toBe(0);
    expect(core.calls.tlsOpen(records.handle, 1)).toBe(ERROR_STALE_HANDLE);
  });
});

describe('a handle', () => {
  it('that is stale names nothing', async () => {
    const core = await freshCore();
    const { handle } = ownRecords(core);
    expect(core.calls.counter(COUNTER_TLS)).toBe(1);
    expect(core.calls.tlsFree(handle)).toBe(0);
    expect(core.calls.counter(COUNTER_TLS)).toBe(0);
    const { calls } = core;
    const answers = [
      calls.tlsFree(handle),
      calls.tlsOption(handle, TLS_OPTION_PASS, 1),
      calls.tlsKeys(handle, TLS_READ, 1),
      calls.tlsReserve(handle, 1),
      calls.tlsCommit(handle, 1),
      calls.tlsTake(handle, 1),
      calls.tlsBacklog(handle),
      calls.tlsOpen(handle, 1),
      calls.tlsSealReserve(handle, 22, 1),
      calls.tlsSealCommit(handle, 22, 1),
      calls.tlsSealsLeft(handle),
      calls.tlsOpen(0, 1),
      calls.tlsOpen(-1, 1),
    ];
    expect(new Set(answers)).toEqual(new Set([ERROR_STALE_HANDLE]));
  });

  it('refuses what means nothing', async () => {
    const core = await freshCore();
    const { handle } = ownRecords(core);
    const { calls } = core;
    const answers = [
      calls.tlsOption(handle, 0, 0),
      calls.tlsOption(handle, 99, 0),
      calls.tlsOption(handle, TLS_OPTION_READ_VERSION, 0x0302),
      calls.tlsOption(handle, TLS_OPTION_RECORD_VERSION, 0x0400),
      calls.tlsOption(handle, TLS_OPTION_FRAGMENT, 1),
      calls.tlsKeys(handle, TLS_WRITE, 1), // no version was said
      calls.tlsSealReserve(handle, 24, 1),
      calls.tlsSealReserve(handle, 23, 1),
      calls.tlsSealCommit(handle, 22, 1), // nothing was reserved
    ];
    expect(answers.every((answer) => answer === ERROR_INVALID)).toBe(true);
    calls.tlsOption(handle, TLS_OPTION_READ_VERSION, 0x0304);
    for (const cipher of [0, 4, 255]) expect(calls.tlsKeys(handle, TLS_READ, cipher)).toBe(ERROR_INVALID);
    expect(calls.tlsKeys(handle, 2, 1)).toBe(ERROR_INVALID);
    expect(calls.tlsSealReserve(handle, 22, 10)).toBe(10);
    expect(calls.tlsSealCommit(handle, 21, 10)).toBe(ERROR_INVALID);
    expect(calls.tlsSealReserve(handle, 22, 10)).toBe(10);
    expect(calls.tlsSealCommit(handle, 22, 11)).toBe(ERROR_INVALID);
    expect(calls.tlsTake(handle, 100)).toBe(0);
  });
});

it('without memory a call says so, and what is there stays as it was', async () => {
  const core = await freshCore();
  const [a, b] = [await writer(TLS13, core), await reader(TLS13, core)];
  a.send(23, bytes(1000));
  core.calls.configure(SETTING_MEMORY_LIMIT, 1 << 23);
  const hungry: CoreRecords[] = [];
  const starve = () => {
    for (;;) {
      const records = ownRecords(core);
      hungry.push(records);
      records.push(bytes(80_000));
    }
  };
  expect(starve).toThrow(TlsError);
  expect(core.calls.tlsReserve(hungry.at(-1)?.handle ?? 0, 80_000)).toBe(ERROR_NO_BUFFERS);
  expect(a.send(23, bytes(200_000))).toBeLessThan(200_000);
  for (const records of hungry) records.free();
  feed(b, pullAll(a));
  expect(b.open()?.bytes.length).toBeGreaterThanOrEqual(1000);
});

/** How often bytes occur in memory. */
function count(core: Core, needle: Buffer): number {
  const memory = Buffer.from(core.bytes.buffer);
  let found = 0;
  for (let at = memory.indexOf(needle); at >= 0; at = memory.indexOf(needle, at + 1)) found++;
  return found;
}
