/**
 * The names that scripts use in calls and in `%{ }%`, with the numbers of the BSD layer; FreeBSD's names for the same
 * things stand beside them.
 * Not for: names that are made in a script (`--define`, `name = 1`).
 */
import * as bsd from '../../bsd/constants.js';
import * as errno from '../../bsd/errno.js';

/** @returns the number, undefined for a name that nobody knows */
export function numberOf(name: string): number | undefined {
  return TABLE.get(name);
}

/** Whether two error names are one number. */
export function sameError(one: string, other: string): boolean {
  return one === other || (TABLE.get(one) !== undefined && TABLE.get(one) === TABLE.get(other));
}

export const O_NONBLOCK = 0o4000;
export const O_RDWR = 2;
export const F_GETFL = 3;
export const F_SETFL = 4;
export const EPOLLIN = 0x1;
export const EPOLLPRI = 0x2;
export const EPOLLOUT = 0x4;
export const EPOLLERR = 0x8;
export const EPOLLHUP = 0x10;
export const EPOLLRDHUP = 0x2000;
export const EPOLLEXCLUSIVE = 0x10000000;
export const EPOLLONESHOT = 0x40000000;
export const EPOLLET = 0x80000000;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;
export const TCP_CM_INQ = bsd.TCP_INQ;
export const TCP_KEEPINIT = 0x2001;
export const TCP_NOOPT = 0x2002;

function numbers(exported: object): [string, number][] {
  return Object.entries(exported).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
}

const DSCP = Object.fromEntries(
  ['CS0', 'CS1', 'CS2', 'CS3', 'CS4', 'CS5', 'CS6', 'CS7'].map((name, index) => [`IPTOS_DSCP_${name}`, index << 5]),
);

const TABLE = new Map<string, number>([
  ...numbers(bsd),
  ...numbers(errno),
  ...Object.entries(DSCP),
  ...Object.entries({
    EWOULDBLOCK: errno.EAGAIN,
    ENOTSUP: errno.EOPNOTSUPP,
    O_RDONLY: 0,
    O_WRONLY: 1,
    O_RDWR,
    O_NONBLOCK,
    F_GETFL,
    F_SETFL,
    EPOLLIN,
    EPOLLPRI,
    EPOLLOUT,
    EPOLLERR,
    EPOLLHUP,
    EPOLLRDHUP,
    EPOLLEXCLUSIVE,
    EPOLLONESHOT,
    EPOLLET,
    EPOLL_CTL_ADD,
    EPOLL_CTL_DEL,
    EPOLL_CTL_MOD,
    FIONREAD: bsd.SIOCINQ,
    FIONSPACE: bsd.SIOCOUTQ,
    TCP_CM_INQ,
    TCP_KEEPINIT,
    TCP_NOOPT,
    TCP_CA_Open: bsd.TCP_CA_OPEN,
    TCP_CA_Disorder: bsd.TCP_CA_DISORDER,
    TCP_CA_CWR: bsd.TCP_CA_CWR,
    TCP_CA_Recovery: bsd.TCP_CA_RECOVERY,
    TCP_CA_Loss: bsd.TCP_CA_LOSS,
    TCP_INFINITE_SSTHRESH: 0x7fffffff,
    TCPI_CLOSED: bsd.TCP_CLOSE,
    TCPI_LISTEN: bsd.TCP_LISTEN,
    TCPI_SYN_SENT: bsd.TCP_SYN_SENT,
    TCPI_SYN_RECEIVED: bsd.TCP_SYN_RECV,
    TCPI_ESTABLISHED: bsd.TCP_ESTABLISHED,
    TCPI_CLOSE_WAIT: bsd.TCP_CLOSE_WAIT,
    TCPI_FIN_WAIT_1: bsd.TCP_FIN_WAIT1,
    TCPI_CLOSING: bsd.TCP_CLOSING,
    TCPI_LAST_ACK: bsd.TCP_LAST_ACK,
    TCPI_FIN_WAIT_2: bsd.TCP_FIN_WAIT2,
    TCPI_TIME_WAIT: bsd.TCP_TIME_WAIT,
  }),
]);
