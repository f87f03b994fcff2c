/**
 * What `datagrams.test.ts` runs in a network namespace: datagrams of our sockets over a TUN that the kernel cuts them for
 * (`UDP_SEGMENT` the other way round), as one of its sockets hears them, and as it passes them on to a TUN without offload.
 */
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { systemClock } from '../../host/core/clock.js';
import { tun } from '../../host/device/tun.js';
import { createStack } from '../../host/index.js';
import { TestPort } from '../device/port.js';
import { headerLength, transportChecksum } from '../kit/packet.js';
import { until } from '../kit/wait.js';
import { datagram, UDP } from '../udp/driver.js';

const FAMILIES = {
  4: { ours: '10.9.0.2', theirs: '10.9.0.1', beyond: '10.8.0.2', any: '0.0.0.0', largest: 1472 },
  6: { ours: 'fd00:9::2', theirs: 'fd00:9::1', beyond: 'fd00:8::2', any: '::', largest: 1452 },
};
const family = FAMILIES[process.argv[3] === '6' ? 6 : 4];

const cases: Record<string, () => Promise<unknown>> = {
  async heard() {
    const stack = await ourStack();
    // Room for all of them: they come in one turn, and the kernel counts each by far more than its bytes.
    const options = { type: family === FAMILIES[4] ? 'udp4' : 'udp6', recvBufferSize: 200_000 } as const;
    const socket = createSocket(options).bind(7, family.theirs);
    await once(socket, 'listening');
    const before = packetsIn();
    const heard: Buffer[] = [];
    socket.on('message', (message, { address, port }) => {
      if (address === family.ours && port === 9) heard.push(message);
    });
    const sent = sizes().map((size, index) => Buffer.alloc(size, index));
    await send(stack, sent, family.theirs);
    await until(() => heard.length >= sent.length);
    const packets = packetsIn() - before;
    socket.close();
    stack.close();
    return { sent: sent.map(text), heard: heard.map(text), packets };
  },

  /** The kernel cuts: what comes out has checksums for real. */
  async 'passed on'() {
    for (const name of ['ipv4/ip_forward', 'ipv6/conf/all/forwarding']) writeFileSync(`/proc/sys/net/${name}`, '1');
    const plain = tun({ name: 'plain', offload: false, kernelAddress: ['10.8.0.1/24', 'fd00:8::1/64'] });
    const port = new TestPort(plain, systemClock());
    const stack = await ourStack();
    // What makes a checksum of zero, between what does not.
    const probe = datagram({
      source: family.ours,
      destination: family.beyond,
      from: 9,
      to: 7,
      data: new Uint8Array(2),
    });
    const zero = probe.slice(headerLength(probe) + 6, headerLength(probe) + 8);
    const others = sizes().map((size, index) => Buffer.alloc(size, index));
    const sent = [zero, new Uint8Array(2), zero, ...others];
    const came: Uint8Array[] = [];
    await send(stack, sent, family.beyond);
    await until(() => {
      for (const packet of port.readAll()) if (packet[headerLength(packet) === 20 ? 9 : 6] === UDP) came.push(packet);
      return came.length >= sent.length;
    });
    stack.close();
    plain.close();
    const data = came.map((packet) => packet.subarray(headerLength(packet) + 8));
    return {
      sent: sent.map(text),
      heard: data.map(text),
      checksums: came.map((packet) => transportChecksum(packet, UDP)),
      first: came.slice(0, 3).map((packet) => Buffer.from(packet).readUInt16BE(headerLength(packet) + 6)),
    };
  },
};

/** Sizes that join and that do not: equal ones, a rest, none, more than a packet takes, a change midway, the largest. */
function sizes(): number[] {
  const many = (count: number, size: number) => Array<number>(count).fill(size);
  return [
    ...[1000, 1000, 1000, 1000, 500, 0, 1, 1, 0, 0],
    ...many(130, 64),
    ...[200, 200, 201, 201, 100, 300, 7],
    ...many(50, family.largest),
    ...many(3, family.largest - 1),
  ];
}

function ourStack() {
  const device = tun({
    name: 'glass',
    kernelAddress: ['10.9.0.1/24', 'fd00:9::1/64'],
    addresses: ['10.9.0.2/24', 'fd00:9::2/64'],
  });
  return createStack({ device });
}

async function send(stack: Awaited<ReturnType<typeof ourStack>>, all: readonly Uint8Array[], to: string) {
  const socket = await stack.udpSocket({ hostname: family.any, port: 9 });
  const sent = socket.sendMany(all.flatMap((data) => [data, 7, to]));
  if (sent !== all.length) throw new Error(`${sent} of ${all.length} were sent`);
}

/** That the kernel has had from us. */
function packetsIn(): number {
  const [link] = JSON.parse(execFileSync('ip', ['-j', '-s', 'link', 'show', 'dev', 'glass'], { encoding: 'utf8' }));
  return link.stats64.rx.packets;
}

/** How long it is, and what each byte of it is. */
function text(data: Uint8Array): string {
  return `${data.length}: ${[...new Set(data)].join()}`;
}

process.stdout.write(`${JSON.stringify(await cases[process.argv[2] ?? '']?.())}\n`);
