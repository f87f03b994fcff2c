/** TLS 1.3, and Node's HTTP over Vitrine. */
import { OPENSSL } from '../running/instruments.mjs';
import { each, LARGE, PLAIN } from './stacks.mjs';

const tls = {
  groups: ['tls'],
  metrics: ['gbits', 'secondsPerGB', 'peerBusy'],
  peer: 'ktls',
  needs: { program: OPENSSL, install: 'apt-get install libssl-dev' },
  stacks: each(LARGE, 'node', 'vitrine'),
  bars: [{ metric: 'gbits', atLeast: { first: 2, goal: 5 } }],
};

export const TLS = [
  {
    ...tls,
    id: 'receive-tls',
    title: 'k→s over TLS 1.3: the kernel sends, plain TUN, MTU 65000 (node: its own TLS, on the kernel)',
    mode: ['source'],
  },
  {
    ...tls,
    id: 'send-tls',
    title: 's→k over TLS 1.3: the stack sends, plain TUN, MTU 65000 (node: its own TLS, on the kernel)',
    mode: ['sink'],
  },
  {
    id: 'handshakes',
    groups: ['tls'],
    title: 'TLS 1.3 handshakes, each end by itself: X25519, ECDSA on P-256, no network',
    local: './tls/handshakes.mjs',
    lasts: (seconds) => 4 * seconds,
  },
  {
    id: 'aead',
    groups: ['tls'],
    title: 'the ciphers of TLS: records of 16 KiB, no network',
    local: './tls/aead.mjs',
    lasts: (seconds) => 7 * seconds,
  },
  {
    id: 'http',
    groups: [],
    title: 'a server of node:http asked by wrk, 64 connections, plain TUN, MTU 1500 (node: on the kernel)',
    mode: ['64'],
    peer: './http-peer.mjs',
    needs: { program: 'wrk', install: 'apt-get install wrk' },
    stacks: each(PLAIN, 'node', 'vitrine'),
    metrics: ['requestsPerSecond', 'cpuPerRequest'],
    bars: [],
  },
];
