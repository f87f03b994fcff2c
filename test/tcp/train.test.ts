/**
 * A train of packets (`assembly/tcp/block/pieces.ts`): text that was read for its checksum is moved to the end of what the packet
 * before has brought. What lies between two of them, and somebody still looks at, stays as it came.
 */
import { describe, expect, test } from 'vitest';
import { OFFLOAD_CHECKSUM } from '../../assembly/abi/constants.js';
import { LOCAL, PEER } from '../kit/driver.js';
import { cut, icmp, viewIcmp } from '../kit/fragment.js';
import { accepted, pattern, type Segment, Timeline, type TimelineOptions } from '../kit/timeline.js';
import { datagram, UdpDriver } from '../udp/driver.js';

const SIZE = 1000;

/** Puts packets in as one batch, behind the end of the one before, and leaves what they carry where it is. */
function arrive(t: Timeline, ...packets: (Segment | Uint8Array)[]): void {
  t.driver.output();
  t.driver.input(packets.map((packet) => (packet instanceof Uint8Array ? packet : t.build(packet))));
}

/** The lengths of the pieces that a connection has. */
function pieces(t: Timeline): number[] {
  t.driver.calls.tcpPeek(t.handle, 2 ** 20);
  return Array.from({ length: t.driver.core.result(1) }, (_, index) => t.driver.core.result(3 + 2 * index));
}

/** Takes all that a connection has. */
function take(t: Timeline): number[] {
  const all: number[] = [];
  for (let chunk = t.driver.core.receive(t.handle); chunk !== undefined; chunk = t.driver.core.receive(t.handle)) {
    all.push(...chunk);
  }
  return all;
}

/** Segments of these lengths, one behind the other. */
function train(...lengths: number[]): Segment[] {
  let seq = 1;
  return lengths.map((data) => {
    seq += data;
    return { seq: seq - data, data };
  });
}

/** What the peer sends from `seq` on. */
const sent = (seq: number, length: number) => [...pattern(seq, length)];

/** Another connection of the same core, whose listener is open. */
function another(t: Timeline, options: TimelineOptions): Timeline {
  const other = new Timeline(t.driver, options);
  other.peerPort = 40_001;
  other.listen(81);
  other.inject({ flags: 'S', seq: 0, options: other.syn });
  other.expect({ flags: 'SA', seq: 0, ack: 1 });
  other.inject({});
  expect(other.events()).toEqual(['open']);
  return other;
}

describe('a train', () => {
  test.each([
    ['full segments', 10, 10, 10, 10],
    ['of all sizes', 1, SIZE, 2, 3, 999, 64, SIZE, 15, 16, 17, 63, 65, 500],
    ['of single bytes', ...Array(60).fill(1)],
    ['of a whole batch', ...Array(64).fill(SIZE)],
  ])('%s is one piece', async (_, ...lengths) => {
    const t = await accepted();
    const total = (lengths as number[]).reduce((sum, length) => sum + length, 0);
    arrive(t, ...train(...(lengths as number[])));
    expect(pieces(t)).toEqual([total]);
    expect(take(t)).toEqual(sent(1, total));
  });

  test('has options of its own in each packet', async () => {
    const t = await accepted({ syn: { mss: SIZE, timestamps: [1, 0] } });
    const timestamps = (value: number) => ({ timestamps: [value, t.tsEcr] as const });
    arrive(t, { seq: 1, data: 300 }, { seq: 301, data: 300, options: timestamps(2) }, { seq: 601, data: 7 });
    expect(pieces(t)).toEqual([607]);
    expect(take(t)).toEqual(sent(1, 607));
  });

  test('that is not taken goes to the next batch, may be peeked at, and taken in parts', async () => {
    const t = await accepted();
    arrive(t, ...train(SIZE, SIZE));
    const peeked = new Uint8Array(1500);
    expect(t.driver.core.receiveInto(t.handle, peeked, true)).toBe(1500);
    expect([...peeked]).toEqual(sent(1, 1500));
    expect([...(t.driver.core.receive(t.handle, 300) ?? [])]).toEqual(sent(1, 300));
    arrive(t, { seq: 2001, data: SIZE }, { seq: 3001, data: SIZE });
    expect(take(t)).toEqual(sent(301, 3700));
    arrive(t, { seq: 4001, data: SIZE }, { seq: 5001, data: SIZE });
    expect(take(t)).toEqual(sent(4001, 2000));
  });

  test('with a gap goes on behind it, and is whole when the gap is filled', async () => {
    const t = await accepted();
    const [one, two, three, four] = train(SIZE, SIZE, SIZE, SIZE) as [Segment, Segment, Segment, Segment];
    arrive(t, one, three, four, two);
    expect(take(t)).toEqual(sent(1, 4 * SIZE));
  });

  test('that repeats what has come has every byte once', async () => {
    const t = await accepted();
    arrive(t, { seq: 1, data: SIZE }, { seq: 501, data: SIZE }, { seq: 1, data: SIZE }, { seq: 1501, data: 10 });
    expect(take(t)).toEqual(sent(1, 1510));
  });
});

describe('text is a piece of its own', () => {
  const [first, second] = train(SIZE, SIZE) as [Segment, Segment];

  test('behind a segment of another connection', async () => {
    const t = await accepted();
    const other = another(t, {});
    const foreign = other.build({ seq: 1, data: SIZE });
    arrive(t, first, foreign, second, other.build({ seq: 1 + SIZE, data: 5 }), { seq: 2001, data: 7 });
    expect(pieces(t)).toEqual([SIZE, SIZE, 7]);
    expect(pieces(other)).toEqual([SIZE, 5]);
    expect(take(t)).toEqual(sent(1, 2 * SIZE + 7));
    expect(take(other)).toEqual(sent(1, SIZE + 5));
  });

  test('behind an echo request, which is answered as it came', async () => {
    const t = await accepted();
    const data = pattern(7, 1200);
    const type = PEER.includes(':') ? 128 : 8;
    arrive(t, first, icmp({ source: PEER, destination: LOCAL, type, rest: 5, data }), second);
    expect(pieces(t)).toEqual([SIZE, SIZE]);
    expect(take(t)).toEqual(sent(1, 2 * SIZE));
    t.driver.output();
    const answers = t.driver.emitted.splice(0).map(({ bytes }) => bytes);
    const echo = answers.find((bytes) => bytes.length > 1200) ?? new Uint8Array();
    expect([...viewIcmp(echo).data]).toEqual([...data]);
  });

  test('behind a datagram, which stays as it came', async () => {
    const t = await accepted();
    const udp = new UdpDriver(t.driver);
    const socket = udp.open(LOCAL, 53);
    const text = 'x'.repeat(1200);
    const foreign = datagram({ source: PEER, destination: LOCAL, to: 53, data: text });
    arrive(t, first, foreign, second);
    expect(pieces(t)).toEqual([SIZE, SIZE]);
    expect(udp.received(socket).map(({ data }) => data)).toEqual([text]);
    expect(take(t)).toEqual(sent(1, 2 * SIZE));
  });

  test('before and behind a segment that was put together from fragments', async () => {
    let t = await accepted();
    const [begin, end] = cut(t.build(second), 800) as [Uint8Array, Uint8Array];
    const rest = [
      { seq: 2001, data: SIZE },
      { seq: 3001, data: SIZE },
    ];
    for (const order of [
      [first, begin, end],
      [begin, first, end],
    ]) {
      arrive(t, ...order, ...rest);
      expect(pieces(t)).toEqual([SIZE, SIZE, 2 * SIZE]);
      expect(take(t)).toEqual(sent(1, 4 * SIZE));
      t = await accepted();
    }
  });

  test('when it is long, so that moving it would cost more', async () => {
    const t = await accepted({ mtu: 9000, syn: { mss: 8000 } });
    arrive(t, ...train(2048, 2048, 2049, 8000, 100));
    expect(pieces(t)).toEqual([4096, 2049, 8000 + 100]);
    expect(take(t)).toEqual(sent(1, 14245));
  });

  test('when its checksum is known, so that nobody has read it', async () => {
    const t = await accepted({ offloads: OFFLOAD_CHECKSUM });
    const virtio = Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    t.driver.input([first, second].map((segment) => ({ bytes: t.build(segment), virtio })));
    expect(pieces(t)).toEqual([SIZE, SIZE]);
    expect(take(t)).toEqual(sent(1, 2 * SIZE));
  });
});
