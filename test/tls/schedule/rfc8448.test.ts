import { createECDH, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { defaultProvider } from '../../../host/tls/crypto/default.js';
import { readClientHello, writeClientHello } from '../../../host/tls/messages/client-hello.js';
import { EXTENSION } from '../../../host/tls/messages/extension.js';
import { readKeyShare } from '../../../host/tls/messages/extension-codec.js';
import { frame, HandshakeInbox, type HandshakeMessage } from '../../../host/tls/messages/handshake.js';
import { readNewSessionTicket } from '../../../host/tls/messages/post-handshake.js';
import { readServerHello, writeServerHello } from '../../../host/tls/messages/server-hello.js';
import { suiteById, TLS13 } from '../../../host/tls/parameters.js';
import type { ContentType, TrafficKeys } from '../../../host/tls/records.js';
import type { Hash } from '../../../host/tls/schedule/hkdf.js';
import { finishedData, KeySchedule, resumptionPsk, trafficKeys } from '../../../host/tls/schedule/key-schedule.js';
import { Transcript } from '../../../host/tls/schedule/transcript.js';
import { openRecord, pullAll, writer } from '../records/kit.js';

/** One trace: the names of `rfc8448.txt`. */
type Trace = Record<string, Buffer>;

const HASH: Hash = { provider: defaultProvider(), name: 'sha256' };
const TRACES = readTraces();
const PSK_OF_SIMPLE = '4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3';

describe.each(Object.entries(TRACES))('The trace of RFC 8448 §%s', (title, trace) => {
  it('has hellos that are written as they were read', () => {
    for (const name of ['client_hello', 'second_client_hello']) {
      if (trace[name] === undefined) continue;
      const message = messages(trace[name].subarray(5))[0] as HandshakeMessage;
      expect(writeClientHello(readClientHello(message))).toEqual(message.bytes);
    }
    for (const name of ['server_hello', 'hello_retry_request']) {
      if (trace[name] === undefined) continue;
      const message = messages(trace[name].subarray(5))[0] as HandshakeMessage;
      expect(writeServerHello(readServerHello(message))).toEqual(message.body);
    }
  });

  it('follows from its private keys, record by record, and is sealed by the core to the same bytes', async () => {
    const { schedule, transcript } = begin(
      trace,
      title.startsWith('4') ? Buffer.from(PSK_OF_SIMPLE, 'hex') : undefined,
    );
    const handshake = schedule.handshakeTrafficSecrets(transcript.hash());
    const server = await new Side(handshake.server).opens(trace, 'server_flight', 22);
    checkFinished(messages(server), handshake.server, transcript);
    schedule.enterMaster();
    const application = schedule.applicationTrafficSecrets(transcript.hash());
    // RFC 8446 §4.5: early data was accepted in the resumed handshake.
    if (title.startsWith('4')) transcript.add(frame(5, new Uint8Array(0)));
    const client = await new Side(handshake.client).opens(trace, 'client_flight', 22);
    checkFinished(messages(client), handshake.client, transcript);

    const [fromClient, fromServer] = [new Side(application.client), new Side(application.server)];
    if (trace.ticket !== undefined) {
      const [ticket] = messages(await fromServer.opens(trace, 'ticket', 22));
      const { nonce } = readNewSessionTicket((ticket as HandshakeMessage).body);
      const psk = resumptionPsk(HASH, schedule.resumptionMasterSecret(transcript.hash()), nonce);
      expect(Buffer.from(psk).toString('hex')).toBe(PSK_OF_SIMPLE);
    }
    if (trace.client_data !== undefined) {
      const data = Buffer.from(Array.from({ length: 50 }, (_, index) => index));
      expect(await fromClient.opens(trace, 'client_data', 23)).toEqual(data);
      expect(await fromServer.opens(trace, 'server_data', 23)).toEqual(data);
    }
    expect(await fromClient.opens(trace, 'client_close', 21)).toEqual(Buffer.from([1, 0]));
    expect(await fromServer.opens(trace, 'server_close', 21)).toEqual(Buffer.from([1, 0]));
  });
});

it('The binder of RFC 8448 §4 covers the ClientHello up to the binders', () => {
  const trace = TRACES['4. Resumed 0-RTT Handshake'] as Trace;
  const message = messages((trace.client_hello as Buffer).subarray(5))[0] as HandshakeMessage;
  const { psks } = readClientHello(message);
  const key = new KeySchedule(HASH, Buffer.from(PSK_OF_SIMPLE, 'hex')).binderKey();
  const covered = message.bytes.subarray(0, message.bytes.length - (psks?.bindersLength ?? 0));
  expect(finishedData(HASH, key, new Transcript(HASH.provider).hashWith('sha256', covered))).toEqual(
    Uint8Array.from(psks?.binders[0] ?? []),
  );
});

/** One direction under one secret: opens without the core, and lets the core seal the same. */
class Side {
  #sequence = 0;
  readonly #keys: TrafficKeys;

  constructor(secret: Uint8Array) {
    this.#keys = trafficKeys(HASH, suiteById(0x1301) as NonNullable<ReturnType<typeof suiteById>>, secret);
  }

  async opens(trace: Trace, name: string, type: ContentType): Promise<Buffer> {
    const form = { name, version: TLS13, keys: this.#keys };
    const record = trace[name] as Buffer;
    const opened = openRecord(form, this.#sequence, record);
    expect([opened.type, opened.rest.length]).toEqual([type, 0]);
    const core = await writer(form);
    // Records that came before, so that the sequence number is the same.
    for (let number = 0; number < this.#sequence; number++) core.send(21, Buffer.from([1, 0]));
    pullAll(core);
    core.send(type, opened.content);
    expect(pullAll(core)).toEqual(record);
    this.#sequence++;
    return opened.content;
  }
}

/** The schedule at the Handshake Secret, the transcript up to ServerHello. */
function begin(trace: Trace, psk: Buffer | undefined) {
  const transcript = new Transcript(HASH.provider);
  transcript.add((trace.client_hello as Buffer).subarray(5));
  if (trace.hello_retry_request !== undefined) {
    transcript.replaceByHash('sha256');
    transcript.add(trace.hello_retry_request.subarray(5));
    transcript.add((trace.second_client_hello as Buffer).subarray(5));
  }
  const [message] = messages((trace.server_hello as Buffer).subarray(5)) as [HandshakeMessage];
  transcript.start('sha256');
  transcript.add(message.bytes);
  const schedule = new KeySchedule(HASH, psk);
  const { extensions } = readServerHello(message);
  const { group, share } = readKeyShare(extensions.get(EXTENSION.key_share) as Uint8Array);
  schedule.enterHandshake(agree(group, trace.client_private as Buffer, share));
  return { schedule, transcript };
}

/** Adds the messages; the last one is a Finished, whose data follows from what came before it. */
function checkFinished(flight: HandshakeMessage[], secret: Uint8Array, transcript: Transcript): void {
  const finished = flight.at(-1) as HandshakeMessage;
  for (const message of flight.slice(0, -1)) transcript.add(message.bytes);
  expect([finished.type, finished.body]).toEqual([20, finishedData(HASH, secret, transcript.hash())]);
  transcript.add(finished.bytes);
}

function agree(group: number, secret: Buffer, share: Uint8Array): Buffer {
  if (group === 0x0017) {
    const ecdh = createECDH('prime256v1');
    ecdh.setPrivateKey(secret);
    return ecdh.computeSecret(share);
  }
  const [oid, head] = ['302e020100300506032b656e04220420', '302a300506032b656e032100'];
  const der = { format: 'der', encoding: 'der' } as const;
  const privateKey = createPrivateKey({ ...der, type: 'pkcs8', key: Buffer.concat([Buffer.from(oid, 'hex'), secret]) });
  const publicKey = createPublicKey({ ...der, type: 'spki', key: Buffer.concat([Buffer.from(head, 'hex'), share]) });
  return diffieHellman({ privateKey, publicKey });
}

function messages(bytes: Uint8Array): HandshakeMessage[] {
  const inbox = new HandshakeInbox();
  inbox.add(bytes);
  const found: HandshakeMessage[] = [];
  for (let message = inbox.next(); message !== undefined; message = inbox.next()) found.push(message);
  expect(inbox.isEmpty).toBe(true);
  return found;
}

function readTraces(): Record<string, Trace> {
  const traces: Record<string, Trace> = {};
  let trace: Trace = {};
  for (const line of readFileSync(new URL('rfc8448.txt', import.meta.url), 'utf8').split('\n')) {
    const title = /^\[(.*)\]$/.exec(line)?.[1];
    const [name = '', value] = line.split(' = ');
    if (title !== undefined) {
      trace = {};
      traces[title] = trace;
    } else if (value !== undefined) trace[name] = Buffer.from(value, 'hex');
  }
  return traces;
}
