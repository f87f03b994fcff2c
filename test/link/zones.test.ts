/** Addresses that mean something on one link only (RFC 4007), as whoever has them speaks with himself. */
import { expect, test } from 'vitest';
import { STATE_ESTABLISHED } from '../../assembly/abi/constants.js';
import { address } from '../kit/driver.js';
import { LinkDriver } from '../kit/link.js';

const ANY = new Uint8Array(16);

/** A host with the same link-local address on two links; `own`: the one on the second, with its zone. */
async function host() {
  const link = await LinkDriver.create({ duplicateTransmits: 0, interfaces: 2 });
  for (const number of [1, 2]) link.addAddress('fe80::9/64', 0, number);
  link.advance(3000);
  const own = address('fe80::9');
  own[3] = 2;
  for (const number of [1, 2]) link.take(number);
  return { link, calls: link.calls, own, put: (bytes: Uint8Array, at = 0) => link.core.putAddress(bytes, at) };
}

test('a ping', async () => {
  const { link, calls, own, put } = await host();
  put(own);
  expect(calls.icmpEcho(1, 3000, 64)).toBe(0);
  link.output();
  expect(calls.icmpEchoNext()).toBe(1);
  expect([link.take(1), link.take(2)]).toEqual([[], []]);
});

test('a connection', async () => {
  const { link, calls, own, put } = await host();
  put(own);
  calls.tcpListen(80, 5, 0);
  put(own);
  put(ANY, 1);
  const handle = calls.tcpConnect(80, 0);
  link.output();
  expect(calls.tcpState(handle)).toBe(STATE_ESTABLISHED);
  expect([link.take(1), link.take(2)]).toEqual([[], []]);
});

test.each([3, 65_000])('a datagram of %i bytes, to the address and to the peer', async (length) => {
  const { link, calls, own, put } = await host();
  put(own);
  const server = calls.udpOpen(7, 0);
  put(ANY);
  const client = calls.udpOpen(8, 0);
  for (const port of [7, 0]) {
    put(own);
    if (port === 0) expect(calls.udpConnect(client, 7)).toBe(0);
    expect(calls.udpSendReserve(client, port, length)).toBe(1);
    expect(calls.udpSendCommit(client)).toBe(1);
    link.output();
    expect(calls.udpReceive(server)).toBe(length);
  }
  expect([link.take(1), link.take(2)]).toEqual([[], []]);
});
