/** What a peer may not send, each rule with the alert that the RFCs want, and what is passed over in silence. */
import { describe, expect, it } from 'vitest';
import { TlsError } from '../../../host/tls/alert.js';
import type { CoreRecords } from '../../../host/tls/core-records.js';
import {
  bytes,
  FORMS,
  feed,
  form,
  freshCore,
  openAll,
  ownRecords,
  plainRecord,
  protectedRecord,
  reader,
} from './kit.js';

const TLS13 = form(0x0304, 'chacha20-poly1305');
const TLS12 = form(0x0303, 'chacha20-poly1305');
const CCS = plainRecord(20, Uint8Array.of(1));

describe('the first bytes', () => {
  it.each([
    ['GET / HTTP/1.0\n', 'HTTP_REQUEST'],
    ['POST / HTTP/1.0\n', 'HTTP_REQUEST'],
    ['HEAD / HTTP/1.0\n', 'HTTP_REQUEST'],
    ['PUT / HTTP/1.0\n', 'HTTP_REQUEST'],
    ['CONNECT www.example.com:443 HTTP/1.0\n', 'HTTPS_PROXY_REQUEST'],
    ['HTTP/1.1 400 Bad Request\r\n', 'HTTP_REQUEST'],
    ['blah\x16', 'WRONG_VERSION_NUMBER'],
    ['\x80\x2e\x01\x03\x01\x00', 'WRONG_VERSION_NUMBER'],
  ])('%j are no TLS', async (text, reason) => {
    const records = await plain();
    feed(records, Buffer.from(text, 'latin1'));
    expect(refusal(records)).toEqual(['protocol_version', reason]);
  });

  it('of a request further down the stream are a wrong version and nothing more', async () => {
    const records = await plain();
    feed(records, Buffer.concat([plainRecord(22, bytes(4)), Buffer.from('GET / HTTP')]));
    expect(records.open()?.type).toBe(22);
    expect(refusal(records)).toEqual(['protocol_version', 'WRONG_VERSION_NUMBER']);
  });

  it('may have any version of 3.x (RFC 8446 §5.1)', async () => {
    const records = await plain();
    for (const version of [0x0300, 0x0301, 0x0303, 0x03ff]) feed(records, plainRecord(22, bytes(3), version));
    expect(openAll(records).map(({ type }) => type)).toEqual([22, 22, 22, 22]);
  });
});

describe('records without keys', () => {
  it.each([19, 24, 0, 255])('of type %i are unexpected', async (type) => {
    const records = await plain();
    feed(records, plainRecord(type, bytes(2)));
    expect(refusal(records)).toEqual(['unexpected_message', 'UNEXPECTED_RECORD']);
  });

  it.each([0, 10])('with %i bytes of application data are unexpected', async (length) => {
    const records = await plain();
    feed(records, plainRecord(23, bytes(length)));
    expect(refusal(records)).toEqual(['unexpected_message', 'UNEXPECTED_RECORD']);
  });

  it.each([20, 21, 22])('of type %i are not empty (RFC 8446 §5.1, RFC 5246 §6.2.1)', async (type) => {
    const records = await plain();
    feed(records, plainRecord(type, bytes(0)));
    expect(refusal(records)).toEqual(['unexpected_message', 'UNEXPECTED_RECORD']);
  });

  it('hold 2^14 bytes and no more, which the header alone tells', async () => {
    const records = await plain();
    feed(records, plainRecord(22, bytes(16_384)));
    expect(records.open()?.bytes.length).toBe(16_384);
    feed(records, plainRecord(22, bytes(16_385)).subarray(0, 5));
    expect(refusal(records)).toEqual(['record_overflow', 'DATA_LENGTH_TOO_LONG']);
  });

  it('are told one by one, and alerts and change_cipher_spec with them', async () => {
    const records = await plain();
    feed(
      records,
      Buffer.concat([plainRecord(22, bytes(4)), plainRecord(22, bytes(5)), CCS, plainRecord(21, bytes(2))]),
    );
    expect(openAll(records).map((opened) => [opened.type, opened.bytes.length])).toEqual([
      [22, 4],
      [22, 5],
      [20, 1],
      [21, 2],
    ]);
  });

  it('stay refused once one was', async () => {
    const records = await plain();
    feed(records, plainRecord(24, bytes(2)));
    expect(refusal(records)).toEqual(['unexpected_message', 'UNEXPECTED_RECORD']);
    feed(records, plainRecord(22, bytes(2)));
    expect(refusal(records)).toEqual(['unexpected_message', 'UNEXPECTED_RECORD']);
  });
});

describe.each(FORMS)('under keys of $name', (form) => {
  it('a plain record is refused', async () => {
    const records = await reader(form);
    feed(records, plainRecord(22, bytes(40)));
    const expected =
      form.version === 0x0304
        ? ['unexpected_message', 'INVALID_OUTER_RECORD_TYPE']
        : ['bad_record_mac', 'DECRYPTION_FAILED_OR_BAD_RECORD_MAC'];
    expect(refusal(records)).toEqual(expected);
  });

  it('the version is 0x0303 (RFC 8446 §5.2)', async () => {
    const records = await reader(form);
    feed(records, protectedRecord(form, 0, 23, bytes(4), { version: 0x0301 }));
    expect(refusal(records)).toEqual(['protocol_version', 'WRONG_VERSION_NUMBER']);
  });

  it('each bit of a record counts', async () => {
    const core = await freshCore();
    const good = protectedRecord(form, 0, 23, bytes(3));
    for (let bit = 0; bit < good.length * 8; bit++) {
      const records = await reader(form, core);
      const flipped = Buffer.from(good);
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      feed(records, flipped);
      // A longer record has not come as a whole yet.
      if (bit >> 3 === 3 || bit >> 3 === 4) feed(records, Buffer.alloc(20_000));
      expect(() => openAll(records), `bit ${bit}`).toThrow(TlsError);
      records.free();
    }
  });

  it('a record that is cut short is waited for', async () => {
    const core = await freshCore();
    const good = protectedRecord(form, 0, 23, bytes(3));
    const records = await reader(form, core);
    for (let at = 0; at < good.length; at++) {
      expect(records.open()).toBeUndefined();
      feed(records, good.subarray(at, at + 1));
    }
    expect(records.open()?.bytes).toEqual(Buffer.from(bytes(3)));
  });

  it('a record too short for its tag is not authentic', async () => {
    const core = await freshCore();
    for (let length = 0; length < 16; length++) {
      const records = await reader(form, core);
      feed(records, plainRecord(23, bytes(length)));
      expect(refusal(records)).toEqual(['bad_record_mac', 'DECRYPTION_FAILED_OR_BAD_RECORD_MAC']);
      records.free();
    }
  });

  it('a record that comes twice, is left out or comes early is not authentic', async () => {
    const core = await freshCore();
    for (const numbers of [[0, 0], [1], [0, 2]]) {
      const records = await reader(form, core);
      for (const number of numbers) feed(records, protectedRecord(form, number, 23, bytes(4)));
      // AES-GCM of TLS 1.2 has the number in the additional data, too.
      if (numbers.length === 2) expect(records.open()?.bytes.length).toBe(4);
      expect(refusal(records)).toEqual(['bad_record_mac', 'DECRYPTION_FAILED_OR_BAD_RECORD_MAC']);
      records.free();
    }
  });

  it('what stands before a bad record is told first', async () => {
    const records = await reader(form);
    feed(records, protectedRecord(form, 0, 23, bytes(10)));
    feed(records, protectedRecord(form, 1, 23, bytes(20)));
    feed(records, protectedRecord(form, 7, 23, bytes(30)));
    expect(records.open()?.bytes.length).toBe(30);
    expect(refusal(records)).toEqual(['bad_record_mac', 'DECRYPTION_FAILED_OR_BAD_RECORD_MAC']);
  });

  it.each([21, 22])('an empty record of type %i is unexpected (RFC 8446 §5.4)', async (type) => {
    const records = await reader(form);
    feed(records, protectedRecord(form, 0, type, bytes(0)));
    expect(refusal(records)).toEqual(['unexpected_message', 'UNEXPECTED_RECORD']);
  });

  it('32 empty records in a row may come, and no more', async () => {
    const records = await reader(form);
    let number = 0;
    const empties = (count: number) => {
      for (let index = 0; index < count; index++) feed(records, protectedRecord(form, number++, 23, bytes(0)));
    };
    empties(32);
    expect(openAll(records).map((opened) => [opened.type, opened.bytes.length])).toEqual([[23, 0]]);
    feed(records, protectedRecord(form, number++, 23, bytes(1)));
    empties(32);
    expect(openAll(records).map((opened) => [opened.type, opened.bytes.length])).toEqual([[23, 1]]);
    empties(1);
    expect(refusal(records)).toEqual(['unexpected_message', 'TOO_MANY_EMPTY_FRAGMENTS']);
  });

  it('an empty record is told alone, not before what follows', async () => {
    const records = await reader(form);
    for (const [number, length] of [0, 5, 0, 6].entries())
      feed(records, protectedRecord(form, number, 23, bytes(length)));
    expect(openAll(records).map((opened) => opened.bytes.length)).toEqual([11]);
  });

  it('alerts in between do not begin the count anew', async () => {
    const mixed = await reader(form);
    for (let number = 0; number < 33; number++) {
      feed(mixed, protectedRecord(form, 2 * number, 23, bytes(0)));
      feed(mixed, protectedRecord(form, 2 * number + 1, 21, bytes(2)));
    }
    expect(() => openAll(mixed)).toThrow('in a row without content');
  });

  it('records hold 2^14 bytes and no more', async () => {
    const records = await reader(form);
    feed(records, protectedRecord(form, 0, 23, bytes(16_384)));
    expect(records.open()?.bytes.length).toBe(16_384);
    feed(records, protectedRecord(form, 1, 23, bytes(16_385)));
    expect(refusal(records)).toEqual(['record_overflow', 'DATA_LENGTH_TOO_LONG']);
  });

  it('a header alone tells that a record is too long to be opened', async () => {
    const most = 16_384 + (form.version === 0x0304 ? 256 : 2048);
    const core = await freshCore();
    const records = await reader(form, core);
    feed(records, plainRecord(23, bytes(most)).subarray(0, 5));
    expect(records.open()).toBeUndefined();
    const other = await reader(form, core);
    feed(other, plainRecord(23, bytes(most + 1)).subarray(0, 5));
    expect(refusal(other)).toEqual(['record_overflow', 'ENCRYPTED_LENGTH_TOO_LONG']);
  });
});

describe('TLS 1.3', () => {
  it('padding is taken off (RFC 8446 §5.4), up to 2^14 + 1 bytes with the type', async () => {
    const records = await reader(TLS13);
    feed(records, protectedRecord(TLS13, 0, 22, bytes(100), { padding: 1 }));
    feed(records, protectedRecord(TLS13, 1, 22, Buffer.alloc(50), { padding: 1000 }));
    feed(records, protectedRecord(TLS13, 2, 22, bytes(1), { padding: 16_383 }));
    expect(openAll(records).map((opened) => opened.bytes.length)).toEqual([100, 50, 1]);
    feed(records, protectedRecord(TLS13, 3, 22, bytes(1), { padding: 16_384 }));
    expect(refusal(records)).toEqual(['record_overflow', 'DATA_LENGTH_TOO_LONG']);
  });

  it.each([0, 10])('a record of nothing but %i bytes of padding is refused (RFC 8446 §5.4)', async (padding) => {
    const records = await reader(TLS13);
    feed(records, protectedRecord(TLS13, 0, 0, bytes(0), { padding }));
    expect(refusal(records)).toEqual(['unexpected_message', 'DECRYPTION_FAILED_OR_BAD_RECORD_MAC']);
  });

  it.each([20, 19, 24, 255])('a hidden type of %i is unexpected', async (type) => {
    const records = await reader(TLS13);
    feed(records, protectedRecord(TLS13, 0, type, Uint8Array.of(1)));
    expect(refusal(records)).toEqual(['unexpected_message', 'UNEXPECTED_RECORD']);
  });

  it.each([21, 22])('the outer type is application data, not %i', async (outerType) => {
    const records = await reader(TLS13);
    feed(records, protectedRecord(TLS13, 0, 22, bytes(9), { outerType }));
    expect(refusal(records)).toEqual(['unexpected_message', 'INVALID_OUTER_RECORD_TYPE']);
  });

  it('nothing behind a handshake record is opened before it was told, since keys may change', async () => {
    const records = await reader(TLS13);
    const next = { ...TLS13, keys: { ...TLS13.keys, key: bytes(32, 99) } };
    feed(records, protectedRecord(TLS13, 0, 23, bytes(10)));
    feed(records, protectedRecord(TLS13, 1, 22, bytes(5)));
    feed(records, protectedRecord(next, 0, 23, bytes(20)));
    expect(records.open()).toMatchObject({ type: 23, bytes: { length: 10 } });
    expect(records.open()).toMatchObject({ type: 22, bytes: { length: 5 } });
    records.readKeys(next.version, next.keys);
    expect(records.open()).toMatchObject({ type: 23, bytes: { length: 20 } });
  });

  it('a plain alert is heard before the first protected record, while the handshake lasts', async () => {
    const alert = plainRecord(21, Uint8Array.of(2, 47));
    const core = await freshCore();
    const early = await reader(TLS13, core);
    early.passChangeCipherSpec(true);
    feed(early, alert);
    expect(early.open()).toMatchObject({ type: 21, bytes: { length: 2 } });

    const later = await reader(TLS13, core);
    later.passChangeCipherSpec(true);
    feed(later, Buffer.concat([protectedRecord(TLS13, 0, 22, bytes(4)), alert]));
    expect(later.open()?.type).toBe(22);
    expect(refusal(later)).toEqual(['unexpected_message', 'INVALID_OUTER_RECORD_TYPE']);
  });
});

describe('change_cipher_spec in the handshake of TLS 1.3 (RFC 8446 §5)', () => {
  it('is passed over in silence, with keys and without', async () => {
    const records = await plain();
    records.passChangeCipherSpec(true);
    feed(records, Buffer.concat([CCS, plainRecord(22, bytes(4)), CCS]));
    expect(openAll(records).map(({ type }) => type)).toEqual([22]);
    records.readKeys(TLS13.version, TLS13.keys);
    feed(records, Buffer.concat([CCS, protectedRecord(TLS13, 0, 22, bytes(4)), CCS]));
    expect(openAll(records).map(({ type }) => type)).toEqual([22]);
  });

  it.each([
    ['another value', [2]],
    ['two bytes', [1, 1]],
  ])('with %s is refused', async (_, content) => {
    const records = await reader(TLS13);
    records.passChangeCipherSpec(true);
    feed(records, plainRecord(20, Uint8Array.from(content)));
    expect(refusal(records)).toEqual(['unexpected_message', 'BAD_CHANGE_CIPHER_SPEC']);
  });

  it('may come 32 times in a row, and no more', async () => {
    const records = await reader(TLS13);
    records.passChangeCipherSpec(true);
    for (let count = 0; count < 32; count++) feed(records, CCS);
    expect(records.open()).toBeUndefined();
    feed(records, CCS);
    expect(refusal(records)).toEqual(['unexpected_message', 'TOO_MANY_EMPTY_FRAGMENTS']);
  });

  it('is unexpected after it', async () => {
    const records = await reader(TLS13);
    records.passChangeCipherSpec(true);
    feed(records, CCS);
    expect(records.open()).toBeUndefined();
    records.passChangeCipherSpec(false);
    feed(records, CCS);
    expect(refusal(records)).toEqual(['unexpected_message', 'UNEXPECTED_RECORD']);
  });
});

describe('early data that was refused (RFC 8446 §4.2.10)', () => {
  const foreign = { ...TLS13, keys: { ...TLS13.keys, key: bytes(32, 50) } };
  const early = (length: number) => protectedRecord(foreign, 0, 23, bytes(length));

  it('is passed over until a record can be opened', async () => {
    const records = await reader(TLS13);
    records.skipEarlyData(16_384);
    feed(records, Buffer.concat([early(100), early(4000), CCS.subarray(0, 0)]));
    feed(records, plainRecord(23, bytes(3)));
    feed(records, protectedRecord(TLS13, 0, 22, bytes(8)));
    expect(records.open()).toMatchObject({ type: 22, bytes: { length: 8 } });
    feed(records, early(1));
    expect(refusal(records)).toEqual(['bad_record_mac', 'DECRYPTION_FAILED_OR_BAD_RECORD_MAC']);
  });

  it('is passed over behind a HelloRetryRequest, until the second ClientHello comes', async () => {
    const records = await plain();
    records.skipEarlyData(16_384);
    feed(records, Buffer.concat([early(100), plainRecord(22, bytes(8)), early(100)]));
    expect(records.open()).toMatchObject({ type: 22, bytes: { length: 8 } });
    expect(refusal(records)).toEqual(['unexpected_message', 'UNEXPECTED_RECORD']);
  });

  it('does not exceed its limit', async () => {
    for (const keyed of [false, true]) {
      const records = keyed ? await reader(TLS13) : await plain();
      records.skipEarlyData(1000);
      const record = early(100);
      const many = Math.floor(1000 / record.length);
      for (let count = 0; count < many; count++) feed(records, record);
      expect(records.open()).toBeUndefined();
      feed(records, record);
      expect(refusal(records)).toEqual(['unexpected_message', 'TOO_MUCH_SKIPPED_EARLY_DATA']);
    }
  });

  it('without content counts too', async () => {
    const records = await plain();
    records.skipEarlyData(1000);
    for (let count = 0; count < 200; count++) feed(records, plainRecord(23, bytes(0)));
    expect(records.open()).toBeUndefined();
    feed(records, plainRecord(23, bytes(0)));
    expect(refusal(records)).toEqual(['unexpected_message', 'TOO_MUCH_SKIPPED_EARLY_DATA']);
  });
});

describe('TLS 1.2', () => {
  it('a protected change_cipher_spec is the handshake to judge', async () => {
    const records = await reader(TLS12);
    feed(records, protectedRecord(TLS12, 0, 20, Uint8Array.of(1)));
    expect(records.open()).toMatchObject({ type: 20, bytes: { length: 1 } });
  });

  it('the nonce of AES-GCM is the sender’s to choose (RFC 5288 §3)', async () => {
    const gcm = form(0x0303, 'aes-128-gcm');
    const records = await reader(gcm);
    feed(records, protectedRecord(gcm, 0, 23, bytes(10), { nonce: bytes(8, 44) }));
    expect(records.open()?.bytes.length).toBe(10);
  });
});

async function plain(): Promise<CoreRecords> {
  return ownRecords(await freshCore());
}

/** Alert and reason of the refusal that opening meets. */
function refusal(records: CoreRecords): [string, string] {
  try {
    records.open();
  } catch (error) {
    if (error instanceof TlsError) return [error.alert, error.reason];
    throw error;
  }
  throw new Error('nothing was refused');
}
