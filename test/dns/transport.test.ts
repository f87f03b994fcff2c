/**
 * The resolver on a stack: real datagrams and connections between two stacks, a name server on the second. What the network
 * does to them is told in `exchange` and `hostile` tests; here, that the way out is what they take it for.
 */
import codec, { type DecodedPacket, type Packet } from 'dns-packet';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DnsOptions } from '../../host/dns/options.js';
import type { Stack } from '../../host/stack/stack.js';
import { CLIENT_ADDRESS, type Lab, lab, Recorder, SERVER_ADDRESS } from '../kit/stacks.js';
import { reply } from './kit.js';

interface Asked {
  name: string;
  type: string;
  port: number;
  address: string;
  over: 'udp' | 'tcp';
  query: DecodedPacket;
  bytes: Buffer;
  answer(given: Partial<Packet>): void;
}

/** A name server on a stack, over UDP and TCP. */
async function serve(stack: Stack, port: number, answer: (asked: Asked) => void): Promise<void> {
  const asked = (
    over: 'udp' | 'tcp',
    bytes: Buffer,
    from: Pick<Asked, 'port' | 'address'>,
    send: (bytes: Buffer) => void,
  ) => {
    const query = codec.decode(bytes);
    const [{ name, type } = { name: '', type: '' }] = query.questions ?? [];
    const answerTo = (given: Partial<Packet>) => send(reply(query, { ...given, flags: 0x80 | (given.flags ?? 0) }));
    answer({ over, bytes, query, name: name.toLowerCase(), type, ...from, answer: answerTo });
  };
  await stack.udpSocket({
    hostname: SERVER_ADDRESS,
    port,
    socket: {
      data: (socket, bytes, port, address) =>
        asked('udp', Buffer.from(bytes), { port, address }, (answered) => void socket.send(answered, port, address)),
    },
  });
  stack.listen({
    hostname: SERVER_ADDRESS,
    port,
    socket: {
      data: (socket, bytes) => {
        const length = Buffer.alloc(2);
        const from = { port: socket.remotePort, address: socket.remoteAddress };
        asked('tcp', bytes.subarray(2), from, (answered) => {
          length.writeUInt16BE(answered.length);
          // In pieces of one byte, as the network may bring it.
          for (const byte of Buffer.concat([length, answered])) {
            socket.write(Buffer.of(byte));
            socket.flush();
          }
        });
      },
    },
  });
}

let net: Lab;
let log: Asked[];
/** What the server does. */
let answer: (asked: Asked) => void;

const address = (data: string) => (asked: Asked) =>
  asked.answer({ answers: asked.type === 'A' ? [{ type: 'A', name: asked.name, ttl: 60, data }] : [] });

async function begin(dns: DnsOptions = { servers: [SERVER_ADDRESS] }, port = 53): Promise<void> {
  net = await lab({ client: { dns } });
  log = [];
  await serve(net.server, port, (asked) => {
    log.push(asked);
    answer(asked);
  });
}

async function settled<T>(promise: Promise<T>): Promise<T | (Error & { code?: string; cause?: Error })> {
  let outcome: { value: T } | undefined;
  promise
    .catch((error) => error)
    .then((value) => {
      outcome = { value };
    });
  await net.until(() => outcome !== undefined, 'an answer');
  return (outcome as unknown as { value: T }).value;
}

beforeEach(() => {
  answer = address('10.1.1.1');
});
afterEach(() => net.close());

describe('a question over UDP', () => {
  test('is answered', async () => {
    await begin();
    expect(await settled(net.client.resolver.lookup('host.test'))).toEqual({ address: '10.1.1.1', family: 4 });
    expect(log.map(({ over, type, name }) => [over, type, name])).toEqual([
      ['udp', 'AAAA', 'host.test'],
      ['udp', 'A', 'host.test'],
    ]);
  });

  test('comes from a port of its own, chosen at random, which is closed again', async () => {
    await begin({ servers: [SERVER_ADDRESS], timeout: 1000, attempts: 10 });
    answer = () => {};
    await settled(net.client.resolver.lookup('host.test'));
    const ports = log.map(({ port }) => port);
    expect(new Set(ports).size).toBe(20);
    const steps = ports.slice(1).map((port, index) => Math.abs(port - (ports[index] as number)));
    expect(steps.filter((step) => step > 100).length).toBeGreaterThan(10);
    expect(net.clock.next).toBe(Number.POSITIVE_INFINITY);
  });

  test('goes to another port, if the server has one', async () => {
    await begin({ servers: [`${SERVER_ADDRESS}:5353`] }, 5353);
    expect(await settled(net.client.resolver.lookup('host.test'))).toMatchObject({ address: '10.1.1.1' });
  });

  test('to a port that nobody listens on fails at once: ICMP says so', async () => {
    await begin({ servers: [`${SERVER_ADDRESS}:54`] });
    const start = net.clock.now();
    const error = await settled(net.client.resolver.lookup('host.test'));
    expect(error).toMatchObject({ code: 'EAI_AGAIN' });
    expect(net.clock.now() - start).toBe(0);
  });

  test('is not answered by who was not asked: another port, another address', async () => {
    await begin({ servers: [SERVER_ADDRESS], timeout: 1000, attempts: 1 });
    const liar = await net.server.udpSocket({ hostname: SERVER_ADDRESS, port: 5300, socket: { data() {} } });
    answer = (asked) => {
      const answers = [{ type: 'A' as const, name: asked.name, ttl: 60, data: '6.6.6.6' }];
      liar.send(reply(asked.query, { answers }), asked.port, CLIENT_ADDRESS);
    };
    expect(await settled(net.client.resolver.lookup('host.test'))).toMatchObject({ code: 'EAI_AGAIN' });
    expect(log).toHaveLength(2);
  });

  test('has as much room as EDNS says', async () => {
    await begin();
    const data = Array.from({ length: 60 }, (_, index) => `10.1.1.${index + 1}`);
    answer = (asked) =>
      asked.answer({
        answers: asked.type === 'A' ? data.map((each) => ({ type: 'A', name: asked.name, ttl: 9, data: each })) : [],
      });
    expect(await settled(net.client.resolver.lookup('host.test', { all: true }))).toHaveLength(60);
    expect(log.every(({ over }) => over === 'udp')).toBe(true);
  });
});

describe('a question over TCP', () => {
  test('is asked when the answer did not fit, and read however it comes in pieces', async () => {
    await begin();
    answer = (asked) => (asked.over === 'udp' ? asked.answer({ flags: 0x200 }) : address('10.1.1.2')(asked));
    expect(await settled(net.client.resolver.lookup('host.test', { family: 4 }))).toMatchObject({
      address: '10.1.1.2',
    });
    expect(log.map(({ over }) => over)).toEqual(['udp', 'tcp']);
    await net.pass(10);
    expect([...net.client.sockets]).toEqual([]);
  });

  test('that is refused, closed without an answer, or never answered, is a failure', async () => {
    await begin({ servers: [SERVER_ADDRESS], attempts: 1, timeout: 1000 });
    answer = (asked) => {
      if (asked.over === 'udp') asked.answer({ flags: 0x200 });
      else for (const socket of net.server.sockets) socket.end();
    };
    const closed = await settled(net.client.resolver.lookup('host.test', { family: 4 }));
    expect(closed).toMatchObject({
      code: 'EAI_AGAIN',
      cause: { message: `${SERVER_ADDRESS} closed the connection without an answer` },
    });
    answer = (asked) => asked.over === 'udp' && asked.answer({ flags: 0x200 });
    const silent = await settled(net.client.resolver.lookup('host.test', { family: 4 }));
    expect(silent).toMatchObject({ cause: { message: `${SERVER_ADDRESS} did not answer within 1000 ms` } });
    for (const listener of net.server.listeners) listener.stop();
    const refused = await settled(net.client.resolver.lookup('host.test', { family: 4 }));
    expect(refused).toMatchObject({ cause: { message: `${SERVER_ADDRESS} Failed to connect` } });
    await net.pass(10);
    expect([...net.client.sockets]).toEqual([]);
  });

  test('by `exchange` ends when the stack closes', async () => {
    await begin();
    const servers = [53, 54].map((port) => ({ address: SERVER_ADDRESS, port }));
    await net.server.udpSocket({ hostname: SERVER_ADDRESS, port: 54, socket: { data() {} } });
    const asked = net.client.resolver.exchange('host.test', 'A', { servers, timeout: 1000, attempts: 2 });
    asked.catch(() => {});
    net.client.close();
    expect(await settled(asked)).toMatchObject({ code: 'EAI_AGAIN' });
  });

  test('is given up when the stack closes, while it is connecting, too', async () => {
    await begin();
    answer = (asked) => asked.over === 'udp' && asked.answer({ flags: 0x200 });
    const lookup = net.client.resolver.lookup('host.test', { family: 4 });
    lookup.catch(() => {});
    await net.pass(5);
    expect([...net.client.sockets]).toHaveLength(1);
    net.client.close();
    expect(await settled(lookup)).toMatchObject({ code: 'EAI_AGAIN' });
  });
});

describe('Happy Eyeballs, with answers that come when they like', () => {
  /** Both families, each so many milliseconds later. */
  const late = (six: number | undefined, four: number | undefined) => (asked: Asked) => {
    const after = asked.type === 'AAAA' ? six : four;
    const data = asked.type === 'AAAA' ? '2001:db8::2' : SERVER_ADDRESS;
    if (after === undefined) return;
    const timer = net.clock.timer(() =>
      asked.answer({ answers: [{ type: asked.type as 'A', name: asked.name, ttl: 60, data }] }),
    );
    timer.arm(net.clock.now() + after);
  };

  async function race(six: number | undefined, four: number | undefined): Promise<[address: string, after: number]> {
    await begin();
    net.client.network.addAddress('2001:db8::1/64');
    net.server.network.addAddress('2001:db8::2/64');
    for (const hostname of [SERVER_ADDRESS, '2001:db8::2'])
      net.server.listen({ hostname, port: 80, socket: { data() {} } });
    answer = late(six, four);
    const start = net.clock.now();
    const recorder = new Recorder();
    net.client.connect<unknown>({ hostname: 'host.test', port: 80, socket: recorder.handlers });
    await net.until(() => recorder.has('open'));
    const after = net.clock.now() - start;
    const { remoteAddress = '' } = recorder.socket ?? {};
    await net.pass(60_000);
    expect([...net.client.sockets]).toHaveLength(1);
    return [remoteAddress, after];
  }

  test.each<[string, number | undefined, number | undefined, string, number]>([
    ['both at once: IPv6', 1, 1, '2001:db8::2', 1],
    ['IPv6 first: it does not wait for IPv4 (RFC 8305 §3)', 5, 500, '2001:db8::2', 5],
    ['IPv6 within the resolution delay of 50 ms', 45, 5, '2001:db8::2', 45],
    ['IPv6 later than that: IPv4', 200, 5, SERVER_ADDRESS, 55],
    ['IPv6 never: IPv4', undefined, 5, SERVER_ADDRESS, 55],
    ['IPv4 never: IPv6', 5, undefined, '2001:db8::2', 5],
  ])('%s', async (_, six, four, expected, after) => {
    expect(await race(six, four)).toEqual([expected, after]);
  });
});
