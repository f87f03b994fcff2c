/**
 * The names of ICMP types and codes: RFC 792, RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1; RFC 4443 for scripts over IPv6. There a
 * name of IPv4 alone stands for what a router would translate it into (RFC 7915 §4.2).
 */

export interface IcmpCode {
  type: number;
  code: number;
  /** The name is one of IPv4, and the script runs over IPv6. */
  translated?: true;
}

/** @returns type and code, or what is wrong with the names */
export function icmpCode(version: 4 | 6, type: string, code: string | undefined): IcmpCode | string {
  if (version === 4) return codeIn(TYPES, type, code);
  const foreign = TRANSLATED[code ?? type];
  const known = codeIn(SIXTH_TYPES, type, code);
  if (typeof known !== 'string' || foreign === undefined) return known;
  return { type: foreign[0], code: foreign[1], translated: true };
}

function codeIn(types: typeof TYPES, type: string, code: string | undefined): IcmpCode | string {
  const known = types[type] ?? numbered(type, 'type_');
  if (known === undefined) return `expected an ICMP type (${Object.keys(types).join(', ')}), found '${type}'`;
  const { number, codes } = typeof known === 'number' ? { number: known, codes: {} } : known;
  if (code === undefined) return { type: number, code: 0 };
  const value = codes[code] ?? numbered(code, 'code_');
  if (value !== undefined) return { type: number, code: value };
  const names = Object.keys(codes);
  return names.length === 0 ? `'${type}' has no code '${code}'` : `expected a code of '${type}' (${names.join(', ')})`;
}

function numbered(name: string, prefix: string): number | undefined {
  const digits = name.startsWith(prefix) ? name.slice(prefix.length) : '';
  const value = Number(digits);
  return /^\d{1,3}$/.test(digits) && value < 256 ? value : undefined;
}

interface Type {
  number: number;
  codes: Readonly<Record<string, number>>;
}

function inOrder(...names: string[]): Readonly<Record<string, number>> {
  return Object.fromEntries(names.map((name, code) => [name, code]));
}

const TYPES: Readonly<Record<string, Type>> = {
  echo_reply: { number: 0, codes: {} },
  unreachable: {
    number: 3,
    codes: inOrder(
      'net_unreachable',
      'host_unreachable',
      'protocol_unreachable',
      'port_unreachable',
      'frag_needed',
      'source_route_failed',
      'net_unknown',
      'host_unknown',
      'source_host_isolated',
      'net_prohibited',
      'host_prohibited',
      'net_unreachable_for_tos',
      'host_unreachable_for_tos',
      'packet_filtered',
      'precedence_violation',
      'precedence_cutoff',
    ),
  },
  source_quench: { number: 4, codes: {} },
  redirect: { number: 5, codes: inOrder('net', 'host', 'tos_net', 'tos_host') },
  echo_request: { number: 8, codes: {} },
  time_exceeded: { number: 11, codes: inOrder('ttl_exceeded_in_transit', 'frag_reass_exceeded') },
  parameter_problem: { number: 12, codes: {} },
  timestamp_request: { number: 13, codes: {} },
  timestamp_reply: { number: 14, codes: {} },
  information_request: { number: 15, codes: {} },
  information_reply: { number: 16, codes: {} },
};

/** RFC 4443. */
const SIXTH_TYPES: typeof TYPES = {
  unreachable: {
    number: 1,
    codes: inOrder('no_route', 'admin_prohibited', 'not_neighbour', 'address_unreachable', 'port_unreachable'),
  },
  packet_too_big: { number: 2, codes: {} },
  time_exceeded: { number: 3, codes: inOrder('exceeded_hop_limit', 'exceeded_frag_time') },
  parameter_problem: { number: 4, codes: inOrder('header_field', 'unknown_next_header', 'unknown_option') },
  echo_request: { number: 128, codes: {} },
  echo_reply: { number: 129, codes: {} },
};

/** RFC 7915 §4.2, but a host that can't be reached is an address that can't be. */
const TRANSLATED: Readonly<Record<string, readonly [type: number, code: number]>> = {
  net_unreachable: [1, 0],
  host_unreachable: [1, 3],
  protocol_unreachable: [4, 1],
  frag_needed: [2, 0],
  source_route_failed: [1, 0],
  net_unknown: [1, 0],
  host_unknown: [1, 0],
  source_host_isolated: [1, 0],
  net_prohibited: [1, 1],
  host_prohibited: [1, 1],
  net_unreachable_for_tos: [1, 0],
  host_unreachable_for_tos: [1, 0],
  packet_filtered: [1, 1],
  precedence_cutoff: [1, 1],
  ttl_exceeded_in_transit: [3, 0],
  frag_reass_exceeded: [3, 1],
};
