/**
 * What to do about an error, in a sentence: what people who meet it for the first time need to hear. Not for: what
 * happened (`errors.ts`).
 */
import type { SocketErrorDetails } from './errors.js';

export function adviceFor({ code, syscall }: Pick<SocketErrorDetails, 'code' | 'syscall'>): string {
  return (
    ADVICE[`${code} ${syscall}`] ??
    ADVICE[code] ??
    'Watch the connection with `pcap` or `stack.trace` to see what happened.'
  );
}

const ADVICE: Readonly<Record<string, string | undefined>> = {
  ECONNREFUSED: 'Check that something listens on that address and port, and that no firewall answers in its place.',
  ETIMEDOUT: 'Nobody answered: check the address, the route there and back, and firewalls that drop in silence.',
  'ETIMEDOUT read': 'The peer stopped answering: it may have crashed or lost its network; connect again.',
  ENETUNREACH: 'No interface of this stack leads there: give `createStack` a device whose addresses cover it.',
  EHOSTUNREACH: 'A router found no way to that host: check that it is up and that the address is right.',
  EHOSTDOWN: 'A router says that this host is down: check that it is up and that the address is right.',
  ENONET: 'A router says that this host is cut off: check its network.',
  EACCES: 'A router forbids this traffic, or the stack refuses the address: check filters, and the address itself.',
  EADDRINUSE:
    'Choose another port (0 lets the stack choose), stop the listener that has it, or set `reusePort` on both.',
  EADDRNOTAVAIL: 'Use an address that an interface of this stack has, or `0.0.0.0` for all of them.',
  'EADDRNOTAVAIL connect': 'Leave `localAddress` out, or give an address that an interface of this stack has.',
  EINVAL: 'Give the address of one host: broadcast and multicast addresses are no end of a TCP connection.',
  'EINVAL bind':
    'An address of one link has to say of which: put the number of an interface of this stack behind it, as in `ff02::fb%1`, the same as that of the option `interface`.',
  ECONNRESET: 'The peer broke the connection off: look in its log for the reason, and be ready to connect again.',
  ECONNABORTED: 'This side gave the connection up, by `close`, `terminate` or `timeout`, before it was open.',
  'EPIPE write': 'Await `writeAll` before `close` or `terminate`, and be ready for a peer that leaves early.',
  EPIPE: 'The peer takes no more data: stop writing when `write` returns -1.',
  ENOBUFS: 'A limit of the stack is reached: close what is not needed, or raise it in the options of `createStack`.',
  EPROTO: 'A router did not understand our packets: capture them with `pcap` and look at the ICMP message.',
  ENOPROTOOPT: 'That host does not speak TCP: check the address.',
  'EPROTO handshake':
    'Compare what both sides speak: versions, cipher suites and protocols; `alert` says who refused what.',
  'EPROTO read': 'The peer broke the rules of TLS, or somebody changed bytes on the way; `alert` says which rule.',
  'ECONNRESET handshake':
    'The peer left during the handshake: check that it speaks TLS on that port, and look in its log.',
  ERR_TLS_TRUNCATED: 'Do not trust that what arrived is complete: the peer has to say close_notify before it ends.',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'Check that the peer speaks TLS on that port, and that its packets arrive.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'Connect by a name that the certificate has, or give that name as `serverName`.',
  CERT_HAS_EXPIRED: 'Renew the certificate, or set the clock: it is too late for this one.',
  CERT_NOT_YET_VALID: 'Set the clock: the certificate is from the future.',
  CERT_REVOKED: 'Do not trust the peer: its certificate was revoked.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'If this is the peer you want, give its certificate as `ca`.',
  SELF_SIGNED_CERT_IN_CHAIN: 'If you trust that authority, give its certificate as `ca`.',
  UNABLE_TO_GET_ISSUER_CERT:
    'Ask the peer for a certificate (`requestCert`), and give the authority that you trust as `ca`.',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'Give the certificate of the authority as `ca`.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'Give the certificate of the authority as `ca`; the server has to send the ones in between.',
  ENOTFOUND: 'Check the name, and its domain: the name servers know no address for it.',
  EAI_AGAIN: 'No name server gave an answer, `cause` says why: check `dns.servers` of the stack, and the way to them.',
};
