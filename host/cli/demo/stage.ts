/**
 * Sets up what the demonstration plays on: a Vitrine stack on a TUN device with the kernel behind it, or on a wire in
 * memory with another Vitrine behind it; a capture and a lens on the way.
 * Not for: what is played (`script.ts`).
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PACKET_LIMIT } from '../../../assembly/abi/constants.js';
import { type Device, DeviceError } from '../../device/device.js';
import { memoryWire } from '../../device/memory.js';
import { pcap } from '../../device/pcap.js';
import { tun } from '../../device/tun.js';
import { createStack, type Stack } from '../../stack/stack.js';
import { ThrowawayAuthority } from '../certificates.js';
import type { Lens } from './lens.js';
import type { OtherSide } from './other-side.js';
import { RecordLens } from './records.js';
import { tap } from './tap.js';

export interface Stage {
  readonly stack: Stack;
  readonly other: OtherSide;
  /** What lies between the two, in words. */
  readonly between: string;
  /** Why it is not a TUN device, in words that follow "because". */
  readonly obstacle: string | undefined;
  readonly capturePath: string;
  /** Whom both sides trust, and where its certificate lies while the stage is open. */
  readonly authority: ThrowawayAuthority;
  readonly authorityPath: string;
  /** Sees the records of TLS. */
  readonly records: RecordLens;
  /** From now on packets are captured whole: what is cut can't be decrypted. */
  captureWhole(): void;
  /** Gives everything back but the capture, which is complete afterwards. Idempotent. */
  close(): Promise<void>;
}

/**
 * @param obstacle why there can't be a TUN device, if that is known already
 * @param failed hears of a device or core that failed by itself
 */
export async function openStage(
  obstacle: string | undefined,
  lens: Lens,
  failed: (error: Error) => void,
): Promise<Stage> {
  const way = obstacle === undefined ? openTun() : openWire(obstacle);
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-'));
  const capturePath = join(folder, 'demo.pcapng');
  const authority = new ThrowawayAuthority();
  const authorityPath = join(folder, 'ca.pem');
  writeFileSync(authorityPath, authority.cert);
  const capture = pcap(way.device, { path: capturePath, snapLength: SNAP_LENGTH });
  const records = new RecordLens();
  const stack = await createStack({
    device: tap(tap(capture, records.listener), lens.listener),
    addresses: [`${VITRINE_ADDRESS}/${PREFIX}`],
    error: failed,
    keylog: capture.secret,
  });
  lens.attach(stack);
  const other = await way.meet();
  return {
    stack,
    other,
    between: way.between,
    obstacle: way.obstacle,
    capturePath,
    authority,
    authorityPath,
    records,
    captureWhole() {
      capture.snapLength = PACKET_LIMIT;
    },
    async close() {
      stack.close();
      other.close();
      rmSync(authorityPath, { force: true });
      await capture.finished;
    },
  };
}

/** Throws a capture away that nobody is going to look at. */
export function discardCapture(stage: Stage): void {
  rmSync(dirname(stage.capturePath), { recursive: true, force: true });
}

export const VITRINE_ADDRESS = '10.9.0.2';

interface Way {
  device: Device;
  between: string;
  obstacle: string | undefined;
  meet(): Promise<OtherSide>;
}

function openTun(): Way {
  try {
    const device = tun({ kernelAddress: `${OTHER_ADDRESS}/${PREFIX}` });
    return {
      device,
      between: `${device.name}, a TUN device`,
      obstacle: undefined,
      meet: async () => new (await import('./kernel-side.js')).KernelSide(OTHER_ADDRESS),
    };
  } catch (error) {
    if (error instanceof DeviceError) return openWire(error.message);
    throw error;
  }
}

function openWire(obstacle: string): Way {
  const [device, far] = memoryWire();
  return {
    device,
    between: 'a wire in memory',
    obstacle,
    meet: async () => (await import('./memory-side.js')).memorySide(far, OTHER_ADDRESS, PREFIX),
  };
}

const OTHER_ADDRESS = '10.9.0.1';
const PREFIX = 24;
/** Headers and the first bytes of HTTP; 128 MiB of payload tell nobody anything. */
const SNAP_LENGTH = 256;
