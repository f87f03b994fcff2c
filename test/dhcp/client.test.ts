import { afterEach, describe, expect, it } from 'vitest';
import { type ManualClock, manualClock } from '../../host/core/clock.js';
import type { Device } from '../../host/device/device.js';
import { ethernetSwitch } from '../../host/device/switch.js';
import { type DhcpMessage, decodeMessage, encodeMessage, octets } from '../../host/dhcp/message.js';
import { Configuration } from '../../host/stack/configuration.js';
import type { StackPort } from '../../host/stack/connections.js';
import { KeepAlive } from '../../host/stack/keep-alive.js';
import type { Network } from '../../host/stack/network.js';
import type { StackOptions } from '../../host/stack/settings.js';
import { createStack, type Stack } from '../../host/stack/stack.js';
import { turn } from '../kit/stacks.js';

// A client stack and a server stack on a switch; the server is these few lines, and the RFC's.
let stacks: Stack[] = [];

afterEach(() => {
  for (const stack of stacks) stack.close();
  stacks = [];
});

describe('a client that gets no socket', () => {
  it.each([
    ['says why', false, ['no room']],
    ['is silent when the stack has closed meanwhile', true, []],
  ])('%s', async (_, closes, reasons) => {
    const port = { clock: manualClock(0), keepAlive: new KeepAlive() } as unknown as StackPort;
    const failures: string[] = [];
    const configuration = new Configuration(
      port,
      undefined as unknown as Network,
      () => Promise.reject(new Error('no room')),
      ({ message }) => failures.push(message),
      1,
    );
    configuration.add(ethernetSwitch({ ports: 2 })[0] as Device, 1, { dhcp: true });
    if (closes) configuration.abandon();
    await turn();
    expect(failures).toEqual(reasons);
  });
});

describe('DHCPv4 client (RFC 2131)', () => {
  it('discovers, requests, probes, and is configured with address, route, name servers and search list', async () => {
    const lab = await made();
    await lab.until(() => lab.client.configuration.leases()[0]?.state === 'bound');
    expect(lab.heard.map(kind)).toEqual(['discover', 'request']);
    expect(lab.client.network.addresses()).toContainEqual(
      expect.objectContaining({ address: '10.0.0.50', prefixLength: 24, tentative: false, interface: 1 }),
    );
    expect(lab.client.network.routes()).toContainEqual(expect.objectContaining({ to: '0.0.0.0/0', via: '10.0.0.1' }));
    expect(lab.client.configuration.nameServers()).toEqual(['10.0.0.1', '10.0.0.2']);
    expect(lab.client.configuration.searchDomains()).toEqual(['example.com', 'lab.example.com']);
    let configured = false;
    lab.client.configuration.configured.then(() => {
      configured = true;
    });
    await turn();
    expect(configured).toBe(true);
  });

  it('says who it is by a client identifier (RFC 4361), and asks to be answered by broadcast', async () => {
    const lab = await made();
    await lab.until(() => lab.heard.length > 0);
    const [discover] = lab.heard as [DhcpMessage];
    expect([...(discover.options.get(61) ?? [])]).toEqual([255, 0, 0, 0, 1, 0, 3, 0, 1, 2, 0, 0, 0, 0, 1]);
    expect(discover).toMatchObject({ broadcast: true, clientAddress: '0.0.0.0' });
    expect([...(discover.options.get(55) ?? [])].slice(0, 3)).toEqual([1, 121, 3]);
  });

  it('asks again after 4, 8, 16, 32 and 64 seconds, each a second more or less', async () => {
    const lab = await made({ serve: () => undefined });
    await lab.pass(200_000);
    const gaps = lab.times.slice(1).map((time, index) => (time - (lab.times[index] as number)) / 1000);
    for (const [index, wanted] of [4, 8, 16, 32, 64, 64].entries()) {
      if (gaps[index] !== undefined) expect(Math.abs((gaps[index] as number) - wanted)).toBeLessThan(1.1);
    }
    expect(gaps.length).toBeGreaterThanOrEqual(5);
  });

  it('renews with its server at half the lease, rebinds with anybody at seven eighths, and lets go at the end', async () => {
    let silent = false;
    const lab = await made({ lease: 1000, serve: (message) => (silent ? undefined : served(message)) });
    await lab.until(() => lab.client.configuration.leases()[0]?.state === 'bound');
    lab.heard.length = 0;
    lab.times.length = 0;
    const start = lab.clock.now();
    await lab.pass(510_000);
    expect(lab.heard.map(kind)).toEqual(['request']);
    expect(lab.heard[0]).toMatchObject({ clientAddress: '10.0.0.50', broadcast: false });
    expect(lab.heard[0]?.options.has(54)).toBe(false);
    // The lease counts from the request, which came before the probes.
    const after = ((lab.times[0] as number) - start) / 1000;
    expect(after).toBeGreaterThan(491);
    expect(after).toBeLessThan(500);
    silent = true;
    lab.heard.length = 0;
    await lab.pass(900_000);
    const states = new Set(lab.heard.map(({ clientAddress }) => clientAddress));
    expect(states).toEqual(new Set(['10.0.0.50']));
    await lab.pass(120_000);
    expect(lab.client.network.addresses().filter(({ address }) => address === '10.0.0.50')).toEqual([]);
    expect(lab.client.network.routes().filter(({ to }) => to === '0.0.0.0/0')).toEqual([]);
    expect(lab.heard.map(kind).at(-1)).toBe('discover');
  });

  it('begins again when the server says no', async () => {
    let refuse = true;
    const lab = await made({
      serve: (message) => {
        if (kind(message) === 'request' && refuse) {
          refuse = false;
          return answer(message, 6, new Map());
        }
        return served(message);
      },
    });
    await lab.until(() => lab.client.configuration.leases()[0]?.state === 'bound');
    expect(lab.heard.map(kind)).toEqual(['discover', 'request', 'discover', 'request']);
  });

  it('declines an address that somebody else has, and asks for another', async () => {
    let next = 1;
    const lab = await made({ serve: (message) => served(message, next === 1 ? '10.0.0.1' : '10.0.0.51') });
    await lab.until(() => lab.heard.map(kind).includes('decline'));
    expect([...(lab.heard.find((message) => kind(message) === 'decline')?.options.get(50) ?? [])]).toEqual([
      10, 0, 0, 1,
    ]);
    next = 2;
    await lab.until(() => lab.client.configuration.leases()[0]?.state === 'bound');
    expect(lab.client.configuration.leases()[0]?.address).toBe('10.0.0.51');
  });

  it('gives its lease back when the stack is closed', async () => {
    const lab = await made();
    await lab.until(() => lab.client.configuration.leases()[0]?.state === 'bound');
    lab.client.close();
    await lab.until(() => lab.heard.map(kind).includes('release'));
    expect(lab.heard.at(-1)).toMatchObject({ clientAddress: '10.0.0.50' });
  });

  it('takes classless routes in the place of routers (RFC 3442)', async () => {
    const routes = Uint8Array.of(0, 10, 0, 0, 9, 16, 172, 16, 10, 0, 0, 8, 32, 192, 0, 2, 7, 0, 0, 0, 0);
    const lab = await made({ extra: [[121, routes]] });
    await lab.until(() => lab.client.configuration.leases()[0]?.state === 'bound');
    const learned = lab.client.network.routes().filter(({ connected }) => !connected);
    expect(learned.map(({ to, via }) => `${to} ${via}`)).toEqual([
      '0.0.0.0/0 10.0.0.9',
      '172.16.0.0/16 10.0.0.8',
      '192.0.2.7/32 undefined',
    ]);
  });

  it.each<[string, NonNullable<StackOptions['ipv6']>, number]>([
    ['takes the MTU of its server', false, 2],
    ['takes none that leaves no room for IPv6 where there is some (RFC 8200 §5)', {}, 1],
  ])('%s', async (_, ipv6, packets) => {
    const lab = await made({ extra: [[26, Uint8Array.of(600 >> 8, 600 & 255)]], client: { ipv6 } });
    await lab.until(() => lab.client.configuration.leases()[0]?.state === 'bound');
    const socket = await lab.client.udpSocket({ port: 9 });
    socket.send('so that the neighbor is known', 9, '10.0.0.1');
    await lab.pass(1000);
    const before = lab.client.counters().packetsOut;
    socket.send(new Uint8Array(1000), 9, '10.0.0.1');
    await turn();
    expect(lab.client.counters().packetsOut - before).toBe(packets);
  });

  it('does not hear what is for another transaction, hardware or client, nor what is broken', async () => {
    const lab = await made({
      serve: (message) => {
        const good = served(message);
        for (const change of [
          { transaction: message.transaction + 1 },
          { operation: 1 },
          { hardwareAddress: Uint8Array.of(2, 0, 0, 0, 0, 9) },
          { options: new Map([...good.options, [61, Uint8Array.of(1, 2, 3)]]) },
          { options: new Map([...good.options].filter(([code]) => code !== 54)) },
          { yourAddress: '0.0.0.0' },
          { yourAddress: '224.0.0.1' },
        ]) {
          lab?.reply(encodeMessage({ ...good, ...change } as DhcpMessage));
        }
        const whole = encodeMessage(good);
        for (const length of [0, 1, 239, 241, 245]) lab?.reply(whole.slice(0, length));
        return undefined;
      },
    });
    await lab.pass(20_000);
    expect(lab.client.configuration.leases()).toEqual([]);
    expect(lab.heard.every((message) => kind(message) === 'discover')).toBe(true);
  });
});

describe('messages of DHCP', () => {
  it('come back as they were written', () => {
    const options = new Map([
      [53, Uint8Array.of(1)],
      [55, Uint8Array.of(1, 3, 6)],
    ]);
    const message = {
      operation: 1,
      transaction: 0xfedcba98,
      seconds: 7,
      broadcast: true,
      clientAddress: '10.0.0.1',
      yourAddress: '0.0.0.0',
      hardwareAddress: Uint8Array.of(2, 0, 0, 0, 0, 1),
      options,
    };
    const bytes = encodeMessage(message);
    expect(bytes.length).toBeGreaterThanOrEqual(300);
    expect(decodeMessage(bytes)).toEqual(message);
  });

  it('options in pieces are put together (RFC 3396), those in the file’s field too', () => {
    const bytes = new Uint8Array(300);
    bytes.set(encodeMessage(empty()).subarray(0, 240));
    bytes.set([52, 1, 1, 6, 4, 10, 0, 0, 1, 255], 240);
    bytes.set([6, 4, 10, 0, 0, 2, 255], 108);
    expect([...(decodeMessage(bytes)?.options.get(6) ?? [])]).toEqual([10, 0, 0, 1, 10, 0, 0, 2]);
  });

  it('every cut of a message is met without harm', () => {
    const whole = encodeMessage(empty());
    for (let length = 0; length < whole.length; length++) decodeMessage(whole.slice(0, length));
    const spoilt = encodeMessage({ ...empty(), options: new Map([[119, Uint8Array.of(0xc0, 0)]]) });
    expect(decodeMessage(spoilt)).toBeDefined();
  });
});

interface Lab {
  clock: ManualClock;
  client: Stack;
  heard: DhcpMessage[];
  /** When each came. */
  times: number[];
  reply(bytes: Uint8Array): void;
  until(condition: () => boolean): Promise<void>;
  pass(milliseconds: number): Promise<void>;
}

interface Server {
  lease?: number;
  extra?: [number, Uint8Array][];
  serve?: (message: DhcpMessage) => DhcpMessage | undefined;
  client?: StackOptions;
}

let lab: Lab | undefined;

async function made({ lease = 3600, extra = [], serve = served, client: options }: Server = {}): Promise<Lab> {
  const clock = manualClock(1000);
  const [first, second] = ethernetSwitch({ ports: 2 });
  const heard: DhcpMessage[] = [];
  const times: number[] = [];
  const client = await createStack({ clock, seed: 1, device: first as never, dhcp: true, ipv6: false, ...options });
  const server = await createStack({
    clock,
    seed: 2,
    device: second as never,
    addresses: ['10.0.0.1/24'],
    ipv6: false,
  });
  stacks = [client, server];
  const socket = await server.udpSocket({
    port: 67,
    socket: {
      data(_, data) {
        const message = decodeMessage(data);
        if (message === undefined) return;
        heard.push(message);
        times.push(clock.now());
        const reply = serve(message);
        if (reply === undefined) return;
        const all = new Map(reply.options);
        if (all.get(53)?.[0] !== 6) {
          all.set(51, word(lease));
          for (const [code, value] of extra) all.set(code, value);
        }
        answerTo(message, encodeMessage({ ...reply, options: all }));
      },
    },
  });
  socket.setBroadcast(true);
  const answerTo = (message: DhcpMessage, bytes: Uint8Array) =>
    socket.send(bytes, 68, message.clientAddress === '0.0.0.0' ? '255.255.255.255' : message.clientAddress);
  const pass = async (milliseconds: number) => {
    const end = clock.now() + milliseconds;
    while (clock.now() < end) {
      await turn();
      clock.advance(Math.min(Math.max(clock.next - clock.now(), 0.001), end - clock.now()));
    }
    await turn();
  };
  lab = {
    clock,
    client,
    heard,
    times,
    reply: (bytes) => void socket.send(bytes, 68, '255.255.255.255'),
    pass,
    async until(condition) {
      for (let step = 0; step < 20_000; step++) {
        await turn();
        if (condition()) return;
        if (!clock.step()) throw new Error('nothing is left to happen');
      }
      throw new Error('too many steps');
    },
  };
  return lab;
}

function served(message: DhcpMessage, address = '10.0.0.50'): DhcpMessage {
  const type = kind(message) === 'discover' ? 2 : 5;
  return answer(
    message,
    type,
    new Map([
      [1, Uint8Array.of(255, 255, 255, 0)],
      [3, Uint8Array.of(10, 0, 0, 1)],
      [6, Uint8Array.of(10, 0, 0, 1, 10, 0, 0, 2)],
      [
        119,
        Uint8Array.of(7, ...Buffer.from('example'), 3, ...Buffer.from('com'), 0, 3, ...Buffer.from('lab'), 0xc0, 0),
      ],
    ]),
    address,
  );
}

function answer(
  { transaction, hardwareAddress, options: asked }: DhcpMessage,
  type: number,
  options: Map<number, Uint8Array>,
  address = '0.0.0.0',
): DhcpMessage {
  options.set(53, Uint8Array.of(type));
  options.set(54, Uint8Array.from(octets('10.0.0.1')));
  const identifier = asked.get(61);
  if (identifier !== undefined) options.set(61, identifier);
  return { ...empty(), operation: 2, transaction, hardwareAddress, yourAddress: address, options };
}

function empty(): DhcpMessage {
  return {
    operation: 1,
    transaction: 1,
    seconds: 0,
    broadcast: false,
    clientAddress: '0.0.0.0',
    yourAddress: '0.0.0.0',
    hardwareAddress: Uint8Array.of(2, 0, 0, 0, 0, 1),
    options: new Map(),
  };
}

function kind(message: DhcpMessage): string | undefined {
  return ['', 'discover', 'offer', 'request', 'decline', 'ack', 'nak', 'release'][message.options.get(53)?.[0] ?? 0];
}

function word(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
}
