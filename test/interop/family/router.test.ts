/** Two machines on the kernel's network with a stack between them that forwards: programs meet a router. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { namespaceMissing } from '../../kit/namespace.js';
import { programMissing } from '../../kit/programs.js';
import { judged } from './judge.js';
import { type Outcome, outcomeOf } from './steps.js';

const missing = namespaceMissing() ?? programMissing('ip', 'ping', 'traceroute', 'tracepath', 'iperf3', 'tshark');
const SCRIPT = new URL('./router-script.ts', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'vitrine-router-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(missing)(`a router${missing === undefined ? '' : ` (${missing})`}`, () => {
  describe.each(['tun', 'tap'])('between two %s devices', (kind) => {
    const capture = join(folder, `${kind}.pcapng`);
    let outcome: Outcome = {};
    beforeAll(async () => {
      outcome = await outcomeOf(SCRIPT, [kind, capture]);
    }, 160_000);

    test.each([
      ['traceroute over IPv4', '10.1.0.1', '10.2.0.2'],
      ['traceroute over IPv6', 'fd00:1::1', 'fd00:2::2'],
      ['traceroute by echo over IPv4', '10.1.0.1', '10.2.0.2'],
      ['traceroute by echo over IPv6', 'fd00:1::1', 'fd00:2::2'],
    ])('%s shows it and what is behind it', (step, near, far) => {
      expect(outcome[step]).toEqual([
        expect.stringMatching(`^ 1  ${near}  [\\d.]+ ms$`),
        expect.stringMatching(`^ 2  ${far}  [\\d.]+ ms$`),
      ]);
    });

    test.each(['path MTU over IPv4', 'path MTU over IPv6'])('%s: tracepath finds the narrow link', (step) => {
      expect((outcome[step] as string[]).at(-1)).toMatch(/Resume: pmtu 1400 hops 2/);
    });

    test.each(['a large ping over IPv4', 'a large ping over IPv6'])('%s passes in fragments', (step) => {
      expect(outcome[step]).toMatch(/20008 bytes from/);
    });

    if (kind === 'tap')
      test('says that nobody is there', () => {
        expect(outcome['nobody there, over IPv4']).toMatch(/From 10\.1\.0\.1 .*Destination Host Unreachable/);
        expect(outcome['nobody there, over IPv6']).toMatch(
          /From fd00:1::1 .*Destination unreachable: Address unreachable/,
        );
      });

    test.each(['iperf3 over IPv4', 'iperf3 over IPv6', 'iperf3 back over IPv4', 'iperf3 back over IPv6'])(
      '%s passes',
      (step) => expect(outcome[step]).toMatchObject({ rate: expect.any(Number) }),
    );

    test('passes datagrams on and loses hardly any', () => {
      expect(outcome['iperf3 of datagrams']).toMatchObject({ rate: expect.any(Number) });
      expect((outcome['iperf3 of datagrams'] as { lost: number }).lost).toBeLessThan(5);
    });

    test('tshark finds nothing malformed and no bad checksum', () => expect(judged(capture)).toEqual([]));
  });
});
