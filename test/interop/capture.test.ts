/** What Wireshark thinks of a conversation with the kernel on a wire that loses nothing. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { namespaceMissing } from '../kit/namespace.js';
import { result } from '../kit/result.js';
import { anyOf, BAD_CHECKSUM, isSet, MALFORMED, tshark, tsharkMissing, UNUSUAL } from './wireshark.js';

const missing = namespaceMissing() ?? tsharkMissing();
/** A busy machine may let an answer wait: neither side repeats anything for that. */
const PATIENT = [
  'echo 0 > /proc/sys/net/ipv4/tcp_early_retrans',
  'if [ -e /proc/sys/net/ipv4/tcp_rto_min_us ]; then echo 5000000 > /proc/sys/net/ipv4/tcp_rto_min_us; fi',
];
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

    test('has no bad checksum and nothing malformed', () => {
      expect(lines(anyOf(BAD_CHECKSUM, MALFORMED))).toEqual([]);
    });

    test('has no retransmission, no gap, no duplicate ACK, nothing out of order', () => {
      const unusual = ['retransmission', 'lost_segment', 'ack_lost_segment', 'out_of_order', 'duplicate_ack'];
      expect(lines(unusual.map((name) => `tcp.analysis.${name}`).join(' || '))).toEqual([]);
    });

    test('has no flag at all besides those of flow control', () => {
      expect(lines(UNUSUAL)).toEqual([]);
    });

    function lines(filter: string): string[] {
      return tshark(capture, filter);
    }
  },
);
