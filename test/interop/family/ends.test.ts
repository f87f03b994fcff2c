/** A stack and the kernel at the two ends of a device: echo, HTTP and bulk in both families and both ways; tshark judges. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { namespaceMissing } from '../../kit/namespace.js';
import { programMissing } from '../../kit/programs.js';
import { judged } from './judge.js';
import { type Outcome, outcomeOf } from './steps.js';

const missing = namespaceMissing() ?? programMissing('ip', 'ping', 'curl', 'tshark');
const SCRIPT = new URL('./ends-script.ts', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'vitrine-family-'));
afterAll(() => rmSync(folder, { recursive: true }));

const LINKS: readonly [kind: string, mtu: number][] = [
  ['tun', 1500],
  ['plain tun', 1280],
  ['plain tun', 65_000],
  ['tap', 1500],
];

describe.skipIf(missing)(`both families${missing === undefined ? '' : ` (${missing})`}`, () => {
  describe.each(LINKS)('over a %s with an MTU of %d', (kind, mtu) => {
    const capture = join(folder, `${kind.replace(' ', '-')}-${mtu}.pcapng`);
    let outcome: Outcome = {};
    beforeAll(async () => {
      outcome = await outcomeOf(SCRIPT, [kind, String(mtu), capture]);
    }, 160_000);

    test.each(['kernel pings over IPv4', 'kernel pings over IPv6', 'kernel pings the link-local address'])(
      '%s: every size is answered',
      (step) => expect(outcome[step]).toEqual([]),
    );

    test.each(['we ping over IPv4', 'we ping over IPv6', 'we ping the link-local address'])(
      '%s: every size is answered',
      (step) => expect(outcome[step]).toEqual([]),
    );

    test.each(['curl over IPv4', 'curl over IPv6', 'curl to the link-local address'])(
      '%s reaches the listener on ::',
      (step) => expect(outcome[step]).toBe('glass'),
    );

    test.each([
      'we send over IPv6',
      'we receive over IPv6',
      'kernel sends over IPv6',
      'kernel receives over IPv6',
      'kernel sends to the link-local address',
      'we send to the link-local address',
    ])('%s: four MiB arrive as they were', (step) => expect(outcome[step]).toBe(true));

    test('a closed port refuses, at either end', () => {
      expect([outcome['refused by us'], outcome['refused by the kernel']]).toEqual(['ECONNREFUSED', 'ECONNREFUSED']);
    });

    test('tshark finds nothing malformed and no bad checksum', () => expect(judged(capture)).toEqual([]));
  });
});
