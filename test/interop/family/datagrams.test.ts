/** UDP between a stack and the kernel: datagrams of every size, in fragments where they have to be, and refusals. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { namespaceMissing } from '../../kit/namespace.js';
import { programMissing } from '../../kit/programs.js';
import { judged } from './judge.js';
import { type Outcome, outcomeOf } from './steps.js';

const missing = namespaceMissing() ?? programMissing('ip', 'tshark');
const SCRIPT = new URL('./datagrams-script.ts', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'vitrine-datagrams-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(missing)(`datagrams${missing === undefined ? '' : ` (${missing})`}`, () => {
  describe.each(['tun', 'tap'])('over a %s', (kind) => {
    const capture = join(folder, `${kind}.pcapng`);
    let outcome: Outcome = {};
    beforeAll(async () => {
      outcome = await outcomeOf(SCRIPT, [kind, capture]);
    }, 160_000);

    test.each(['kernel asks over IPv4', 'kernel asks over IPv6', 'we ask over IPv4', 'we ask over IPv6'])(
      '%s: from 0 to 65,507 bytes, all come back as they were',
      (step) => expect(outcome[step]).toEqual([]),
    );

    test.each([
      'refused by us over IPv4',
      'refused by us over IPv6',
      'refused by the kernel over IPv4',
      'refused by the kernel over IPv6',
    ])('%s: who asked hears of it', (step) => expect(outcome[step]).toBe('ECONNREFUSED'));

    test('tshark finds nothing malformed and no bad checksum', () => expect(judged(capture)).toEqual([]));
  });
});
