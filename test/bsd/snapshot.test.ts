/** BSD sockets and snapshots. */
import { expect, test } from 'vitest';
import { ECONNREFUSED, ECONNRESET } from '../../host/bsd/errno.js';
import { memoryWire } from '../../host/device/memory.js';
import { createStack, Stack } from '../../host/stack/stack.js';
import { INET, listening, PORT, pair, read } from '../kit/bsd.js';
import { CLIENT_ADDRESS, SERVER_ADDRESS } from '../kit/stacks.js';

test('a snapshot has no descriptors: when it is restored their connections are reset and their listeners gone', async () => {
  const all = await pair();
  const snapshot = structuredClone(all.net.server.snapshot());
  const [left, right] = memoryWire({ mtu: snapshot.devices[0]?.mtu });
  const { clock } = all.net;
  const restored = await Stack.restore(snapshot, { device: right, clock, socket: { data() {} } });
  const other = await createStack({ device: left, addresses: [`${CLIENT_ADDRESS}/24`], clock });
  clock.advance(0);
  expect(restored.bsd.descriptors).toEqual([]);
  expect(restored.counters()).toMatchObject({ connections: 0, listeners: 0 });
  const fd = other.bsd.socket(INET);
  other.bsd.connect(fd, SERVER_ADDRESS, PORT);
  clock.advance(0);
  expect(read(other.bsd, fd)).toBe(-ECONNREFUSED);
  expect(listening(restored.bsd)).toBe(3);
  for (const stack of [restored, other]) stack.close();
  all.close();
});

test('a connection of the original goes on', async () => {
  const { server, far, net, settle, client, near, close } = await pair();
  net.server.snapshot();
  client.send(near, new Uint8Array(3));
  settle();
  expect(server.recv(far, new Uint8Array(3))).toBe(3);
  expect(read(server, far)).not.toBe(-ECONNRESET);
  close();
});
