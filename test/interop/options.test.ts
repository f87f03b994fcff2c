/** Every option both sides may use or not, and every window scale, against the kernel; Wireshark looks at the wire. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pseudoRandomBytes, sha256 } from '../../host/cli/demo/content.js';
import { namespaceMissing } from '../kit/namespace.js';
import { result } from '../kit/result.js';
import { VITRINE } from './addresses.js';
import { CONTENT } from './orders.js';
import { anyOf, BAD_CHECKSUM, isSet, MALFORMED, tshark, tsharkMissing, UNUSUAL } from './wireshark.js';

interface Variation {
  sack: number;
  timestamps: number;
  ecn: number;
  /** Of both windows, as far as buffers go; 0: neither side scales. */
  scale: number;
}

const missing = namespaceMissing() ?? tsharkMissing();
const SCRIPT = new URL('./options-script.ts', import.meta.url);
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
  test.each(VARIATIONS)(
    'SACK $sack, timestamps $timestamps, ECN $ecn, window scale $scale: the right bytes, and no anomaly',
    async (variation) => {
      const folder = mkdtempSync(join(tmpdir(), 'vitrine-options-'));
      try {
        const capture = join(folder, 'wire.pcapng');
        const outcome = await result(SCRIPT, ['both ways', 'plain', capture], { ...environment(variation) });
        const digest = sha256(pseudoRandomBytes(CONTENT, LENGTH));
        expect(outcome).toEqual({ sent: digest, received: digest });
        expectAgreed(capture, variation);
        expectClean(capture);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});

function environment({ sack, timestamps, ecn, scale }: Variation) {
  const scaling = scale > 0 ? 1 : 0;
  // Without tail loss probes on both sides, which come when a busy machine lets an answer wait for some milliseconds.
  const sysctl = {
    sack,
    timestamps,
    ecn,
    window_scaling: scaling,
    early_retrans: 0,
    rmem: `4096 131072 ${2 ** (scale + 15)}`,
  };
  return {
    before: Object.entries(sysctl).map(([name, value]) => `echo "${value}" > /proc/sys/net/ipv4/tcp_${name}`),
    env: {
      VITRINE_STACK: JSON.stringify({
        receiveBuffer: 65_535 * 2 ** Math.min(scale, OUR_LARGEST),
        tcp: { sack, timestamps, ecn, windowScaling: scaling, tailProbe: 0 },
      }),
    },
  };
}

/** Both SYN-ACKs say what was to be agreed on. */
function expectAgreed(capture: string, { sack, timestamps, ecn, scale }: Variation): void {
  const fields = [
    'ip.src',
    'tcp.options.sack_perm',
    'tcp.options.timestamp.tsval',
    'tcp.options.wscale.shift',
    'tcp.flags.ece',
  ];
  const rows = tshark(capture, 'tcp.flags.syn == 1 && tcp.flags.ack == 1', fields);
  expect(rows).toHaveLength(2);
  for (const row of rows) {
    const [source, permitted, stamp, shift, echo] = row.split('\t');
    const ours = source === VITRINE;
    expect(permitted !== '', 'SACK permitted').toBe(sack === 1);
    expect(stamp !== '', 'timestamps').toBe(timestamps === 1);
    expect(shift).toBe(scale === 0 ? '' : String(ours ? Math.min(scale, OUR_LARGEST) : Math.max(scale, KERNELS_LEAST)));
    expect(isSet(echo), 'ECN').toBe(ecn === 1);
  }
}

function expectClean(capture: string): void {
  expect(tshark(capture, anyOf(BAD_CHECKSUM, MALFORMED, UNUSUAL))).toEqual([]);
}
