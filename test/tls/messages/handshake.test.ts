import { describe, expect, it } from 'vitest';
import * as certificate from '../../../host/tls/messages/certificate.js';
import { frame, HandshakeInbox, messageName } from '../../../host/tls/messages/handshake.js';
import { readNewSessionTicket, writeNewSessionTicket } from '../../../host/tls/messages/post-handshake.js';

describe('The reassembly of handshake messages', () => {
  it('gives each message once it is whole, in pieces of any size', () => {
    const messages = [frame(1, Buffer.alloc(300, 1)), frame(20, new Uint8Array()), frame(2, Buffer.alloc(65_536, 2))];
    const stream = Buffer.concat(messages);
    for (const size of [1, 3, 4, 5, 299, 16_384, stream.length]) {
      const inbox = new HandshakeInbox();
      const found: Uint8Array[] = [];
      for (let at = 0; at < stream.length; at += size) {
        inbox.add(stream.subarray(at, at + size));
        for (let message = inbox.next(); message !== undefined; message = inbox.next()) found.push(message.bytes);
      }
      expect(inbox.isEmpty).toBe(true);
      expect(found).toEqual(messages);
    }
  });

  it('takes 64 KiB, and 100 KiB for certificates, and no more', () => {
    const header = (type: number, length: number) =>
      Uint8Array.from([type, length >> 16, (length >> 8) & 255, length & 255]);
    for (const [type, limit] of [
      [2, 65_536],
      [11, 102_400],
    ] as const) {
      const inbox = new HandshakeInbox();
      inbox.add(header(type, limit));
      expect(inbox.next()).toBeUndefined();
      const other = new HandshakeInbox();
      other.add(header(type, limit + 1));
      expect(() => other.next()).toThrow(expect.objectContaining({ reason: 'EXCESSIVE_MESSAGE_SIZE' }));
    }
  });

  it('knows the names of messages', () => {
    expect([messageName(1), messageName(8), messageName(99)]).toEqual([
      'ClientHello',
      'EncryptedExtensions',
      'handshake message 99',
    ]);
  });
});

describe('Messages of TLS 1.3', () => {
  it('are read as they were written, and refused at every other length', () => {
    const chain = [Buffer.from('one'), Buffer.from('two')];
    const ticket = { lifetime: 7, ageAdd: 0xffffffff, nonce: Buffer.of(1), ticket: Buffer.from('ticket') };
    const cases: [Uint8Array, (body: Uint8Array) => unknown][] = [
      [certificate.writeCertificate(new Uint8Array(), chain), certificate.readCertificate],
      [certificate.writeCertificateRequest([0x0403]), certificate.readCertificateRequest],
      [certificate.writeCertificateVerify(0x0403, Buffer.from('signature')), certificate.readCertificateVerify],
      [writeNewSessionTicket(ticket), readNewSessionTicket],
    ];
    for (const [body, read] of cases) {
      expect(() => read(body)).not.toThrow();
      for (let length = 0; length < body.length; length++)
        expect(() => read(body.subarray(0, length))).toThrow('decode_error');
      expect(() => read(Buffer.concat([body, Buffer.of(0)]))).toThrow('decode_error');
    }
    expect(readNewSessionTicket(writeNewSessionTicket(ticket))).toMatchObject({ lifetime: 7, ageAdd: 0xffffffff });
    const entries = certificate.readCertificate(certificate.writeCertificate(new Uint8Array(), chain)).entries;
    expect(entries.map((entry) => Buffer.from(entry.certificate).toString())).toEqual(['one', 'two']);
  });
});
