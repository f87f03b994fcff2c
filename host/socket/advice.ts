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
  ECONNRESET: 'The peer broke the connection off: look in its log for the reason, and be ready to connect again.',
  ECONNABORTED: 'This side gave the connection up, by `close`, `terminate` or `timeout`, before it was open.',
  EPIPE: 'The peer takes no more data: stop writing when `write` returns -1.',
  ENOBUFS: 'A limit of the stack is reached: close what is not needed, or raise it in the options of `createStack`.',
  EPROTO: 'A router did not understand our packets: capture them with `pcap` and look at the ICMP message.',
  ENOPROTOOPT: 'That host does not speak TCP: check the address.',
  ENOTFOUND: 'Use an IP address or `localhost`: this stack resolves no other names.',
};
