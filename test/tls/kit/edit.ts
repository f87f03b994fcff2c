/** Hellos and extensions that are changed on their way. */
import { type ClientHelloFields, readClientHello, writeClientHello } from '../../../host/tls/messages/client-hello.js';
import { readEncryptedExtensions, writeEncryptedExtensions } from '../../../host/tls/messages/encrypted-extensions.js';
import { frame, HANDSHAKE, type HandshakeMessage } from '../../../host/tls/messages/handshake.js';
import { readServerHello, type ServerHello, writeServerHello } from '../../../host/tls/messages/server-hello.js';
import { type Meddle, replacing } from './pipe.js';

/** Contents by type; `undefined` takes one away. */
export type Extra = Readonly<Record<number, Uint8Array | undefined>>;

/** Changes the ClientHello of this number: 0 the first, 1 the one after HelloRetryRequest. */
export function editClientHello(change: (hello: ClientHelloFields) => ClientHelloFields, number = 0): Meddle {
  return replacing('client', HANDSHAKE.client_hello, (message, index) =>
    index === number ? writeClientHello(change(readClientHello(message))) : message.bytes,
  );
}

/** Changes the ServerHello or HelloRetryRequest of this number. */
export function editServerHello(change: (hello: ServerHello) => ServerHello, number = 0): Meddle {
  return replacing('server', HANDSHAKE.server_hello, (message, index) =>
    index === number
      ? frame(HANDSHAKE.server_hello, writeServerHello(change(readServerHello(message))))
      : message.bytes,
  );
}

export function editEncryptedExtensions(extra: Extra): Meddle {
  return replacing('server', HANDSHAKE.encrypted_extensions, ({ body }: HandshakeMessage) =>
    frame(HANDSHAKE.encrypted_extensions, writeEncryptedExtensions(changed(readEncryptedExtensions(body), extra))),
  );
}

/** The same extensions in the same order, but for these. */
export function withExtensions<T extends { readonly extensions: ReadonlyMap<number, Uint8Array> }>(
  hello: T,
  extra: Extra,
): T {
  return { ...hello, extensions: changed(hello.extensions, extra) };
}

function changed(extensions: ReadonlyMap<number, Uint8Array>, extra: Extra): Map<number, Uint8Array> {
  const result = new Map(extensions);
  for (const [type, content] of Object.entries(extra)) {
    if (content === undefined) result.delete(Number(type));
    else result.set(Number(type), content);
  }
  return result;
}
