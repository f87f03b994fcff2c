/**
 * The names of ICMP types and codes, RFC 792, RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1.
 * Not for: ICMPv6: its names are known, so that scripts which use them can be read.
 */

/** @returns type and code, or what is wrong with the names */
export function icmpCode(type: string, code: string | undefined): { type: number; code: number } | string {
  const known = TYPES[type] ?? numbered(type, 'type_');
  if (known === undefined) return `expected an ICMP type (${Object.keys(TYPES).join(', ')}), found '${type}'`;
  const { number, codes } = typeof known === 'number' ? { number: known, codes: {} } : known;
  if (code === undefined) return { type: number, code: 0 };
  const value = codes[code] ?? numbered(code, 'code_') ?? SIXTH_CODES[code];
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
  packet_too_big: { number: 2, codes: {} },
};

/** ICMPv6 (RFC 4443): read, not sent. */
const SIXTH_CODES: Readonly<Record<string, number>> = {
  no_route: 0,
  admin_prohibited: 1,
  not_neighbour: 2,
  address_unreachable: 3,
  exceeded_hop_limit: 0,
  exceeded_frag_time: 1,
  header_field: 0,
  unknown_next_header: 1,
  unknown_option: 2,
};
