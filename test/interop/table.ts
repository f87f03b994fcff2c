/**
 * The frame of an interop script: a stack on a TUN device, a process on the kernel's side, and one case out of many.
 *
 *   script.ts CASE offload|plain [argument]   prints what the case gives as one line of JSON
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Channel } from '../../host/cli/http/channel.js';
import { channelHandlers } from '../../host/cli/http/channel.js';
import type { Device } from '../../host/device/device.js';
import { type Pcap, pcap } from '../../host/device/pcap.js';
import { tun } from '../../host/device/tun.js';
import type { TCPSocketListener } from '../../host/socket/listener.js';
import type { StackOptions } from '../../host/stack/settings.js';
import { createStack, type Stack } from '../../host/stack/stack.js';
import { KERNEL, PREFIX, VITRINE } from './addresses.js';
import { Kernel } from './kernel.js';

export interface Table {
  readonly stack: Stack;
  readonly kernel: Kernel;
  /** What came behind the mode on the command line. */
  readonly argument: string;
  /** Connects to a port of the kernel's. */
  connect(port: number): Promise<Channel>;
  /** Listens; `serve` gets every connection, and ends it. */
  listen(serve: (channel: Channel) => Promise<void>): TCPSocketListener<Channel | undefined>;
}

/** How the stack of a script differs from others. */
export interface Setting {
  readonly wrap?: (device: Device) => Device;
  readonly stack?: Pick<StackOptions, 'tcp' | 'receiveBuffer'>;
}

type Place = Pick<Table, 'kernel' | 'argument'> & { readonly mode: string };

/** Plays the case that the command line names; a capture is written when the argument ends so. */
export async function play(
  cases: Record<string, (table: Table) => Promise<unknown>>,
  setting: Setting = {},
): Promise<void> {
  const [name = '', mode = '', argument = ''] = process.argv.slice(2);
  const kernel = new Kernel();
  const result = await atTable({ mode, argument, kernel, ...setting }, async (table) => cases[name]?.(table));
  console.log(JSON.stringify(result));
  kernel.close();
}

/** What a case gives that has a device and a stack of its own; its capture is complete then. */
export async function atTable<Result>(
  { mode, argument, kernel, wrap = (device) => device, stack: options = {} }: Setting & Place,
  play: (table: Table) => Promise<Result>,
): Promise<Result> {
  const device = tun({ kernelAddress: `${KERNEL}/${PREFIX}`, offload: mode === 'offload' });
  const outer: Device | Pcap = argument.endsWith('.pcapng') ? pcap(device, { path: argument }) : wrap(device);
  const stack = await createStack({ ...options, device: outer, addresses: [`${VITRINE}/${PREFIX}`] });
  const result = await play({
    stack,
    kernel,
    argument,
    connect: (port) => connect(stack, port),
    listen: (serve) => listen(stack, serve),
  });
  stack.close();
  if ('finished' in outer) await outer.finished;
  return result;
}

/** What `look` gives once it has stayed the same for half a second. */
export async function settled<Value>(look: () => Value | Promise<Value>): Promise<Value> {
  for (let before = JSON.stringify(await look()); ; ) {
    await delay(500);
    const value = await look();
    const now = JSON.stringify(value);
    if (now === before) return value;
    before = now;
  }
}

async function connect(stack: Stack, port: number): Promise<Channel> {
  let opened: Channel | undefined;
  const socket = channelHandlers((channel) => {
    opened = channel;
  });
  await stack.connect<Channel | undefined>({ hostname: KERNEL, port, allowHalfOpen: true, socket });
  return opened as Channel;
}

function listen(stack: Stack, serve: (channel: Channel) => Promise<void>): TCPSocketListener<Channel | undefined> {
  const socket = channelHandlers((channel) => void serve(channel));
  return stack.listen<Channel | undefined>({ hostname: VITRINE, port: 0, allowHalfOpen: true, socket });
}
