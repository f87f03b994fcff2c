/** Every option both sides may use or not, and every window scale, against the kernel; Wireshark looks at the wire. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pseudoRandomBytes, sha256 } from '../../host/cli/demo/content.js';
import { namespaceMissing } from '../kit/namespace.js';
import { result } from '../kit/result.js';
import { VITRINE } from './addresses.js';
import type { Tuned } from './options-script.js';
import { CONTENT } from './orders.js';
import { anyOf, BAD_CHECKSUM, isSet, MALFORMED, PATIENT, tshark, tsharkMissing, UNUSUAL } from './wireshark.js';

interface Variation {
  sack: number;
  timestamps: number;
  ecn: number;
  /** Of both windows, as far as buffers go; 0: neither side scales. */
  scale: number;
}

const missing = namespaceMissing() ?? tsharkMissing();
const SCRIPT = new URL('./options-script.ts', import.meta.url);
const PATIENCE = 300_000;
const LENGTH = 1024 * 1024;
/** Our largest buffer is 64 MiB. */
const OUR_LARGEST = 10;
/** The kernel's window is made for all that a program may ask for, too. */
const KERNELS_LEAST = Math.floor(Math.log2(Number(readFileSync('/proc/sys/net/core/rmem_max', 'utf8')))) - 15;

/** All eight combinations of the other options come by, and more than one with each kind of scale. */
const VARIATIONS: Variation[] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14].map((scale, index) => ({
  sack: index & 1,
  timestamps: (index >> 1) & 1,
  ecn: (index >> 2) & 1,
  scale,
}));

describe.skipIf(missing)(`over a TUN device${missing === undefined ? '' : ` (${missing})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-options-'));
  const captureOf = ({ scale }: Variation) => join(folder, `${scale}.pcapng`);
  let read: unknown[] = [];

  beforeAll(async () => {
    const rows = VARIATIONS.map((variation) => ({ capture: captureOf(variation), ...tuned(variation) }));
    read = (await result(SCRIPT, [JSON.stringify(rows satisfies Tuned[])], {
      before: PATIENT,
      timeout: PATIENCE,
    })) as unknown[];
  }, PATIENCE);
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(VARIATIONS)(
    'SACK $sack, timestamps $timestamps, ECN $ecn, window scale $scale: the right bytes, and no anomaly',
    (variation) => {
      const digest = sha256(pseudoRandomBytes(CONTENT, LENGTH));
      expect(read[VARIATIONS.indexOf(variation)]).toEqual({ sent: digest, received: digest });
      expectAgreed(captureOf(variation), variation);
    },
  );
});

function tuned({ sack, timestamps, ecn, scale }: Variation): Omit<Tuned, 'capture'> {
  const scaling = scale > 0 ? 1 : 0;
  const rmem = `4096 131072 ${2 ** (scale + 15)}`;
  return {
    sysctl: { sack, timestamps, ecn, window_scaling: scaling, rmem },
    stack: {
      receiveBuffer: 65_535 * 2 ** Math.min(scale, OUR_LARGEST),
      tcp: { sack, timestamps, ecn, windowScaling: scaling, tailProbe: 0, rtoMinimum: 5000 },
    },
  };
}

/** Both SYN-ACKs say what was to be agreed on, and there is nothing in the capture to remark on. */
function expectAgreed(capture: string, { sack, timestamps, ecn, scale }: Variation): void {
  const fields = [
    'ip.src',
    'tcp.options.sack_perm',
    'tcp.options.timestamp.tsval',
    'tcp.options.wscale.shift',
    'tcp.flags.ece',
    'tcp.checksum.status',
  ];
  const opening = 'tcp.flags.syn == 1 && tcp.flags.ack == 1';
  const odd = anyOf(BAD_CHECKSUM, MALFORMED, UNUSUAL);
  const rows = tshark(capture, anyOf(opening, odd), fields);
  expect(rows, 'two SYN-ACKs, and nothing odd').toHaveLength(2);
  for (const row of rows) {
    const [source, permitted, stamp, shift, echo, checksum] = row.split('\t');
    const ours = source === VITRINE;
    expect(permitted !== '', 'SACK permitted').toBe(sack === 1);
    expect(stamp !== '', 'timestamps').toBe(timestamps === 1);
    expect(shift).toBe(scale === 0 ? '' : String(ours ? Math.min(scale, OUR_LARGEST) : Math.max(scale, KERNELS_LEAST)));
    expect(isSet(echo), 'ECN').toBe(ecn === 1);
    expect(checksum).toBe('1');
  }
}
