/** The part of a line that tells ICMP, ICMPv6, neighbor discovery and multicast membership. */
import type { IcmpMessage } from './icmp.js';
import type { Icmp6Message } from './icmp6.js';
import type { Membership, MembershipRecord } from './membership.js';
import type { NeighborMessage, NeighborOption } from './ndp.js';
import { protocolName } from './protocol.js';
import type { Quote } from './quote.js';

/** `echo request id 7 seq 3 len 4`, `port unreachable about 10.9.0.2:5 > 10.9.0.1:7 udp` */
export function formatControl(icmp: IcmpMessage | Icmp6Message): string {
  const words = [icmp.name];
  if (icmp.identifier !== undefined) words.push(`id ${icmp.identifier} seq ${icmp.sequence}`);
  if (icmp.nextHopMtu !== undefined) words.push(`mtu ${icmp.nextHopMtu}`);
  if (icmp.pointer !== undefined) words.push(`at byte ${icmp.pointer}`);
  if ('neighbor' in icmp && icmp.neighbor !== undefined) return [...words, ...neighborWords(icmp.neighbor)].join(' ');
  if ('membership' in icmp && icmp.membership !== undefined) return formatMembership(icmp.membership);
  words.push(icmp.quote === undefined ? `len ${icmp.body.length}` : `about ${formatQuote(icmp.quote)}`);
  return words.join(' ');
}

/** `query all groups within 10000 ms`, `report 224.0.0.251`, `report <to exclude 224.0.0.251>` */
export function formatMembership(membership: Membership): string {
  switch (membership.kind) {
    case 'query': {
      const { group, sources, maximumResponse } = membership;
      const whom = group === '::' || group === '0.0.0.0' ? 'all groups' : group;
      return `listener query ${whom}${from(sources)} within ${maximumResponse} ms`;
    }
    case 'report':
      return `listener report ${membership.group}`;
    case 'leave':
      return `listener done ${membership.group}`;
    case 'records':
      return `listener report <${membership.records.map(formatRecord).join(', ')}>`;
  }
}

/** An address with its port, if it has one, as RFC 5952 §6 recommends. */
export function formatEnd(address: string, port?: number): string {
  if (port === undefined) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function formatRecord({ type, group, sources }: MembershipRecord): string {
  return `${RECORDS[type] ?? `record ${type}`} ${group}${from(sources)}`;
}

function from(sources: readonly string[]): string {
  return sources.length === 0 ? '' : ` from ${sources.join(' ')}`;
}

function formatQuote({ source, destination, protocol, ports }: Quote): string {
  return `${formatEnd(source, ports?.source)} > ${formatEnd(destination, ports?.destination)} ${protocolName(protocol)}`;
}

function neighborWords(message: NeighborMessage): string[] {
  const options = message.options.map(formatOption).join(', ');
  return [...neighborFields(message), ...(options === '' ? [] : [`<${options}>`])];
}

function neighborFields(message: NeighborMessage): string[] {
  switch (message.kind) {
    case 'routerSolicitation':
      return [];
    case 'routerAdvertisement': {
      const words = [`hop limit ${message.hopLimit} lifetime ${message.lifetime} s`];
      if (message.managed) words.push('managed');
      if (message.otherConfiguration) words.push('other');
      return words;
    }
    case 'neighborSolicitation':
      return [`who has ${message.target}?`];
    case 'neighborAdvertisement': {
      const flags = [message.router && 'router', message.solicited && 'solicited', message.override && 'override'];
      return [message.target, ...flags.filter((flag) => flag !== false)];
    }
    case 'redirect':
      return [`${message.destination} by ${message.target}`];
  }
}

function formatOption(option: NeighborOption): string {
  switch (option.kind) {
    case 'sourceLinkAddress':
      return `source ${option.address}`;
    case 'targetLinkAddress':
      return `target ${option.address}`;
    case 'prefix': {
      const flags = `${option.onLink ? ' on-link' : ''}${option.autonomous ? ' autonomous' : ''}`;
      return `prefix ${option.prefix}/${option.length}${flags} valid ${lifetime(option.valid)} preferred ${lifetime(option.preferred)}`;
    }
    case 'redirected':
      return `redirected ${option.bytes.length} bytes`;
    case 'mtu':
      return `mtu ${option.mtu}`;
    case 'route':
      return `route ${option.prefix}/${option.length} lifetime ${lifetime(option.lifetime)}`;
    case 'resolvers':
      return `resolvers ${option.addresses.join(' ')} lifetime ${lifetime(option.lifetime)}`;
    case 'unknown':
      return `option ${option.number}`;
  }
}

function lifetime(seconds: number): string {
  return seconds === 0xffff_ffff ? 'for ever' : `${seconds} s`;
}

const RECORDS = ['', 'include', 'exclude', 'to include', 'to exclude', 'allow', 'block'];
