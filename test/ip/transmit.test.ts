/** The transmit queue: bounded, first in, first out, packets whole however the arena wraps. */
import { expect, test } from 'vitest';
import { ERROR_NO_BUFFERS, TRANSMIT_LIMIT } from '../../assembly/abi/constants.js';
import { SeededRandom } from '../../host/device/random.js';
import { Driver, PEER } from '../kit/driver.js';
import { internetChecksum } from '../kit/packet.js';

/** Sends an echo request with so many bytes of data; they are what the core makes of a sequence number. */
function echo(driver: Driver, sequence: number, length: number): number {
  driver.putAddresses(PEER);
  return driver.calls.icmpEcho(sequence, length, 0);
}

test('packets of all sizes leave whole and in order, however the device drains them', async () => {
  const driver = await Driver.create({ mtu: 65_535 });
  const random = new SeededRandom(4);
  const expected: [sequence: number, length: number][] = [];
  let refused = 0;
  for (let sequence = 0; sequence < 6000; sequence++) {
    const length = Math.floor(random.fraction() ** 3 * 60_000);
    if (echo(driver, sequence, length) === 0) expected.push([sequence, length]);
    else refused++;
    if (random.fraction() >= 0.14) continue;
    driver.deviceRoom = Math.floor(random.fraction() * 12);
    driver.output();
  }
  driver.deviceRoom = Number.POSITIVE_INFINITY;
  driver.output();
  expect(refused).toBeGreaterThan(0);
  const sent = driver.emitted.map(({ bytes }) => {
    expect(internetChecksum(bytes.subarray(20)), 'the checksum of the message').toBe(0);
    expect(internetChecksum(bytes.subarray(0, 20)), 'the checksum of the header').toBe(0);
    return [((bytes[26] as number) << 8) | (bytes[27] as number), bytes.length - 28];
  });
  expect(sent).toEqual(expected);
});

test('a full queue refuses, and takes again what fits when the device has taken one', async () => {
  const driver = await Driver.create();
  for (let sequence = 0; sequence < TRANSMIT_LIMIT; sequence++) expect(echo(driver, sequence, 10)).toBe(0);
  expect(echo(driver, 0, 10)).toBe(ERROR_NO_BUFFERS);
  driver.deviceRoom = 1;
  driver.output();
  expect(echo(driver, 0, 10)).toBe(0);
  expect(echo(driver, 0, 10)).toBe(ERROR_NO_BUFFERS);
});
