/**
 * What follows a handshake of TLS 1.3: NewSessionTicket and KeyUpdate, RFC 8446 §4.6.
 */
import { TlsError } from '../alert.js';
import { decode } from '../wire/reader.js';
import { encode } from '../wire/writer.js';
import { readExtensions, writeExtensions } from './extension.js';

export interface NewSessionTicket {
  /** Seconds. */
  readonly lifetime: number;
  readonly ageAdd: number;
  readonly nonce: Uint8Array;
  readonly ticket: Uint8Array;
}

/** Extensions are passed over: early data is never sent. */
export function readNewSessionTicket(body: Uint8Array): NewSessionTicket {
  return decode(body, 'NewSessionTicket', (reader) => {
    const ticket = {
      lifetime: reader.u32(),
      ageAdd: reader.u32(),
      nonce: reader.vector8(),
      ticket: reader.vector16(1),
    };
    readExtensions(reader);
    return ticket;
  });
}

export function writeNewSessionTicket({ lifetime, ageAdd, nonce, ticket }: NewSessionTicket): Uint8Array {
  return encode((writer) => {
    writer.u32(lifetime).u32(ageAdd).vector8(nonce).vector16(ticket);
    writeExtensions(writer, new Map());
  });
}

/** Whether the peer asks for a KeyUpdate in return. */
export function readKeyUpdate(body: Uint8Array): boolean {
  return decode(body, 'KeyUpdate', (reader) => {
    const request = reader.u8();
    if (request > UPDATE_REQUESTED) {
      throw new TlsError('illegal_parameter', 'DECODE_ERROR', `KeyUpdate asks for ${request} (illegal_parameter)`);
    }
    return request === UPDATE_REQUESTED;
  });
}

export function writeKeyUpdate(requested: boolean): Uint8Array {
  return encode((writer) => writer.u8(requested ? UPDATE_REQUESTED : 0));
}

const UPDATE_REQUESTED = 1;
