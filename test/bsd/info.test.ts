/** `tcpInfo`: the fields of Linux's `struct tcp_info`, with and without the counts that have to be asked for. */
import { afterEach, describe, expect, test } from 'vitest';
import {
  POLLIN,
  SO_RCVBUF,
  SO_SNDBUF,
  SOL_SOCKET,
  TCP_CA_OPEN,
  TCP_ESTABLISHED,
  TCP_LISTEN,
  TCP_SYN_SENT,
  TCPI_OPT_SACK,
  TCPI_OPT_TIMESTAMPS,
  TCPI_OPT_WSCALE,
} from '../../host/bsd/constants.js';
import type { TcpInfo } from '../../host/bsd/tcp-info.js';
import type { Device } from '../../host/device/device.js';
import { memoryWire } from '../../host/device/memory.js';
import { weather } from '../../host/device/weather.js';
import { bytes, drain, fill, INET, listening, type Pair, pair, read, sockets } from '../kit/bsd.js';
import { WIDER } from '../kit/family.js';
import { converse, lab, Recorder, SERVER_ADDRESS } from '../kit/stacks.js';

const COUNTED = { both: { tcp: { statistics: 1 } } };

let all: Pair | undefined;
afterEach(() => all?.close());

function infos({ client, server, near, far }: Pair): [TcpInfo, TcpInfo] {
  return [client.tcpInfo(near) as TcpInfo, server.tcpInfo(far) as TcpInfo];
}

describe('of a connection', () => {
  test('says what was agreed on, and how large its segments and windows are', async () => {
    all = await pair();
    const [near] = infos(all);
    expect(near).toMatchObject({
      tcpi_state: TCP_ESTABLISHED,
      tcpi_ca_state: TCP_CA_OPEN,
      tcpi_options: TCPI_OPT_TIMESTAMPS | TCPI_OPT_SACK | TCPI_OPT_WSCALE,
      tcpi_snd_wscale: 8,
      tcpi_rcv_wscale: 8,
      tcpi_snd_mss: 1448,
      tcpi_advmss: 1448,
      tcpi_pmtu: 1500 + WIDER,
      tcpi_snd_cwnd: 10,
      tcpi_snd_ssthresh: 0x7fffffff,
      tcpi_reordering: 3,
      tcpi_max_pacing_rate: Number.POSITIVE_INFINITY,
    });
  });

  test('counts in flight and not sent in segments and bytes', async () => {
    all = await pair();
    const { client, near, settle } = all;
    client.send(near, new Uint8Array(20_000));
    expect(client.tcpInfo(near)).toMatchObject({ tcpi_unacked: 10, tcpi_notsent_bytes: 20_000 - 14_480 });
    settle(100);
    expect(client.tcpInfo(near)).toMatchObject({ tcpi_unacked: 0, tcpi_notsent_bytes: 0 });
  });

  test('has a byte more acknowledged where it was opened, for the SYN, as on Linux', async () => {
    all = await pair();
    const { client, server, near, far, settle } = all;
    client.send(near, bytes('hello'));
    server.send(far, bytes('you'));
    settle(100);
    const [one, other] = infos(all);
    expect(one).toMatchObject({ tcpi_bytes_acked: 6, tcpi_bytes_received: 3 });
    expect(other).toMatchObject({ tcpi_bytes_acked: 3, tcpi_bytes_received: 5 });
  });

  test('leaves what has to be counted 0 unless the stack was told to count', async () => {
    all = await pair();
    all.client.send(all.near, bytes('hello'));
    all.settle();
    expect(all.client.tcpInfo(all.near)).toMatchObject({ tcpi_segs_out: 0, tcpi_bytes_sent: 0, tcpi_busy_time: 0 });
  });

  test('knows the state while it is being opened', async () => {
    const { client, close } = await sockets();
    const fd = client.socket(INET);
    client.connect(fd, SERVER_ADDRESS, 80);
    expect(client.tcpInfo(fd)).toMatchObject({ tcpi_state: TCP_SYN_SENT, tcpi_unacked: 1, tcpi_options: 0 });
    close();
  });
});

test('of a listener says how many wait and how many may', async () => {
  const { client, server, settle, close } = await sockets();
  const listener = listening(server, 5);
  client.connect(client.socket(INET), SERVER_ADDRESS, 8080);
  settle();
  const info = server.tcpInfo(listener);
  expect(info).toMatchObject({ tcpi_state: TCP_LISTEN, tcpi_unacked: 1, tcpi_sacked: 5 });
  close();
});

test('of a Bun-shaped socket is told by its stack, while it is open', async () => {
  const net = await lab({ both: { tcp: { statistics: 1 } } });
  const { client } = await converse(net, { client: new Recorder(), server: new Recorder() });
  expect(net.client.tcpInfo(client)).toMatchObject({ tcpi_state: TCP_ESTABLISHED, tcpi_segs_out: 2 });
  client.terminate();
  expect(net.client.tcpInfo(client)).toBeUndefined();
  net.close();
});

describe('counted', () => {
  test('are segments and bytes, both ways, ACKs and SYNs among the segments', async () => {
    all = await pair(COUNTED);
    const { client, server, near, far, settle } = all;
    client.send(near, new Uint8Array(10 * 1448));
    settle();
    drain(server, far);
    settle(100);
    const [one, other] = infos(all);
    expect(one).toMatchObject({
      tcpi_bytes_sent: 14_480,
      tcpi_bytes_acked: 14_481,
      tcpi_data_segs_out: 10,
      tcpi_segs_out: 12, // SYN, ACK
      tcpi_delivered: 11, // SYN
      tcpi_data_segs_in: 0,
      tcpi_total_retrans: 0,
    });
    expect(other).toMatchObject({ tcpi_bytes_received: 14_480, tcpi_data_segs_in: 10, tcpi_delivered: 1 });
    // The SYN-ACK came before the connection that counts, as on Linux.
    expect(one.tcpi_segs_in).toBe(1 + other.tcpi_segs_out);
  });

  test('are the milliseconds since something was sent or came in', async () => {
    all = await pair(COUNTED);
    const { client, near, settle } = all;
    settle(500);
    client.send(near, bytes('hello'));
    settle(300);
    const [one, other] = infos(all);
    expect(one).toMatchObject({ tcpi_last_data_sent: 300, tcpi_last_data_recv: 800, tcpi_last_ack_sent: 0 });
    expect(one.tcpi_last_ack_recv).toBe(260); // the other side's ACK is delayed by 40 ms
    expect(other).toMatchObject({ tcpi_last_data_recv: 300, tcpi_last_data_sent: 800 });
  });

  test('are retransmissions, timeouts and the time that they took', async () => {
    const [left, right] = memoryWire({ mtu: 1500 + WIDER });
    const gate = { shut: false };
    all = await pair({ ...COUNTED, wire: [gated(left, gate), right] });
    const { client, near, settle } = all;
    gate.shut = true;
    client.send(near, bytes('lost'));
    settle(1000);
    const during = client.tcpInfo(near) as TcpInfo;
    expect(during.tcpi_total_rto).toBe(2);
    expect(during.tcpi_retransmits).toBe(2);
    expect(during.tcpi_backoff).toBe(2);
    expect(during.tcpi_ca_state).toBe(4);
    gate.shut = false;
    settle(2000);
    const after = client.tcpInfo(near) as TcpInfo;
    expect(after).toMatchObject({
      tcpi_total_rto: 3,
      tcpi_total_rto_recoveries: 1,
      tcpi_retransmits: 0,
      tcpi_bytes_retrans: 4 * after.tcpi_total_retrans,
      tcpi_bytes_sent: 4 + 4 * after.tcpi_total_retrans,
    });
    expect(after.tcpi_total_rto_time).toBeGreaterThan(1000);
  });

  test('is the time with something to send, and of it the time that the peer’s window took', async () => {
    all = await pair(COUNTED);
    const { client, server, near, far, settle } = all;
    settle(1000);
    expect(client.tcpInfo(near)?.tcpi_busy_time).toBe(0);
    server.setsockopt(far, SOL_SOCKET, SO_RCVBUF, 20_000);
    fill(client, near);
    settle(3000);
    const limited = client.tcpInfo(near) as TcpInfo;
    expect(limited.tcpi_busy_time).toBe(3_000_000);
    expect(limited.tcpi_rwnd_limited).toBeGreaterThan(2_900_000);
    for (let round = 0; round < 1000; round++) {
      drain(server, far);
      settle(1);
    }
    const before = client.tcpInfo(near)?.tcpi_busy_time;
    settle(1000);
    expect(client.tcpInfo(near)?.tcpi_busy_time).toBe(before);
  });

  test('is the time that the own send buffer took, when a user waits for room in it', async () => {
    const { client, server, settle, close } = await sockets({ ...COUNTED, wire: delayed(50) });
    const listener = listening(server);
    client.profile = 'freebsd'; // holds no more than was set
    const near = client.socket(INET);
    client.setsockopt(near, SOL_SOCKET, SO_SNDBUF, 2896);
    client.connect(near, SERVER_ADDRESS, 8080);
    settle(200);
    server.accept(listener);
    fill(client, near);
    settle(30);
    expect(client.tcpInfo(near)?.tcpi_sndbuf_limited).toBe(30_000);
    close();
  });

  test('is the rate of delivery', async () => {
    const { client, server, settle, close } = await sockets({ ...COUNTED, wire: delayed(50) });
    const listener = listening(server);
    const near = client.socket(INET);
    client.connect(near, SERVER_ADDRESS, 8080);
    settle(200);
    const far = server.accept(listener);
    client.send(near, new Uint8Array(14_480));
    settle(200);
    expect(client.tcpInfo(near)?.tcpi_delivery_rate).toBeGreaterThan(100_000);
    expect(client.tcpInfo(near)?.tcpi_delivery_rate).toBeLessThan(200_000);
    expect(read(server, far, 1, 0)).toBe('\0');
    expect(server.poll([{ fd: far, events: POLLIN }])).toBe(1);
    close();
  });
});

/** A wire whose ends are so many milliseconds apart. */
function delayed(delay: number): [Device, Device] {
  const [left, right] = memoryWire({ mtu: 1500 + WIDER });
  return [weather(left, { out: { delay } }), weather(right, { out: { delay } })];
}

/** A device that swallows what is written to it while the gate is shut. */
function gated(device: Device, gate: { shut: boolean }): Device {
  return {
    mtu: device.mtu,
    linkType: device.linkType,
    offloads: device.offloads,
    addresses: device.addresses,
    attach: (port) => device.attach(port),
    read: (address, capacity) => device.read(address, capacity),
    write: (address, length) => gate.shut || device.write(address, length),
    ref: () => device.ref(),
    unref: () => device.unref(),
    close: () => device.close(),
  };
}
