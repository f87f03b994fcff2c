/**
 * Names that are known without asking: a map in the options, and the format of /etc/hosts (hosts(5)).
 * Not for: reading the file; whoever wants it reads it.
 */
import { parseAddress } from '../core/address.js';
import { toAscii } from './names.js';

/** One address of a name, or several. */
export type Hosts = Readonly<Record<string, string | readonly string[]>>;

/** The text of a hosts file as a map. Lines that are none are passed over, as libraries do it. */
export function parseHosts(text: string): Record<string, string[]> {
  const hosts: Record<string, string[]> = Object.create(null);
  for (const line of text.split('\n')) {
    const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (address === undefined || !isAddress(address)) continue;
    for (const name of names) {
      const ascii = toAscii(name);
      if (ascii === undefined) continue;
      hosts[ascii] ??= [];
      if (!hosts[ascii].includes(address)) hosts[ascii].push(address);
    }
  }
  return hosts;
}

/** @throws TypeError for what is no name and no address */
export function readHosts(hosts: Hosts): Map<string, readonly string[]> {
  const known = new Map<string, readonly string[]>();
  for (const [name, given] of Object.entries(hosts)) {
    const ascii = toAscii(name);
    const addresses = typeof given === 'string' ? [given] : given;
    if (ascii === undefined) throw new TypeError(`dns.hosts: "${name}" is no name`);
    const wrong = addresses.find((address) => !isAddress(address));
    if (wrong !== undefined) throw new TypeError(`dns.hosts: "${wrong}", for ${name}, is no address`);
    known.set(ascii, addresses);
  }
  return known;
}

export function isAddress(text: string): boolean {
  return parseAddress(text) !== undefined;
}
