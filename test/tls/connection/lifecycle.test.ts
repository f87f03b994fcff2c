import { describe, expect, it } from 'vitest';
import { TlsError } from '../../../host/tls/alert.js';
import { frame, HANDSHAKE } from '../../../host/tls/messages/handshake.js';
import { BOTH } from '../kit/ends.js';
import { converse, type Ends, join, PipeEnd, type PipeRecord } from '../kit/pipe.js';

describe('A connection', () => {
  it('is idle, in its handshake, open, and says what it knows when it knows it', () => {
    const client = new PipeEnd('client', { alpn: ['a'] });
    const server = new PipeEnd('server', { alpn: ['a'] });
    expect(client.connection.phase).toBe('handshake');
    expect(client.connection.alpnProtocol).toBeNull();
    expect(client.connection.write(Buffer.from('early'))).toBe(0);
    expect(() => client.connection.exportKeyingMaterial(8, 'x')).toThrow(/handshake/);
    converse({ client, server });
    expect(client.connection.phase).toBe('open');
    expect(client.connection.alpnProtocol).toBe('a');
    expect(client.connection.serverName).toBe('localhost');
    expect(server.connection.serverName).toBe('localhost');
    expect(join().client.connection.alpnProtocol).toBe(false);
  });

  it('carries data both ways, and takes none after its end', () => {
    const ends = join();
    ends.client.connection.write(Buffer.from('to the server'));
    ends.server.connection.write(Buffer.from('to the client'));
    ends.server.turn();
    expect(ends.client.connection.write(new Uint8Array())).toBe(0);
    converse(ends);
    expect(ends.server.text).toBe('to the server');
    ends.client.connection.end();
    ends.client.connection.end();
    expect(ends.client.connection.write(Buffer.from('more'))).toBe(-1);
    converse(ends);
    expect(kinds(ends.server)).toEqual(['handshake', 'data', 'end']);
  });

  it('can be written after the peer has ended, and then be read to the end', () => {
    const ends = join();
    ends.client.connection.end();
    converse(ends);
    expect(ends.server.connection.write(Buffer.from('still'))).toBe(5);
    ends.server.connection.end();
    const last = ends.server.turn();
    ends.client.turn(last);
    expect(ends.client.text).toBe('still');
    expect(kinds(ends.client).at(-1)).toBe('end');
  });

  it('hears nothing behind close_notify', () => {
    const ends = join();
    ends.client.connection.end();
    const [close] = ends.client.turn();
    ends.server.turn([close as PipeRecord, { type: 23, bytes: Buffer.from('late'), seal: '' }]);
    expect(kinds(ends.server)).toEqual(['handshake', 'end']);
  });

  it('ends during the handshake for both directions', () => {
    const client = new PipeEnd('client');
    const server = new PipeEnd('server');
    client.turn();
    server.connection.end();
    expect(server.connection.phase).toBe('failed');
    client.turn(server.turn());
    expect(client.error).toMatchObject({ reason: 'CLOSED_IN_HANDSHAKE', remote: true, code: 'ECONNRESET' });
    expect(kinds(server)).toEqual([]);
  });

  it('tells nothing more once it was aborted, and the peer why', () => {
    const client = new PipeEnd('client');
    const server = new PipeEnd('server');
    server.turn(client.turn());
    client.connection.abort(new TlsError('user_canceled', 'TIMEOUT', 'too slow'));
    client.connection.abort(new TlsError('internal_error', 'AGAIN', 'again'));
    expect(client.turn()).toHaveLength(1);
    expect(kinds(client)).toEqual([]);
    const other = join();
    other.client.connection.abort(new TlsError('alert 30', 'ODD', 'odd'));
    converse(other);
    expect(other.server.error).toMatchObject({ alert: 'alert 30', remote: true });
  });

  it('frees the record layer once', () => {
    const { client } = join();
    client.connection.free();
    client.connection.free();
    expect(client.records.freed).toBe(true);
    expect(client.connection.write(Buffer.from('x'))).toBe(-1);
    expect(client.connection.next()).toBeUndefined();
    expect(() => client.connection.exportKeyingMaterial(8, 'x')).toThrow();
  });

  it('turns what goes wrong inside into internal_error, and never throws', () => {
    const select = () => {
      throw new Error('the program is broken');
    };
    const { client, server } = join({}, { select });
    expect(server.error).toMatchObject({ alert: 'internal_error', reason: 'INTERNAL_ERROR' });
    expect(client.error).toMatchObject({ alert: 'internal_error', remote: true });
  });
});

describe('Alerts that come in', () => {
  it.each([
    ['fatal', Buffer.of(2, 40), { alert: 'handshake_failure', reason: 'SSLV3_ALERT_HANDSHAKE_FAILURE', remote: true }],
    ['fatal and new', Buffer.of(2, 116), { reason: 'TLSV1_ALERT_CERTIFICATE_REQUIRED', remote: true }],
    ['of a number that nobody knows', Buffer.of(2, 200), { alert: 'alert 200', remote: true }],
    ['cut short', Buffer.of(2), { alert: 'decode_error', reason: 'BAD_ALERT', remote: false }],
    ['two at once', Buffer.of(1, 90, 1, 90), { alert: 'decode_error', reason: 'BAD_ALERT' }],
    ['of an unknown level', Buffer.of(3, 90), { alert: 'illegal_parameter', reason: 'UNKNOWN_ALERT_TYPE' }],
    [
      'that are warnings, which TLS 1.3 does not have',
      Buffer.of(1, 100),
      { alert: 'decode_error', reason: 'BAD_ALERT' },
    ],
  ])('%s', (_, bytes, error) => {
    const ends = join();
    inject(ends, 21, bytes);
    expect(ends.server.error).toMatchObject(error);
    expect(kinds(ends.server).at(-1)).toBe('failed');
  });

  it('of user_canceled are borne four times in a row', () => {
    const ends = join();
    for (let i = 0; i < 4; i++) inject(ends, 21, Buffer.of(1, 90));
    inject(ends, 23, Buffer.from('data'));
    for (let i = 0; i < 4; i++) inject(ends, 21, Buffer.of(1, 90));
    expect(ends.server.error).toBeUndefined();
    inject(ends, 21, Buffer.of(1, 90));
    expect(ends.server.error?.reason).toBe('TOO_MANY_WARNING_ALERTS');
  });

  it('of close_notify end the stream with either level', () => {
    for (const level of [1, 2]) {
      const ends = join();
      inject(ends, 21, Buffer.of(level, 0));
      expect(kinds(ends.server).at(-1)).toBe('end');
    }
  });
});

describe('KeyUpdate', () => {
  it('changes the keys of one direction, or of both when it is asked for', () => {
    const ends = join();
    ends.client.connection.updateKeys();
    ends.client.connection.write(Buffer.from('one '));
    converse(ends);
    expect(updates(ends)).toEqual([1, 0]);
    ends.client.connection.updateKeys(true);
    ends.client.connection.write(Buffer.from('two'));
    converse(ends);
    ends.server.connection.write(Buffer.from('three'));
    ends.server.connection.write(Buffer.from('four'));
    ends.client.turn(ends.server.turn());
    expect(updates(ends)).toEqual([2, 1]);
    expect([ends.server.text, ends.client.text]).toEqual(['one two', 'threefour']);
  });

  it('is answered once before the next data, however often it was asked for', () => {
    const ends = join();
    for (let i = 0; i < 20; i++) ends.client.connection.updateKeys(true);
    converse(ends);
    expect(updates(ends)).toEqual([20, 0]);
    ends.server.connection.write(Buffer.from('data'));
    ends.client.turn(ends.server.turn());
    expect(updates(ends)).toEqual([20, 1]);
    expect(ends.client.text).toBe('data');
  });

  it('is borne 32 times in a row without data', () => {
    const ends = join();
    for (let i = 0; i < 32; i++) ends.client.connection.updateKeys();
    ends.client.connection.write(Buffer.from('data'));
    for (let i = 0; i < 32; i++) ends.client.connection.updateKeys();
    converse(ends);
    expect(ends.server.error).toBeUndefined();
    ends.client.connection.updateKeys();
    converse(ends);
    expect(ends.server.error?.reason).toBe('TOO_MANY_KEY_UPDATES');
  });

  it('goes out by itself before the keys have sealed too much', () => {
    const ends = join();
    ends.client.records.sealsLeft = 1000;
    ends.client.connection.write(Buffer.from('data'));
    converse(ends);
    expect(updates(ends)).toEqual([1, 0]);
    expect(ends.server.text).toBe('data');
  });

  it.each([
    ['that asks for something unknown', Buffer.of(2), 'illegal_parameter', 'DECODE_ERROR'],
    ['with bytes too many', Buffer.of(0, 0), 'decode_error', 'DECODE_ERROR'],
    ['without content', Buffer.of(), 'decode_error', 'DECODE_ERROR'],
  ])('%s is refused', (_, body, alert, reason) => {
    const ends = join();
    inject(ends, 22, frame(HANDSHAKE.key_update, body));
    expect(ends.server.error).toMatchObject({ alert, reason });
  });

  it('is refused when another message follows in the same record', () => {
    const ends = join();
    inject(ends, 22, Buffer.concat([frame(24, Buffer.of(0)), frame(24, Buffer.of(0))]));
    expect(ends.server.error).toMatchObject({ alert: 'unexpected_message', reason: 'EXCESS_HANDSHAKE_DATA' });
  });
});

describe('After the handshake of TLS 1.3', () => {
  it.each([
    ['ClientHello', HANDSHAKE.client_hello],
    ['HelloRequest', HANDSHAKE.hello_request],
    ['CertificateRequest', HANDSHAKE.certificate_request],
    ['NewSessionTicket at a server', HANDSHAKE.new_session_ticket],
    ['a message that nobody knows', 99],
  ])('%s is refused', (_, type) => {
    const ends = join();
    inject(ends, 22, frame(type, new Uint8Array(4)));
    expect(ends.server.error).toMatchObject({ alert: 'unexpected_message', reason: 'UNEXPECTED_MESSAGE' });
  });

  it('change_cipher_spec is refused', () => {
    const ends = join();
    inject(ends, 20, Buffer.of(1));
    expect(ends.server.error).toMatchObject({ alert: 'unexpected_message', reason: 'UNEXPECTED_RECORD' });
  });

  it('a malformed ticket is refused, and one that lives for no time is passed over', () => {
    const empty = frame(4, Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
    const dead = frame(4, Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 7, 0, 0]));
    const ends = join({}, { ticketKeys: undefined });
    inject(ends, 22, dead, 'server');
    expect(ends.client.connection.session()).toBeUndefined();
    expect(ends.client.error).toBeUndefined();
    inject(ends, 22, empty, 'server');
    expect(ends.client.error?.alert).toBe('decode_error');
  });
});

describe('Handshake messages', () => {
  it('may come in any pieces', () => {
    const pieces = (record: PipeRecord) =>
      record.type === 22 && record.seal === ''
        ? Array.from(record.bytes, (byte) => ({ ...record, bytes: Uint8Array.of(byte) }))
        : record;
    const { client, server } = join({}, {}, pieces);
    expect([client.done, server.done]).toEqual([true, true]);
  });

  it('may not have other records between their pieces', () => {
    const ends = join();
    inject(ends, 22, Buffer.of(24, 0, 0));
    inject(ends, 23, Buffer.from('data'));
    expect(ends.server.error).toMatchObject({ alert: 'unexpected_message', reason: 'UNEXPECTED_RECORD' });
  });

  it.each([
    ['64 KiB', HANDSHAKE.client_hello, 0x010001],
    ['100 KiB, for a chain of certificates', HANDSHAKE.certificate, 0x019001],
  ])('may not be longer than %s, whatever follows', (_, type, length) => {
    const server = new PipeEnd('server');
    const header = Buffer.from([type, length >> 16, (length >> 8) & 255, length & 255]);
    server.turn([{ type: 22, bytes: Uint8Array.from(header), seal: '' }]);
    expect(server.error).toMatchObject({ alert: 'illegal_parameter', reason: 'EXCESSIVE_MESSAGE_SIZE' });
  });

  it.each([0, 2, 4, 8, 11, 13, 15, 20, 24, 99])('of type %i may not come first', (type) => {
    const server = new PipeEnd('server', BOTH);
    server.turn([{ type: 22, bytes: frame(type, new Uint8Array(0)), seal: '' }]);
    expect(server.error).toMatchObject({ alert: 'unexpected_message', reason: 'UNEXPECTED_MESSAGE' });
  });

  it('may not be anything but a handshake in the beginning', () => {
    for (const type of [20, 23] as const) {
      const server = new PipeEnd('server', BOTH);
      server.turn([{ type, bytes: Uint8Array.of(1), seal: '' }]);
      expect(server.error).toMatchObject({ alert: 'unexpected_message', reason: 'UNEXPECTED_RECORD' });
    }
  });
});

describe('A key log', () => {
  it('has five lines of TLS 1.3, the same at both ends', () => {
    const [ours, theirs]: [string[], string[]] = [[], []];
    join({ keylog: (line) => void ours.push(line) }, { keylog: (line) => void theirs.push(line) });
    expect(ours.map((line) => line.split(' ')[0])).toEqual([
      'CLIENT_HANDSHAKE_TRAFFIC_SECRET',
      'SERVER_HANDSHAKE_TRAFFIC_SECRET',
      'CLIENT_TRAFFIC_SECRET_0',
      'SERVER_TRAFFIC_SECRET_0',
      'EXPORTER_SECRET',
    ]);
    expect(theirs).toEqual(ours);
  });
});

/** A record that the client's record layer seals, whatever the client thinks of it. */
function inject(ends: Ends, type: 20 | 21 | 22 | 23, bytes: Uint8Array, from: 'client' | 'server' = 'client'): void {
  const [sender, receiver] = from === 'client' ? [ends.client, ends.server] : [ends.server, ends.client];
  sender.records.send(type, bytes);
  receiver.turn(sender.records.outgoing.splice(0));
}

function kinds(end: PipeEnd): string[] {
  return end.events.map(({ kind }) => kind).filter((kind) => kind !== 'session');
}

/** KeyUpdates that client and server sent. */
function updates({ client, server }: Ends): number[] {
  return [client, server].map(({ flight }) => flight.filter((type) => type === HANDSHAKE.key_update).length);
}
