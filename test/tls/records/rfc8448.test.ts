/** Records of RFC 8448 §3, "Simple 1-RTT Handshake", byte for byte. */
import { describe, expect, it } from 'vitest';
import type { TrafficKeys } from '../../../host/tls/records.js';
import { feed, freshCore, openAll, ownRecords, pullAll } from './kit.js';

describe('the client of RFC 8448', () => {
  it('seals its Finished, its data and its alert as the trace says', async () => {
    const records = ownRecords(await freshCore());
    records.writeKeys(0x0304, CLIENT_HANDSHAKE);
    records.send(22, FINISHED);
    records.writeKeys(0x0304, CLIENT_DATA);
    records.send(23, DATA);
    records.send(21, CLOSE);
    expect(pullAll(records).toString('hex')).toBe(FINISHED_RECORD + DATA_RECORD + ALERT_RECORD);
  });

  it('is understood by the server', async () => {
    const records = ownRecords(await freshCore());
    records.readKeys(0x0304, CLIENT_HANDSHAKE);
    feed(records, hex(FINISHED_RECORD + DATA_RECORD + ALERT_RECORD));
    expect(records.open()).toEqual({ type: 22, bytes: FINISHED });
    records.readKeys(0x0304, CLIENT_DATA);
    expect(openAll(records)).toEqual([
      { type: 23, bytes: DATA },
      { type: 21, bytes: CLOSE },
    ]);
  });
});

it('the second and the third record of the server of RFC 8448 are understood', async () => {
  const core = await freshCore();
  const server = ownRecords(core);
  server.writeKeys(0x0304, SERVER_DATA);
  server.send(22, hex('00')); // in the place of its ticket, which has the number 0
  pullAll(server);
  server.send(23, DATA);
  server.send(21, CLOSE);
  expect(pullAll(server).toString('hex')).toBe(SERVER_DATA_RECORD + SERVER_ALERT_RECORD);
});

function keys(key: string, iv: string): TrafficKeys {
  return { aead: 'aes-128-gcm', key: hex(key), iv: hex(iv) };
}

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex');
}

const CLIENT_HANDSHAKE = keys('dbfaa693d1762c5b666af5d950258d01', '5bd3c71b836e0b76bb73265f');
const CLIENT_DATA = keys('17422dda596ed5d9acd890e3c63f5051', '5b78923dee08579033e523d9');
const SERVER_DATA = keys('9f02283b6c9c07efc26bb9f2ac92e356', 'cf782b88dd83549aadf1e984');

const FINISHED = hex('14000020a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2edd5ce61');
const DATA = Buffer.from(Array.from({ length: 50 }, (_, index) => index));
const CLOSE = hex('0100');

const FINISHED_RECORD =
  '170303003575ec4dc238cce60b298044a71e219c56cc77b0517fe9b93c7a4bfc44d87f38f80338ac98fc46deb384bd1caeacab6867d726c40546';
const DATA_RECORD =
  '1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e2b62974e1f5a6292a2977014bd1e3deae63aeebb21694915e4';
const ALERT_RECORD = '1703030013c9872760655666b74d7ff1153efd6db6d0b0e3';
const SERVER_DATA_RECORD =
  '17030300432e937e11ef4ac740e538ad36005fc4a46932fc3225d05f82aa1b36e30efaf97d90e6dffc602dcb501a59a8fcc49c4bf2e5f0a21c0047c2abf332540dd032e167c2955d';
const SERVER_ALERT_RECORD = '1703030013b58fd67166ebf599d24720cfbe7efa7a8864a9';
