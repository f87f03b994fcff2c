/**
 * The client awaits EncryptedExtensions, RFC 8446 §4.3.1. Not for: certificates (`certificate.ts`).
 */
import { acceptAlpn } from '../handshake/choose.js';
import { type Expect, expectType } from '../handshake/expect.js';
import { readEncryptedExtensions } from '../messages/encrypted-extensions.js';
import { checkAnswer, EXTENSION, type Extensions } from '../messages/extension.js';
import { readEmpty, readSelectedAlpn, readU16List } from '../messages/extension-codec.js';
import { HANDSHAKE, type HandshakeMessage } from '../messages/handshake.js';
import { ExpectCertificateOrRequest } from './certificate.js';
import { ExpectServerFinished } from './finished.js';
import type { Client13 } from './server-hello.js';

export class ExpectEncryptedExtensions implements Expect {
  readonly awaits = 'EncryptedExtensions';

  constructor(private readonly client: Client13) {}

  handle(message: HandshakeMessage): Expect {
    expectType(message, HANDSHAKE.encrypted_extensions, this);
    const { client } = this;
    const extensions = readEncryptedExtensions(message.body);
    checkAnswer('EncryptedExtensions', extensions, ALLOWED, client.offer.extensions);
    this.#read(extensions);
    client.context.transcript.add(message.bytes);
    // RFC 8446 §4.3.2, §4.4.2: no certificates with a PSK.
    return client.resumed === undefined
      ? new ExpectCertificateOrRequest(client)
      : new ExpectServerFinished(client, undefined);
  }

  #read(extensions: Extensions): void {
    const name = extensions.get(EXTENSION.server_name);
    if (name !== undefined) readEmpty(name, 'server_name');
    const groups = extensions.get(EXTENSION.supported_groups);
    if (groups !== undefined) readU16List(groups, 'supported_groups'); // For a later connection; nothing is made of it.
    const alpn = extensions.get(EXTENSION.application_layer_protocol_negotiation);
    if (alpn !== undefined) acceptAlpn(this.client.context, readSelectedAlpn(alpn));
  }
}

const ALLOWED = [EXTENSION.server_name, EXTENSION.supported_groups, EXTENSION.application_layer_protocol_negotiation];
