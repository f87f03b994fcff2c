/** A stack that is told nothing finds its addresses, routes and name servers by dnsmasq and radvd. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { namespaceMissing } from '../../kit/namespace.js';
import { programMissing } from '../../kit/programs.js';
import { judged } from './judge.js';
import { type Outcome, outcomeOf } from './steps.js';

const missing = namespaceMissing() ?? programMissing('ip', 'ping', 'dnsmasq', 'radvd', 'tshark');
const SCRIPT = new URL('./services-script.ts', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'vitrine-services-'));
const capture = join(folder, 'services.pcapng');
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(missing)(`a stack that is told nothing${missing === undefined ? '' : ` (${missing})`}`, () => {
  let outcome: Outcome = {};
  beforeAll(async () => {
    outcome = await outcomeOf(SCRIPT, [capture]);
  }, 160_000);

  test('gets an address from dnsmasq, and is reached at it', () => {
    expect(outcome['an address by DHCP']).toMatchObject({ prefixLength: 24, answers: true });
    expect(outcome['a route by DHCP']).toMatchObject([{ via: '10.7.0.1' }]);
  });

  test('makes itself an address with what radvd advertises, and is reached at it', () => {
    expect(outcome['an address by SLAAC']).toMatchObject({ prefixLength: 64, automatic: true, answers: true });
    expect(outcome['a route by SLAAC']).toMatchObject([{ via: 'fe80::1%1' }]);
  });

  test('asks the name servers that they have named', () => {
    expect(outcome['name servers'], 'of DHCP, then of RDNSS').toEqual(['10.7.0.1', 'fd00:7::1']);
    expect(outcome['A and AAAA']).toEqual(
      expect.arrayContaining([
        { address: '10.7.0.9', family: 4 },
        { address: 'fd00:7::9', family: 6 },
      ]),
    );
    expect(outcome.CNAME).toMatchObject([[{ type: 'CNAME' }], { address: '10.7.0.9', family: 4 }]);
    expect(outcome.NXDOMAIN).toBe('ENOTFOUND');
  });

  test('asks again over TCP for an answer that was cut short', () => expect(outcome['truncated TXT']).toBe(true));

  test('renews the lease in time and gives it back at the end', () => {
    expect(outcome['a renewal']).toBe(true);
    expect(outcome['released at the end']).toBe(true);
  });

  test('sends nothing that tshark finds malformed or with a bad checksum', () => expect(judged(capture)).toEqual([]));
});
