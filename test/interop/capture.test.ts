/** What Wireshark thinks of a conversation with the kernel on a wire that loses nothing. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { namespaceMissing } from '../kit/namespace.js';
import { result } from '../kit/result.js';
import { anyOf, BAD_CHECKSUM, isSet, MALFORMED, PATIENT, tshark, tsharkMissing, UNUSUAL } from './wireshark.js';

const missing = namespaceMissing() ?? tsharkMissing();
const SCRIPT = new URL('./capture-script.ts', import.meta.url);

describe.skipIf(missing).each(['offload', 'plain'])(
  `a capture, %s${missing === undefined ? '' : ` (${missing})`}`,
  (mode) => {
    let folder = '';
    let capture = '';

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'vitrine-capture-'));
      capture = join(folder, 'wire.pcapng');
      const { sent, received } = (await result(SCRIPT, ['a clean wire', mode, capture], { before: PATIENT })) as Record<
        string,
        string
      >;
      expect(sent).toBe(received);
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    test('holds the conversation', () => {
      const packets = tshark(capture, 'tcp', ['tcp.flags.syn', 'tcp.flags.fin', 'tcp.len']).map((row) =>
        row.split('\t'),
      );
      const count = (is: (packet: string[]) => boolean) => packets.filter(is).length;
      expect(count(([syn]) => isSet(syn))).toBe(4);
      expect(count(([, fin]) => isSet(fin))).toBe(4);
      expect(count(([, , length]) => Number(length) > 0)).toBeGreaterThan(mode === 'plain' ? 5000 : 100);
    });

    test('has no bad checksum, nothing malformed, nothing twice, lost or out of order: nothing to remark but flow control', () => {
      expect(tshark(capture, anyOf(BAD_CHECKSUM, MALFORMED, UNUSUAL))).toEqual([]);
    });
  },
);
