/** Scanners, and tools that send what should not be, against a stack on an Ethernet link: it stays what it was. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { namespaceMissing } from '../../kit/namespace.js';
import { programMissing } from '../../kit/programs.js';
import { judged } from './judge.js';
import { type Outcome, outcomeOf } from './steps.js';

const missing = namespaceMissing() ?? programMissing('ip', 'ping', 'nmap', 'atk6-thcsyn6', 'socat', 'scapy', 'tshark');
const SCRIPT = new URL('./hostile-script.ts', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'vitrine-hostile-'));
const capture = join(folder, 'hostile.pcapng');
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(missing)(`a hostile link${missing === undefined ? '' : ` (${missing})`}`, () => {
  let outcome: Outcome = {};
  beforeAll(async () => {
    outcome = await outcomeOf(SCRIPT, [capture]);
  }, 160_000);

  test.each(['four', 'six'] as const)('nmap tells open ports from closed ones, family %s', (family) => {
    for (const line of ['22/tcp  closed', '80/tcp  open', '443/tcp closed', '53/udp  open', '123/udp closed']) {
      expect(reports()[family]).toMatch(new RegExp(`^${line} `, 'm'));
    }
  });

  test("sequence numbers are as hard to guess as the kernel's", () => {
    const difficulty = (report: string) => Number(/TCP Sequence Prediction: Difficulty=(\d+)/.exec(report)?.[1]);
    // Eight times the logarithm of a deviation that is estimated from six numbers: that much is chance.
    expect(difficulty(reports().four)).toBeGreaterThan(difficulty(reports().kernels) - 24);
    expect(difficulty(reports().four)).toBeGreaterThan(230);
  });

  test("identifications tell nothing, as the kernel's", () => {
    expect(reports().four).toMatch(/IP ID Sequence Generation: (All zeros|Randomized)/);
  });

  test('all attacks of thc-ipv6 at once run their time', () => {
    expect((outcome.attacks as string[]).filter(Boolean)).toEqual([]);
  });

  test('packets with random fields change nothing', () => expect(outcome.scapy).toBeGreaterThan(50));

  test('memory is bounded: what is held at most takes less than a MiB', () => {
    expect((outcome.after as number) - (outcome.before as number)).toBeLessThanOrEqual(1 << 20);
    // A SYN of the last seconds may still be answered again.
    const { connections, halfOpen, listeners } = outcome.states as Record<string, number>;
    expect(connections).toBe(halfOpen);
    expect(listeners).toBe(1);
  });

  test('addresses and routes that anybody advertises are bounded', () => {
    expect(outcome.addresses).toBeLessThanOrEqual(32);
    expect(outcome.routes).toBeLessThanOrEqual(128);
  });

  test.each(['still there over IPv4', 'still there over IPv6'])('%s', (step) => expect(outcome[step]).toBe(true));

  test('sends nothing itself that tshark finds malformed or with a bad checksum', () => {
    expect(judged(capture, `eth.src != ${outcome['hardware address']}`)).toEqual([]);
  });

  function reports(): { four: string; six: string; kernels: string } {
    return outcome.nmap as ReturnType<typeof reports>;
  }
});
