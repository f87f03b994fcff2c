/** What Wireshark thinks of a conversation with the kernel on a wire that loses nothing. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { namespaceMissing } from '../kit/namespace.js';
import { result } from '../kit/result.js';

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
      const { sent, received } = (await result(SCRIPT, ['a clean wire', mode, capture])) as Record<string, string>;
      expect(sent).toBe(received);
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    test('holds the conversation', () => {
      expect(lines('tcp.flags.syn == 1').length).toBe(4);
      expect(lines('tcp.flags.fin == 1').length).toBe(4);
      expect(lines('tcp.len > 0').length).toBeGreaterThan(mode === 'plain' ? 5000 : 100);
    });

    test('has no bad checksum and nothing malformed', () => {
      expect(lines('ip.checksum.status != 1 || tcp.checksum.status != 1')).toEqual([]);
      expect(lines('_ws.malformed || _ws.expert.severity == error')).toEqual([]);
    });

    test('has no retransmission, no gap, no duplicate ACK, nothing out of order', () => {
      const unusual = ['retransmission', 'lost_segment', 'ack_lost_segment', 'out_of_order', 'duplicate_ack'];
      expect(lines(unusual.map((name) => `tcp.analysis.${name}`).join(' || '))).toEqual([]);
    });

    test('has no flag at all besides those of flow control', () => {
      const usual = ['window_update', 'window_full', 'zero_window', 'zero_window_probe', 'zero_window_probe_ack'];
      const rest = usual.map((name) => `!tcp.analysis.${name}`).join(' && ');
      expect(lines(`tcp.analysis.flags && ${rest}`)).toEqual([]);
    });

    function lines(filter: string): string[] {
      const checks = ['-o', 'ip.check_checksum:TRUE', '-o', 'tcp.check_checksum:TRUE'];
      // The payload is random: sooner or later it looks like some protocol, and a malformed one at that.
      const plain = ['-d', 'tcp.port==0-65535,data'];
      const output = execFileSync('tshark', ['-r', capture, ...checks, ...plain, '-Y', filter], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
        maxBuffer: 1 << 28,
      });
      return output.split('\n').filter(Boolean);
    }
  },
);

function tsharkMissing(): string | undefined {
  if (process.env.CI) return undefined;
  return spawnSync('tshark', ['--version']).status === 0 ? undefined : 'skipped: there is no tshark here';
}
