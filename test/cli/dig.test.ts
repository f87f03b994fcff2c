/** `vitrine dig` without a network: its words, and how records are printed. */
import codec, { type Answer } from 'dns-packet';
import { describe, expect, test } from 'vitest';
import { longText, readWords, shortText } from '../../host/cli/tools/dig.js';
import { dataText } from '../../host/cli/tools/dns-text.js';
import { makeQuery } from '../../host/dns/message/query.js';
import { type Response, readResponse } from '../../host/dns/message/response.js';
import { reply } from '../dns/kit.js';

describe('the words of the command line', () => {
  test.each<[string, object]>([
    ['', { name: '.', type: 'NS', server: undefined, short: false, tcp: false }],
    ['host.test', { name: 'host.test', type: 'A' }],
    ['host.test aaaa', { type: 'AAAA' }],
    ['@10.9.0.1 host.test MX +short', { server: { address: '10.9.0.1', port: 53 }, type: 'MX', short: true }],
    ['host.test @[fd00::53]:5353 +tcp', { server: { address: 'fd00::53', port: 5353 }, tcp: true }],
    ['host.test TYPE65 +vc +time=2 +tries=1', { type: 'TYPE65', tcp: true, timeout: 2000, attempts: 1 }],
  ])('%j', (line, expected) => {
    expect(readWords(line.split(' ').filter((word) => word !== ''))).toMatchObject(expected);
  });

  test.each([
    ['10.9.0.1', '1.0.9.10.in-addr.arpa'],
    ['2001:db8::567:89ab', 'b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa'],
  ])('-x %s asks for %s', (address, name) => {
    expect(readWords([], address)).toMatchObject({ name, type: 'PTR' });
  });

  test.each([
    ['@ns.test host.test', /@ns\.test: the server has to be an IP address/],
    ['host.test other.test', /other\.test is no type/],
    ['host.test +dnssec', /\+short, \+tcp/],
    ['host.test +time=0', /\+time/],
  ])('%s makes no sense', (line, message) => {
    expect(() => readWords(line.split(' '))).toThrow(message);
  });

  test('-x of what is no address makes no sense', () => {
    expect(() => readWords([], 'host.test')).toThrow(/-x host\.test: that is no address/);
  });
});

describe('what is printed', () => {
  test('is the message in the shape of dig(1)', () => {
    const question = { ...readWords(['host.test', 'MX']), name: 'host.test' };
    const response = responseTo('MX', [
      { type: 'CNAME', name: 'host.test', ttl: 60, data: 'www.test' },
      { type: 'MX', name: 'www.test', ttl: 30, data: { preference: 5, exchange: 'mail.test' } },
    ]);
    expect(longText(response, question, { address: '10.9.0.1', port: 53 }, 3.7).split('\n')).toEqual([
      ';; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 4660',
      ';; flags: qr rd ra; QUERY: 1, ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 0',
      '',
      ';; QUESTION SECTION:',
      ';host.test.\t\tIN\tMX',
      '',
      ';; ANSWER SECTION:',
      'host.test.\t60\tIN\tCNAME\twww.test.',
      'www.test.\t30\tIN\tMX\t5 mail.test.',
      '',
      ';; Query time: 4 msec',
      ';; SERVER: 10.9.0.1#53 (UDP)',
      expect.stringMatching(/^;; MSG SIZE {2}rcvd: \d+$/),
    ]);
    expect(shortText(response)).toBe('www.test.\n5 mail.test.');
  });

  test('says what a server refuses', () => {
    const text = longText(responseTo('A', [], 5), readWords(['host.test']), { address: '10.9.0.1', port: 53 }, 0);
    expect(text).toContain('status: REFUSED');
    expect(text).not.toContain('ANSWER SECTION');
  });

  test.each<[string, unknown, string]>([
    ['A', '10.1.1.1', '10.1.1.1'],
    ['NS', 'ns.test', 'ns.test.'],
    ['TXT', [Buffer.from('say "hi" \\ \x1b[2J'), Buffer.from('ü')], '"say \\"hi\\" \\\\ \\027[2J" "\\195\\188"'],
    ['SRV', { priority: 1, weight: 2, port: 3, target: 'host.test' }, '1 2 3 host.test.'],
    [
      'SOA',
      { mname: 'ns.test', rname: 'root.test', serial: 1, refresh: 2, retry: 3, expire: 4, minimum: 5 },
      'ns.test. root.test. 1 2 3 4 5',
    ],
    ['CAA', { flags: 0, tag: 'issue', value: 'ca.test\x1b' }, '0 issue ca.test\\027'],
    ['TYPE65', Buffer.of(1, 2, 255), '\\# 3 0102ff'],
    ['NULL', Buffer.of(), '\\# 0'],
    ['TLSA', { usage: 3, odd: '\x07' }, '{"usage":3,"odd":"\\u0007"}'],
  ])('%s data', (type, data, expected) => {
    expect(dataText(type, data)).toBe(expected);
  });

  test('what can not be read is shown as bytes', () => {
    const response = responseTo('A', [{ type: 'A', name: 'host.test', ttl: 1, data: '10.1.1.1' }]);
    const [record] = response.answers;
    if (record !== undefined) record.end -= 1;
    expect(shortText(response)).toBe('\\# 3 0a0101');
  });
});

function responseTo(type: string, answers: Answer[], rcode = 0): Response {
  const query = makeQuery({ id: 0x1234, name: 'host.test', type, edns: false });
  const bytes = reply(codec.decode(Buffer.from(query.bytes)), { flags: 0x180 | rcode, answers });
  const verdict = readResponse(bytes, query, 'udp');
  if (verdict.kind !== 'response') throw new Error(verdict.kind);
  return verdict.response;
}
