/**
 * Our own packet scripts, written from the RFCs; the name of each is a sentence. They hold to the microsecond, over IPv4, over
 * IPv6, and over IPv4 on sockets of AF_INET6.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { IpVersion } from '../../../host/packetscript/configuration.js';
import { runPacketScript } from '../../../host/packetscript/run.js';

const FOLDER = new URL('./', import.meta.url);
const scripts = readdirSync(FOLDER).filter((name) => name.endsWith('.pkt'));

/** Scripts that IPv6 has no counterpart for, and why. */
const OF_IPV4: Readonly<Record<string, string>> = {
  'a-small-mtu-bounds-segments-from-the-start': 'an MTU below 1280 (RFC 8200 §5)',
  'a-smaller-mtu-makes-a-smaller-mss': 'an MTU below 1280 (RFC 8200 §5)',
  'frag-needed-makes-segments-smaller-and-sends-them-again': 'a claim below 1280 (RFC 8201 §4)',
  'frag-needed-with-a-tiny-mtu-is-not-believed-to-the-letter': 'a claim below 1280 (RFC 8201 §4)',
  'the-path-mtu-is-remembered-for-the-next-connection': 'a claim below 1280 (RFC 8201 §4)',
  'source-quench-is-ignored': 'there is no source quench in ICMPv6 (RFC 4443)',
  'fast-open-grants-a-cookie-to-who-asks': 'the cookie of IPv4 addresses',
  'fast-open-has-a-limit-of-connections-that-wait-for-their-ack': 'the cookie of IPv4 addresses',
  'fast-open-takes-text-on-a-syn-with-the-right-cookie': 'the cookie of IPv4 addresses',
  'fast-open-with-a-wrong-cookie-is-an-ordinary-handshake': 'the cookie of IPv4 addresses',
  'options-of-a-wrong-length-are-passed-over': '536 is the default MSS of IPv4 (RFC 9293 §3.7.1)',
  'what-stands-behind-the-end-of-options-is-no-option': '536 is the default MSS of IPv4 (RFC 9293 §3.7.1)',
  'without-an-mss-option-segments-carry-536-bytes': '536 is the default MSS of IPv4 (RFC 9293 §3.7.1)',
};

describe.each<IpVersion>(['ipv4', 'ipv6', 'ipv4-mapped-ipv6'])('over %s', (ipVersion) => {
  const run = scripts.filter((name) => ipVersion !== 'ipv6' || OF_IPV4[title(name)] === undefined);

  test.each(run.map((name) => [title(name).replaceAll('-', ' '), name]))('%s', async (_, name) => {
    const { status, reason, place } = await runPacketScript(readFileSync(new URL(name, FOLDER), 'utf8'), {
      profile: 'vitrine',
      mode: 'exact',
      ipVersion,
    });
    expect({ status, reason, place }).toEqual({ status: 'passed', reason: undefined, place: undefined });
  });
});

test('a script that is left out over IPv6 is there, and does not pass there', async () => {
  for (const name of Object.keys(OF_IPV4)) {
    const source = readFileSync(new URL(`${name}.pkt`, FOLDER), 'utf8');
    const { status } = await runPacketScript(source, { profile: 'vitrine', mode: 'exact', ipVersion: 'ipv6' });
    expect(status, name).not.toBe('passed');
  }
});

function title(name: string): string {
  return name.slice(0, -'.pkt'.length);
}
