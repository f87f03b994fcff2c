/**
 * Streams of records that something has happened to: 30,000 of them, in `npm run soak` 100,000, or as many as `VITRINE_FUZZ`
 * says, each from a seed of its own, which a failure names. `VITRINE_FUZZ_SEED` begins elsewhere.
 */
import { describe, expect, it } from 'vitest';
import { COUNTER_BUFFER_BYTES, COUNTER_TLS } from '../../../assembly/abi/constants.js';
import type { Core } from '../../../host/core/core.js';
import { SeededRandom } from '../../../host/device/random.js';
import { TlsError } from '../../../host/tls/alert.js';
import type { CoreRecords } from '../../../host/tls/core-records.js';
import { amount } from '../../kit/soak.js';
import { bytes, FORMS, type Form, freshCore, ownRecords, plainRecord, protectedRecord } from './kit.js';

const COUNT = Number(process.env.VITRINE_FUZZ ?? amount(30_000, 100_000));
const FIRST = Number(process.env.VITRINE_FUZZ_SEED ?? 1);

describe('whatever comes', () => {
  it(
    `does not bring the record layer down: ${COUNT} streams from seed ${FIRST} on`,
    async () => {
      const core = await freshCore();
      const streams = templates();
      let [refused, opened] = [0, 0];
      const idle = core.calls.counter(COUNTER_BUFFER_BYTES);
      let pages = 0;
      for (let seed = FIRST; seed < FIRST + COUNT; seed++) {
        try {
          const outcome = run(core, streams, seed);
          if (outcome.refused) refused++;
          opened += outcome.opened;
          if (core.calls.counter(COUNTER_TLS) !== 0) throw new Error('a record layer is left');
          if (core.calls.counter(COUNTER_BUFFER_BYTES) !== idle) throw new Error('bytes of buffers are left');
        } catch (error) {
          throw new Error(`seed ${seed}: ${error}`, { cause: error });
        }
        if (seed === FIRST + 999) pages = core.bytes.length;
      }
      if (COUNT > 1000) expect(core.bytes.length, 'memory after a thousand streams and after all').toBe(pages);
      // Neither did all of them fail nor none, or the streams are not worth much.
      expect(refused).toBeGreaterThan(COUNT / 10);
      expect(opened).toBeGreaterThan(COUNT / 10);
    },
    COUNT * 5 + 30_000,
  );
});

/** A stream of records, and what it says under its keys. */
interface Template {
  form: Form | undefined;
  stream: Buffer;
  /** Where each record begins. */
  starts: number[];
  /** Content of each record, its type before it. */
  contents: Buffer[];
}

function templates(): Template[] {
  const sizes = [1, 0, 40, 300, 5, 2, 0, 1200, 16, 17];
  return [undefined, ...FORMS].map((form) => {
    const contents = sizes.map((size, index) => {
      // Application data may be empty, and without keys there is none.
      const type = form !== undefined && (size === 0 || index % 2 === 0) ? 23 : typeAt(index, form);
      return Buffer.concat([Buffer.from([type]), bytes(type === 23 ? size : Math.max(size, 1), index)]);
    });
    const records = contents.map((content, index) =>
      form === undefined
        ? plainRecord(content[0] as number, content.subarray(1))
        : protectedRecord(form, index, content[0] as number, content.subarray(1), {
            padding: form.version === 0x0304 ? index : 0,
          }),
    );
    const starts = records.map((_, index) => Buffer.concat(records.slice(0, index)).length);
    return { form, stream: Buffer.concat(records), starts, contents };
  });
}

function run(core: Core, streams: readonly Template[], seed: number): { refused: boolean; opened: number } {
  const random = new SeededRandom(seed, 77);
  const below = (limit: number) => Math.floor(random.fraction() * limit);
  const template = streams[below(streams.length)] as Template;
  const records = ownRecords(core);
  if (template.form !== undefined) records.readKeys(template.form.version, template.form.keys);
  const passes = below(4) === 0;
  records.passChangeCipherSpec(passes);
  if (below(4) === 0) records.skipEarlyData(below(2000));
  let stream = template.stream;
  for (let changes = below(4); changes > 0; changes--) stream = changed(stream, template.starts, below);
  const got: Buffer[] = [];
  let refused = false;
  for (let at = 0; at < stream.length && !refused; ) {
    const end = at + 1 + below(below(2) === 0 ? 50 : 3000);
    const part = stream.subarray(at, end);
    if (records.push(part) !== part.length) throw new Error('what was pushed found no room');
    at += part.length;
    refused = openSome(records, got);
  }
  // In a handshake of TLS 1.3 a plain alert is heard before the first protected record, which is none here.
  if (passes && template.form?.version === 0x0304) while (got[0]?.[0] === 21) got.shift();
  if (template.form !== undefined) compare(got, template.contents);
  records.free();
  return { refused, opened: got.length };
}

/** Opens what there is. @returns whether a record was refused */
function openSome(records: CoreRecords, got: Buffer[]): boolean {
  for (let calls = 0; calls < 2000; calls++) {
    try {
      const opened = records.open();
      if (opened === undefined) return false;
      got.push(Buffer.concat([Buffer.from([opened.type]), opened.bytes]));
    } catch (error) {
      if (error instanceof TlsError) return true;
      throw error;
    }
  }
  throw new Error('opening never ends');
}

/** What was opened is what was sealed, from the beginning on and in order: records of application data may be joined. */
function compare(got: readonly Buffer[], contents: readonly Buffer[]): void {
  const [seen, sealed] = [flattened(got), flattened(contents)];
  if (!sealed.subarray(0, seen.length).equals(seen)) throw new Error('bytes came out that nobody sealed');
}

/** Each byte with its type, so that joining changes nothing. */
function flattened(contents: readonly Buffer[]): Buffer {
  return Buffer.concat(
    contents.map((content) => {
      const pairs = Buffer.alloc(2 * (content.length - 1), content[0]);
      for (let index = 1; index < content.length; index++) pairs[2 * index - 1] = content[index] as number;
      return pairs;
    }),
  );
}

type Below = (limit: number) => number;

/** One thing that happens to a stream. */
function changed(stream: Buffer, starts: readonly number[], below: Below): Buffer {
  const at = below(stream.length + 1);
  const start = starts[below(starts.length)] as number;
  const copy = Buffer.from(stream);
  const noise = Buffer.from(Array.from({ length: 1 + below(40) }, () => below(256)));
  switch (below(9)) {
    case 0: // a bit
      if (at < copy.length) copy[at] = (copy[at] as number) ^ (1 << below(8));
      return copy;
    case 1: // a byte of a header
      if (start + 5 <= copy.length) copy[start + below(5)] = below(256);
      return copy;
    case 2: // the length
      if (start + 5 <= copy.length)
        copy.writeUInt16BE([0, 1, 15, 16, 17, 24, 16_384, 16_640, 65_535][below(9)] ?? 0, start + 3);
      return copy;
    case 3: // the end is missing
      return copy.subarray(0, at);
    case 4: // some bytes are missing
      return Buffer.concat([copy.subarray(0, at), copy.subarray(at + noise.length)]);
    case 5: // some bytes came in between
      return Buffer.concat([copy.subarray(0, at), noise, copy.subarray(at)]);
    case 6: // a record came in between
      return Buffer.concat([
        copy.subarray(0, start),
        plainRecord(18 + below(8), noise.subarray(0, below(20))),
        copy.subarray(start),
      ]);
    case 7: // something came twice
      return Buffer.concat([copy.subarray(0, start), copy.subarray(Math.min(at, start)), copy.subarray(start)]);
    default: // many records in between
      return Buffer.concat([
        copy.subarray(0, start),
        ...Array.from({ length: below(60) }, () => CCS),
        copy.subarray(start),
      ]);
  }
}

/** A change_cipher_spec under the keys of TLS 1.3 is always refused. */
function typeAt(index: number, form: Form | undefined): number {
  return [22, 21, form?.version === 0x0304 ? 22 : 20][index % 3] as number;
}

const CCS = plainRecord(20, Uint8Array.of(1));
