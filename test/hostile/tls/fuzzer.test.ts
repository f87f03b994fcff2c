/** The fuzzer by itself: it repeats itself, and it finds what is wrong. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { TlsConnection } from '../../../host/tls/connection.js';
import { CoreRecords } from '../../../host/tls/core-records.js';
import { ALERT_RECORD } from '../../../host/tls/records.js';
import { Fuzzer } from './fuzzer.js';
import { SeededProvider } from './provider.js';

afterEach(() => void vi.restoreAllMocks());

test('The same seed does the same again, whatever was done before', async () => {
  const [one, other] = [await Fuzzer.create(), await Fuzzer.create()];
  for (let seed = 1; seed <= 200; seed++) one.run(seed);
  for (let seed = 200; seed > 100; seed--) expect(other.run(seed), `seed ${seed}`).toEqual(one.run(seed));
});

const { send } = CoreRecords.prototype;

/** Each is put in place when the honest handshakes are done. */
const FAULTS: [what: string, plant: () => void, found: RegExp][] = [
  [
    'Finished and binders that are not compared',
    () => vi.spyOn(SeededProvider.prototype, 'equal').mockReturnValue(true),
    /complete with changed messages|two complete handshakes that differ/,
  ],
  [
    'an error that nobody thought of',
    () => vi.spyOn(SeededProvider.prototype, 'verify').mockImplementation(fail),
    /an error of its own/,
  ],
  [
    'a call that throws',
    () =>
      vi.spyOn(TlsConnection.prototype, 'next').mockImplementation(() => {
        throw new RangeError('thrown');
      }),
    /thrown/,
  ],
  ['records that are not given back', () => vi.spyOn(CoreRecords.prototype, 'free').mockReturnValue(), /layer is left/],
  [
    'alerts that do not leave',
    () =>
      vi.spyOn(CoreRecords.prototype, 'send').mockImplementation(function (this: CoreRecords, type, bytes) {
        return type === ALERT_RECORD ? bytes.length : send.call(this, type, bytes);
      }),
    /does not hear of/,
  ],
  [
    'alerts that are sent twice',
    () =>
      vi.spyOn(TlsConnection.prototype, 'end').mockImplementation(function (this: TlsConnection) {
        (this as unknown as { records: CoreRecords }).records.send(ALERT_RECORD, Uint8Array.of(2, 80));
      }),
    /fatal alerts/,
  ],
];

describe('Planted faults', () => {
  test.each(FAULTS)('%s', async (_, plant, found) => {
    const fuzzer = await Fuzzer.create();
    plant();
    const messages: string[] = [];
    for (let seed = 1; seed <= 400 && messages.length < 40; seed++) {
      try {
        fuzzer.run(seed);
      } catch (error) {
        messages.push(String(error));
      }
    }
    expect(messages.join('\n')).toMatch(found);
  });
});

function fail(): never {
  throw new TypeError('nobody thought of this');
}
