/**
 * What `tap.test.ts` runs in a network namespace: `tap-script.ts CASE` prints the case's result as one line of JSON.
 */
import { execFileSync, spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../host/core/clock.js';
import { formatHardwareAddress, parseHardwareAddress } from '../../host/core/hardware-address.js';
import type { DeviceError } from '../../host/device/device.js';
import { openDevice } from '../../host/device/kernel/open.js';
import { tap } from '../../host/device/tap.js';
import { tun } from '../../host/device/tun.js';
import { createStack } from '../../host/stack/stack.js';
import { TestPort } from './port.js';

const OURS = '02:00:5e:10:00:02';
const OPTIONS = { name: 'glass%d', kernelAddress: '10.9.0.1/24', addresses: ['10.9.0.2/24'], hardwareAddress: OURS };

const cases: Record<string, () => unknown> = {
  described() {
    const kernelAddress = ['10.9.0.1/24', 'fd00:9::1/64', 'fd00:a::1/64'];
    const device = tap({ ...OPTIONS, mtu: 9000, kernelAddress });
    const { name, mtu, linkType, hardwareAddress, offloads } = device;
    const [link] = JSON.parse(ip('-j', 'address', 'show', 'dev', name));
    return {
      name,
      mtu,
      linkType,
      hardwareAddress,
      offloads,
      kernel: { link: link.link_type, mtu: link.mtu, up: link.flags.includes('UP'), addresses: globals(link) },
    };
  },

  'described tun'() {
    const { name } = tun({ kernelAddress: ['10.9.0.1/24', 'fd00:9::1/64'] });
    return globals(JSON.parse(ip('-j', 'address', 'show', 'dev', name))[0]);
  },

  'two addresses': () => [tap().hardwareAddress, tap().hardwareAddress],

  async frames() {
    const port = new TestPort(tap(OPTIONS), systemClock());
    spawn('ping', ['-c', '1', '-W', '5', '10.9.0.2'], { stdio: 'ignore' }).unref();
    const question = await next(port, (frame) => typeOf(frame) === 0x0806);
    port.write(answerTo(question));
    const echo = await next(port, (frame) => typeOf(frame) === 0x0800);
    return { question: described(question), echo: described(echo) };
  },

  'both ping': () => bothPing(),

  'other kind'() {
    const open = (kind: 'tun' | 'tap') => openDevice({ kind, name: `${kind}0`, ...OPEN }).descriptor;
    const [cable, packets] = [open('tap'), open('tun')];
    return [thrown(() => tap({ fd: packets })), thrown(() => tun({ fd: cable }))];
  },

  adopted() {
    const { descriptor } = openDevice({ kind: 'tap', name: 'given0', ...OPEN });
    const { name, mtu } = tap({ fd: descriptor });
    return { name, mtu };
  },
};

/** A stack at the other end of the cable: each pings the other, in both families. */
async function bothPing(): Promise<unknown> {
  const kernelAddress = ['10.9.0.1/24', 'fd00:9::1/64'];
  const device = tap({ ...OPTIONS, kernelAddress, addresses: ['10.9.0.2/24', 'fd00:9::2/64'] });
  const stack = await createStack({ device });
  await stack.configuration.configured;
  // The kernel, too, looks first whether anybody has its address.
  while (ip('-6', 'address', 'show', 'tentative').includes('fd00:9::1')) await pause(100);
  const ours = [await stack.ping('10.9.0.1'), await stack.ping('fd00:9::1')].map(({ rtt }) => rtt > 0);
  const theirs = await Promise.all(['10.9.0.2', 'fd00:9::2'].map(kernelPings));
  const known = stack.network.neighbors().map(({ address }) => address);
  stack.close();
  return { ours, theirs, known: ['10.9.0.1', 'fd00:9::1'].map((address) => known.includes(address)) };
}

/** The exit code of `ping`. */
function kernelPings(address: string): Promise<number | null> {
  return new Promise((resolve) => {
    spawn('ping', ['-c', '2', '-i', '0.2', '-W', '5', address], { stdio: 'ignore' }).on('close', resolve);
  });
}

const OPEN = { mtu: 1400, withHeader: false, kernelAddresses: [], queueLength: undefined };

interface Link {
  addr_info: { local: string; prefixlen: number; scope: string }[];
}

function globals(link: Link): string[] {
  return link.addr_info
    .filter(({ scope }) => scope === 'global')
    .map(({ local, prefixlen }) => `${local}/${prefixlen}`)
    .sort();
}

function described(frame: Uint8Array) {
  return { to: formatHardwareAddress(frame), type: typeOf(frame) };
}

function typeOf(frame: Uint8Array): number {
  return ((frame[12] as number) << 8) | (frame[13] as number);
}

/** RFC 826: sender and target change places, the operation becomes 2. */
function answerTo(question: Uint8Array): Uint8Array {
  const answer = question.slice(0, 42);
  const ours = parseHardwareAddress(OURS) as Uint8Array;
  answer.set(question.subarray(6, 12), 0);
  answer.set(ours, 6);
  answer[21] = 2;
  answer.set(ours, 22);
  answer.set(question.subarray(38, 42), 28);
  answer.set(question.subarray(22, 32), 32);
  return answer;
}

async function next(port: TestPort, wanted: (frame: Uint8Array) => boolean): Promise<Uint8Array> {
  const keepAlive = setTimeout(() => {}, 10_000);
  try {
    return await new Promise((resolve) => {
      const look = () => {
        for (let frame = port.read(); frame !== undefined; frame = port.read())
          if (wanted(frame)) return resolve(frame);
      };
      port.onReady = look;
      look();
    });
  } finally {
    clearTimeout(keepAlive);
  }
}

function thrown(call: () => unknown): unknown {
  try {
    call();
    return 'nothing was thrown';
  } catch (error) {
    const { name, code, message } = error as DeviceError;
    return { name, code, message };
  }
}

function ip(...args: string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8' });
}

const result = await cases[process.argv[2] ?? '']?.();
if (result !== undefined) process.stdout.write(`${JSON.stringify(result)}\n`);
