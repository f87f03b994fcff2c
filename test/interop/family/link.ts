/**
 * A stack and the kernel at the two ends of a device, each with an address of both families and a link-local one; the script
 * and its programs are the kernel's side.
 */
import { type Pcap, pcap } from '../../../host/device/pcap.js';
import { tap } from '../../../host/device/tap.js';
import { tun } from '../../../host/device/tun.js';
import type { StackOptions } from '../../../host/stack/settings.js';
import { createStack, type Stack } from '../../../host/stack/stack.js';
import { Machine } from './machine.js';

export type LinkKind = 'tun' | 'plain tun' | 'tap';

export interface Link {
  readonly stack: Stack;
  /** Name of the interface. */
  readonly name: string;
  close(): Promise<void>;
}

export interface LinkOptions extends Omit<StackOptions, 'device' | 'addresses'> {
  mtu?: number;
  /** Path of a capture. */
  capture?: string | undefined;
}

/** Opens the link; the kernel's end is in the script's own namespace. */
export async function openLink(kind: LinkKind, { mtu = 1500, capture, ...options }: LinkOptions = {}): Promise<Link> {
  const settings = { mtu, kernelAddress: [`${KERNEL4}/24`, `${KERNEL6}/64`] };
  const device = kind === 'tap' ? tap(settings) : tun({ ...settings, offload: kind === 'tun' });
  Machine.own.sh(`ip address add ${KERNEL_LOCAL}/64 dev ${device.name} nodad`);
  const outer: Pcap | typeof device = capture === undefined ? device : pcap(device, { path: capture });
  const addresses = [`${VITRINE4}/24`, `${VITRINE6}/64`, `${VITRINE_LOCAL}/64`];
  const stack = await createStack({
    ...options,
    interfaces: [{ device: outer, addresses, ipv6: { duplicateDetection: 0 } }],
  });
  return {
    stack,
    name: device.name,
    async close() {
      stack.close();
      if ('finished' in outer) await outer.finished;
    },
  };
}

export const VITRINE4 = '10.9.0.2';
export const KERNEL4 = '10.9.0.1';
export const VITRINE6 = 'fd00:9::2';
export const KERNEL6 = 'fd00:9::1';
export const VITRINE_LOCAL = 'fe80::2';
export const KERNEL_LOCAL = 'fe80::1';
