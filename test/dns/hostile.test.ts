/** Who answers in another's place, and servers that lie, break off or send garbage: RFC 5452. */
import codec from 'dns-packet';
import { beforeEach, describe, expect, test } from 'vitest';
import { SeededRandom } from '../../host/device/random.js';
import { readAnswer } from '../../host/dns/message/answer.js';
import { Malformed, readName } from '../../host/dns/message/name.js';
import { makeQuery, mixCase } from '../../host/dns/message/query.js';
import { readResponse } from '../../host/dns/message/response.js';
import { type Asked, Network, OTHER, reply, SERVER, soa, zone } from './kit.js';

let net: Network;
beforeEach(() => {
  net = new Network();
});

const GOOD = zone({ 'host.test': ['10.1.1.1'] });
const EVIL = [{ type: 'A' as const, name: 'host.test', ttl: 60, data: '6.6.6.6' }];
const lookup = (options = {}) =>
  net.settled(net.resolver({ servers: [SERVER], timeout: 1000, ...options }).lookup('host.test', { family: 4 }));

describe('what identifies an answer', () => {
  test('is different each time: the ID, and the case of every letter', async () => {
    const name = 'abcdefghijklmnop.test';
    const resolver = net.resolver({ servers: [SERVER, OTHER], timeout: 1000, attempts: 10 });
    await net.settled(resolver.lookup(name, { family: 4 }));
    expect(net.asked).toHaveLength(20);
    expect(new Set(net.asked.map(({ message }) => message.id)).size).toBe(20);
    const spelt = net.asked.map(({ message }) => message.questions?.[0]?.name as string);
    expect(new Set(spelt).size).toBe(20);
    expect(spelt.every((each) => each.toLowerCase() === name)).toBe(true);
  });

  test('comes from the random numbers given: every letter has both cases', () => {
    expect(mixCase('ab-c.de', () => 0xffff_ffff)).toBe('AB-C.DE');
    expect(mixCase('AB-c.de', () => 0)).toBe('ab-c.de');
    expect(mixCase('x'.repeat(40), () => 0x5555_5555)).toBe('Xx'.repeat(20));
  });
});

describe('an answer is not believed', () => {
  /** A liar that is faster than the server, who is heard all the same. */
  const liar = (lie: (asked: Asked) => Uint8Array) => (asked: Asked) => {
    asked.send(lie(asked));
    if (asked.over === 'udp') GOOD(asked);
    else asked.fail('closed');
  };
  const changed = (asked: Asked, change: (bytes: Buffer) => void): Buffer => {
    const bytes = reply(asked.message, { answers: EVIL });
    change(bytes);
    return bytes;
  };

  test.each<[string, (asked: Asked) => Uint8Array]>([
    [
      'with another ID',
      (asked) => changed(asked, (bytes) => bytes.writeUInt16BE((bytes.readUInt16BE(0) + 1) & 0xffff, 0)),
    ],
    ['that is a question', (asked) => changed(asked, (bytes) => bytes.writeUInt8((bytes[2] as number) & 0x7f, 2))],
    ['to another operation', (asked) => changed(asked, (bytes) => bytes.writeUInt8((bytes[2] as number) | 0x20, 2))],
    [
      'to another name',
      (asked) => reply({ ...asked.message, questions: [{ type: 'A', name: 'hosu.test' }] }, { answers: EVIL }),
    ],
    ['for another type', (asked) => changed(asked, (bytes) => bytes.writeUInt16BE(28, 12 + 11))],
    ['for another class', (asked) => changed(asked, (bytes) => bytes.writeUInt16BE(3, 12 + 13))],
    ['without a question', (asked) => reply({ ...asked.message, questions: [] }, { answers: EVIL })],
    [
      'with two questions',
      (asked) => {
        const [question] = asked.message.questions ?? [];
        return reply({ ...asked.message, questions: [question, question] as never }, { answers: EVIL });
      },
    ],
    ['that is cut off', (asked) => changed(asked, () => {}).subarray(0, 20)],
    ['that is empty', () => new Uint8Array()],
  ])('%s', async (_, lie) => {
    net.servers[SERVER] = liar(lie);
    expect(await lookup()).toMatchObject({ address: '10.1.1.1' });
    expect(net.log).toEqual([`${SERVER} udp A host.test 0`]);
  });

  test('in the wrong case: it is asked again over TCP, where nobody can forge', async () => {
    net.servers[SERVER] = (asked) => {
      const questions = [{ type: 'A' as const, name: asked.name }];
      if (asked.over === 'udp') asked.send(reply({ ...asked.message, questions }, { answers: EVIL }));
      else GOOD({ ...asked, message: { ...asked.message, questions } });
    };
    expect(await lookup()).toMatchObject({ address: '10.1.1.1' });
    expect(net.log).toEqual([`${SERVER} udp A host.test 0`, `${SERVER} tcp A host.test 0`]);
  });

  test('from a server that keeps no case, over TCP it is', async () => {
    net.servers[SERVER] = (asked) => {
      const questions = [{ type: 'A' as const, name: asked.name }];
      const answers = [{ type: 'A' as const, name: asked.name, ttl: 9, data: '10.1.1.1' }];
      asked.send(reply({ ...asked.message, questions }, { answers }));
    };
    expect(await lookup()).toMatchObject({ address: '10.1.1.1' });
    expect(net.log.map((line) => line.split(' ')[1])).toEqual(['udp', 'tcp']);
  });

  test('when somebody guesses: after 16 wrong ones the question goes over TCP', async () => {
    net.servers[SERVER] = (asked) => {
      if (asked.over === 'tcp') return GOOD(asked);
      for (let guess = 1; guess <= 100; guess++) {
        asked.send(changed(asked, (bytes) => bytes.writeUInt16BE((bytes.readUInt16BE(0) + guess) & 0xffff, 0)));
      }
      return undefined;
    };
    expect(await lookup()).toMatchObject({ address: '10.1.1.1' });
    expect(net.log).toEqual([`${SERVER} udp A host.test 0`, `${SERVER} tcp A host.test 0`]);
  });

  test('over TCP, when it is to something else: the next server is asked', async () => {
    net.servers[SERVER] = (asked) =>
      asked.over === 'udp'
        ? asked.answer({ tc: true })
        : asked.send(changed(asked, (bytes) => bytes.writeUInt16BE(0, 12)));
    net.servers[OTHER] = GOOD;
    expect(await lookup({ servers: [SERVER, OTHER] })).toMatchObject({ address: '10.1.1.1' });
    expect(net.clock.now()).toBe(1000);
  });

  test('about names that nobody asked for', async () => {
    net.servers[SERVER] = (asked) =>
      asked.answer({
        answers: [
          { type: 'A', name: 'other.test', ttl: 60, data: '6.6.6.6' },
          { type: 'A', name: asked.name, ttl: 60, data: '10.1.1.1' },
        ],
        additionals: [{ type: 'A', name: 'bank.test', ttl: 60, data: '6.6.6.6' }],
      });
    const resolver = net.resolver();
    expect(await net.settled(resolver.lookup('host.test', { family: 4, all: true }))).toEqual([
      { address: '10.1.1.1', family: 4 },
    ]);
    net.servers[SERVER] = zone({});
    for (const name of ['other.test', 'bank.test']) {
      expect(await net.settled(resolver.lookup(name, { family: 4 }))).toMatchObject({ code: 'ENOTFOUND' });
    }
  });

  test('of another class', async () => {
    net.servers[SERVER] = (asked) => asked.answer({ answers: [{ ...EVIL[0], class: 'CH' } as never] });
    expect(await lookup()).toMatchObject({ code: 'ENOTFOUND' });
  });
});

describe('truncation and size', () => {
  test('what did not fit is asked for over TCP (RFC 7766 §5), and what came of it is not used', async () => {
    net.servers[SERVER] = (asked) => (asked.over === 'udp' ? asked.answer({ tc: true, answers: EVIL }) : GOOD(asked));
    expect(await lookup()).toMatchObject({ address: '10.1.1.1' });
    expect(net.log).toEqual([`${SERVER} udp A host.test 0`, `${SERVER} tcp A host.test 0`]);
  });

  test('TCP has a timeout of its own; then comes the next server', async () => {
    net.servers[SERVER] = (asked) => asked.over === 'udp' && asked.answer({ tc: true }, 400);
    net.servers[OTHER] = GOOD;
    expect(await lookup({ servers: [SERVER, OTHER] })).toMatchObject({ address: '10.1.1.1' });
    expect(net.log).toEqual([
      `${SERVER} udp A host.test 0`,
      `${SERVER} tcp A host.test 400`,
      `${OTHER} udp A host.test 1400`,
    ]);
  });

  test('TCP that is refused: the next server', async () => {
    net.servers[SERVER] = (asked) => (asked.over === 'udp' ? asked.answer({ tc: true }) : asked.fail('refused'));
    net.servers[OTHER] = GOOD;
    expect(await lookup({ servers: [SERVER, OTHER] })).toMatchObject({ address: '10.1.1.1' });
    expect(net.clock.now()).toBe(1000);
  });

  test('of an answer with more than 64 addresses, 64 are taken', async () => {
    const data = Array.from({ length: 300 }, (_, index) => `10.1.${index >> 8}.${index & 255}`);
    net.servers[SERVER] = zone({ 'host.test': data });
    const found = await net.settled(net.resolver().lookup('host.test', { family: 4, all: true }));
    expect(found).toHaveLength(64);
  });
});

describe('EDNS', () => {
  test('is offered: answers of 1232 bytes', async () => {
    net.servers[SERVER] = GOOD;
    await lookup();
    expect(net.asked[0]?.message.additionals).toMatchObject([
      { type: 'OPT', name: '.', udpPayloadSize: 1232, ednsVersion: 0 },
    ]);
  });

  test.each([
    ['FORMERR', (asked: Asked) => asked.answer({ rcode: 1 })],
    ['NOTIMP', (asked: Asked) => asked.answer({ rcode: 4 })],
    [
      'FORMERR without the question',
      (asked: Asked) => asked.send(reply({ id: asked.message.id as number }, { flags: 1 })),
    ],
    [
      'BADVERS',
      (asked: Asked) => {
        const opt = { type: 'OPT', name: '.', udpPayloadSize: 512, extendedRcode: 1, flags: 0, options: [] };
        asked.answer({ additionals: [opt as never] });
      },
    ],
  ])('is left out for a server that says %s', async (_, refuse) => {
    net.servers[SERVER] = (asked) => (asked.edns ? refuse(asked) : GOOD(asked));
    expect(await lookup()).toMatchObject({ address: '10.1.1.1' });
    expect(net.asked.map(({ edns }) => edns)).toEqual([true, false]);
  });

  test('is not the reason when it is refused without it, too: the next server', async () => {
    net.servers[SERVER] = (asked) => asked.answer({ rcode: 1 });
    net.servers[OTHER] = GOOD;
    expect(await lookup({ servers: [SERVER, OTHER] })).toMatchObject({ address: '10.1.1.1' });
    expect(net.asked.map(({ server, edns }) => [server, edns])).toEqual([
      [SERVER, true],
      [SERVER, false],
      [OTHER, true],
    ]);
  });

  test('an answer that says OPT and nothing else is an answer', async () => {
    const opt = { type: 'OPT', name: '.', udpPayloadSize: 4096, flags: 0, options: [] } as never;
    net.servers[SERVER] = (asked) =>
      asked.answer({ answers: [{ ...EVIL[0], data: '10.1.1.1' } as never], additionals: [opt] });
    expect(await lookup()).toMatchObject({ address: '10.1.1.1' });
  });
});

describe('names in messages', () => {
  const label = (text: string) => Buffer.from([Buffer.byteLength(text), ...Buffer.from(text)]);
  const labels = (...texts: string[]) => Buffer.concat([...texts.map(label), Buffer.of(0)]);

  test('are read with their pointers, small, and escaped where a byte could mean something', () => {
    const bytes = Buffer.concat([labels('Host', 'TEST'), Buffer.of(3, 0x61, 0x2e, 0x62, 0xc0, 5)]);
    expect(readName(bytes, 0)).toEqual({ name: 'host.test', end: 11 });
    expect(readName(bytes, 11)).toEqual({ name: 'a\\046b.test', end: 17 });
    expect(readName(labels('a b\0ü*~/'), 0).name).toBe('a\\032b\\000\\195\\188*~/');
    expect(readName(Buffer.of(0), 0)).toEqual({ name: '', end: 1 });
  });

  test.each<[string, Uint8Array, number?]>([
    ['a pointer to itself', Buffer.of(0xc0, 0)],
    ['pointers to each other', Buffer.of(0xc0, 2, 0xc0, 0)],
    ['a pointer forward', Buffer.of(0xc0, 2, 1, 0x61, 0)],
    ['a pointer behind the end', Buffer.of(0xff, 0xff)],
    ['half a pointer', Buffer.of(1, 0x61, 0xc0)],
    ['a label that leads into a pointer back to it', Buffer.of(1, 0x61, 0xc0, 0)],
    ['a label of another kind', Buffer.of(0x41, 0x61, 0)],
    ['a label that is cut off', Buffer.of(5, 0x61)],
    ['a name without end', Buffer.of(1, 0x61)],
    ['a name of more than 255 bytes', Buffer.concat([labels(...Array(32).fill('abcdefg')), Buffer.of(0)])],
    ['nothing', Buffer.of()],
  ])('%s is malformed', (_, bytes) => {
    expect(() => readName(bytes, 0)).toThrow(Malformed);
  });

  test('a name of 255 bytes is the longest', () => {
    expect(readName(labels(...Array(31).fill('abcdefg'), 'abcde'), 0).name).toHaveLength(253);
  });

  test('aliases that lead round and round end, and so do many: the server has failed', async () => {
    const round = (asked: Asked) =>
      asked.answer({
        answers: [
          { type: 'CNAME', name: asked.name, ttl: 9, data: 'b.test' },
          { type: 'CNAME', name: 'b.test', ttl: 9, data: asked.name },
        ],
      });
    const many = (asked: Asked) =>
      asked.answer({
        answers: Array.from({ length: 100 }, (_, index) => {
          const name = index === 0 ? asked.name : `a${index}.test`;
          return { type: 'CNAME' as const, name, ttl: 9, data: `a${index + 1}.test` };
        }),
      });
    for (const server of [round, many]) {
      net.servers[SERVER] = server;
      expect(await lookup()).toMatchObject({ code: 'EAI_AGAIN', cause: { message: /aliases of aliases/ } });
    }
  });
});

describe('garbage', () => {
  const random = new SeededRandom(42);
  const below = (limit: number) => Math.floor(random.fraction() * limit);
  const query = makeQuery({ id: 0x1234, name: 'hOsT.test', type: 'A', edns: true });
  const good = reply(codec.decode(Buffer.from(query.bytes)), {
    flags: 0x80,
    answers: [
      { type: 'CNAME', name: 'hOsT.test', ttl: 60, data: 'www.host.test' },
      { type: 'A', name: 'www.host.test', ttl: 60, data: '10.1.1.1' },
      { type: 'TXT', name: 'www.host.test', ttl: 60, data: ['text'] },
    ],
    authorities: [soa('host.test')],
    additionals: [{ type: 'OPT', name: '.', udpPayloadSize: 1232, flags: 0, options: [] } as never],
  });
  /** Reads it as the exchange does. */
  const read = (bytes: Uint8Array) => {
    for (const over of ['udp', 'tcp'] as const) {
      const verdict = readResponse(bytes, query, over);
      if (verdict.kind !== 'response') continue;
      for (const type of [query.type, 5, 6, 16, 255]) {
        try {
          readAnswer(verdict.response, query.name, type);
        } catch (error) {
          if (!(error instanceof Malformed)) throw error;
        }
      }
    }
  };

  test('the message that is spoilt below is a good one', () => {
    const verdict = readResponse(good, query, 'udp');
    expect(verdict.kind === 'response' && readAnswer(verdict.response, query.name, 1)).toMatchObject({
      kind: 'records',
      canonical: 'www.host.test',
      records: [{ data: '10.1.1.1' }],
    });
  });

  test('every length of a good message, and every value of each of its bytes', () => {
    for (let length = 0; length <= good.length; length++) read(good.subarray(0, length));
    for (let at = 0; at < good.length; at++) {
      for (let value = 0; value < 256; value++) {
        const bytes = Buffer.from(good);
        bytes[at] = value;
        read(bytes);
      }
    }
  });

  test('random bytes of every length behind a header that fits', () => {
    for (let round = 0; round < 20_000; round++) {
      const bytes = Buffer.alloc(12 + below(200));
      for (let index = 0; index < bytes.length; index++) bytes[index] = below(256);
      bytes.set(good.subarray(0, 4));
      if (bytes.length > 12 + query.question.length) {
        bytes.writeUInt16BE(1, 4);
        bytes.set(query.question, 12);
        for (let at = 6; at < 12; at++) bytes[at] = at % 2 === 0 ? 0 : below(4);
      }
      read(bytes);
    }
  });

  test('several bytes changed at a time', () => {
    for (let round = 0; round < 20_000; round++) {
      const bytes = Buffer.from(good);
      for (let change = below(6); change >= 0; change--)
        bytes[12 + query.question.length + below(bytes.length - 12 - query.question.length)] = below(256);
      read(bytes);
    }
  });

  test('65535 records in the header of a short message cost nothing', () => {
    const bytes = Buffer.from(good);
    for (const at of [6, 8, 10]) bytes.writeUInt16BE(0xffff, at);
    const spent = [1, 2, 3, 4, 5].map(() => {
      const { user } = process.cpuUsage();
      expect(readResponse(bytes, query, 'udp').kind).toBe('malformed');
      return process.cpuUsage().user - user;
    });
    // In microseconds, the least of several: whatever else the machine does is not in it.
    expect(Math.min(...spent)).toBeLessThan(100_000);
  });

  test('an address of the wrong length, and text that is longer than its record, are malformed', () => {
    const at = good.indexOf(Buffer.of(0, 4, 10, 1, 1, 1));
    const shorter = Buffer.from(good);
    shorter.writeUInt16BE(3, at);
    const verdict = readResponse(shorter, query, 'udp');
    expect(verdict.kind).not.toBe('stranger');
    if (verdict.kind === 'response') expect(() => readAnswer(verdict.response, query.name, 1)).toThrow(Malformed);
    const text = Buffer.from(good);
    text[good.indexOf('text') - 1] = 200;
    const other = readResponse(text, query, 'udp');
    expect(() => other.kind === 'response' && readAnswer(other.response, 'www.host.test', 16)).toThrow(Malformed);
  });
});
