/**
 * The end of every handshake of TLS 1.2, and what may come after it: ChangeCipherSpec, Finished, application data.
 * Not for: what comes before (`client/`, `server/`).
 */
import { TlsError } from '../alert.js';
import { type Expect, expectType, unexpectedMessage } from '../handshake/expect.js';
import { HANDSHAKE, type HandshakeMessage } from '../messages/handshake.js';
import type { Protection } from './protection.js';

/** RFC 5246 §7.1: the peer changes keys only here, when the secret they come from is there. */
export class ExpectChangeCipherSpec implements Expect {
  readonly awaits = 'ChangeCipherSpec';

  constructor(
    private readonly protection: Protection,
    private readonly next: Expect,
  ) {}

  handle(message: HandshakeMessage): Expect {
    const { alert, message: text } = unexpectedMessage(message, this);
    throw new TlsError(alert, 'UNEXPECTED_RECORD', text);
  }

  changeCipherSpec(content: Uint8Array): Expect {
    if (content.length !== 1 || content[0] !== 1) {
      const message = 'ChangeCipherSpec says something unknown (unexpected_message)';
      throw new TlsError('unexpected_message', 'BAD_CHANGE_CIPHER_SPEC', message);
    }
    this.protection.openPeer();
    return this.next;
  }
}

/** RFC 5246 §7.4.9. */
export class ExpectFinished implements Expect {
  readonly awaits = 'Finished';

  /** @param done sends what is owed and says what comes next */
  constructor(
    private readonly protection: Protection,
    private readonly done: () => Expect,
  ) {}

  handle(message: HandshakeMessage): Expect {
    expectType(message, HANDSHAKE.finished, this);
    this.protection.checkFinished(message.body);
    this.protection.context.transcript.add(message.bytes);
    this.protection.context.checkBoundary();
    return this.done();
  }
}

/**
 * The connection is open. Whoever asks for another handshake is refused by a fatal alert, server and client alike. We
 * deviate: RFC 5246 §7.2.2 and RFC 5746 §4.2 have a warning, after which a peer that can't do without would wait for ever.
 */
export class Open implements Expect {
  readonly awaits = 'application data';

  constructor(private readonly role: 'client' | 'server') {}

  handle(message: HandshakeMessage): Expect {
    expectType(message, this.role === 'client' ? HANDSHAKE.hello_request : HANDSHAKE.client_hello, this);
    throw new TlsError('no_renegotiation', 'NO_RENEGOTIATION', 'the peer wants to renegotiate (no_renegotiation)');
  }

  applicationData(): void {}
}
