import { describe, expect, it } from 'vitest';
import { bytes, FORMS, feed, openAll, openRecord, protectedRecord, pullAll, reader, writer } from './kit.js';

describe.each(FORMS)('records of $name', (form) => {
  it('are opened by another implementation', async () => {
    const records = await writer(form);
    expect(records.send(22, bytes(100))).toBe(100);
    expect(records.send(23, bytes(20_000, 1))).toBe(20_000);
    let rest = pullAll(records);
    const seen: [number, Buffer][] = [];
    for (let sequence = 0; rest.length > 0; sequence++) {
      const record = openRecord(form, sequence, rest);
      seen.push([record.type, record.content]);
      rest = record.rest;
    }
    expect(seen.map(([type, content]) => [type, content.length])).toEqual([
      [22, 100],
      [23, 16_384],
      [23, 3616],
    ]);
    expect(Buffer.concat(seen.slice(1).map(([, content]) => content)).equals(bytes(20_000, 1))).toBe(true);
  });

  it('of another implementation are opened', async () => {
    const records = await reader(form);
    const contents = [1, 2, 15, 16, 17, 1000, 16_384].map((length) => bytes(length, length));
    for (const [sequence, content] of contents.entries()) feed(records, protectedRecord(form, sequence, 23, content));
    const [opened, ...more] = openAll(records);
    expect(more).toEqual([]);
    expect(opened?.type).toBe(23);
    expect(Buffer.concat(contents).equals(opened?.bytes as Uint8Array)).toBe(true);
  });
});
