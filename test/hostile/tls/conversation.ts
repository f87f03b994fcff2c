/** Two ends that talk over a wire, and the rules that hold for both together. Not for: one end by itself (`end.ts`). */
import { COUNTER_BUFFER_BYTES, COUNTER_TLS } from '../../../assembly/abi/constants.js';
import type { Core } from '../../../host/core/core.js';
import { type End, Violation } from './end.js';
import type { Role } from './scenarios.js';

/** What becomes of bytes on the wire: the pieces that arrive. */
export type Line = (bytes: Uint8Array) => readonly Uint8Array[];

export interface Pair {
  readonly client: End;
  readonly server: End;
}

/** Lets both talk until neither has anything more to say. @returns turns */
export function converse(pair: Pair, toClient: Line, toServer: Line): number {
  const directions = [
    { from: pair.client, to: pair.server, line: toServer, waiting: [] as Uint8Array[] },
    { from: pair.server, to: pair.client, line: toClient, waiting: [] as Uint8Array[] },
  ];
  for (let turn = 0; turn < TURNS_LIMIT; turn++) {
    let moved = false;
    for (const { from, to, line, waiting } of directions) {
      for (let bytes = from.records.core.pull(); bytes !== undefined; bytes = from.records.core.pull()) {
        waiting.push(...line(bytes));
      }
      moved ||= waiting.length > 0;
      for (const piece of waiting.splice(0)) deliver(to, piece);
    }
    if (!moved) return turn;
  }
  throw new Violation('they never come to rest');
}

/** What comes after the end of a stream is passed over. */
export function deliver(to: End, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length && !to.isOver; ) {
    const taken = to.records.core.push(bytes.subarray(at));
    at += taken;
    to.listen();
    if (taken === 0) throw new Violation(`${to.role}: takes nothing more, and tells nothing`);
  }
}

/**
 * @param victim whose input was not what its peer sent
 * @throws Violation when the two believe different things, or the other one does not hear that it is over
 */
export function checkPair({ client, server }: Pair, victim: Role): void {
  checkViews(client, server);
  const [meddled, other] = victim === 'client' ? [client, server] : [server, client];
  const told = meddled.records.sent.alerts.length > 0;
  if (told && !other.isOver) throw new Violation(`${other.role}: does not hear of ${meddled.outcome}`);
  for (const [end, peer] of [
    [client, server],
    [server, client],
  ] as const) {
    const [heard, came, said] = [end.data, end.records.received.data, peer.records.sent.data].map((parts) =>
      Buffer.concat(parts),
    ) as [Buffer, Buffer, Buffer];
    if (!startsWith(came, heard)) throw new Violation(`${end.role}: data that did not come`);
    if (!end.isMeddled && !startsWith(said, heard)) {
      throw new Violation(`${end.role}: data that nobody sent`);
    }
  }
}

export function startsWith(whole: Buffer, part: Buffer): boolean {
  return whole.subarray(0, part.length).equals(part);
}

/** A handshake that both believe complete is the same for both, and nobody changed it. */
function checkViews(client: End, server: End): void {
  const [ours, theirs] = [client.view, server.view];
  if (ours === undefined || theirs === undefined) return;
  const same =
    Buffer.compare(ours.exported, theirs.exported) === 0 &&
    String(ours.said) === String(theirs.said) &&
    String(ours.finished) === String(theirs.peerFinished) &&
    String(ours.peerFinished) === String(theirs.finished) &&
    // A resumed session shows no certificates again, and the chain of before stands for them.
    (client.connection.resumed || (ours.peerChain === theirs.localChain && ours.localChain === theirs.peerChain));
  if (!same) throw new Violation('two complete handshakes that differ');
  for (const [end, peer] of [
    [client, server],
    [server, client],
  ] as const) {
    const came = Buffer.concat(end.records.received.handshake.slice(0, end.view?.records));
    const sent = Buffer.concat(peer.records.sent.handshake);
    if (!startsWith(sent, came)) throw new Violation(`${end.role}: complete with changed messages`);
  }
}

/** Nothing of a connection stays in the core. */
export function checkCore(core: Core, idle: number): void {
  if (core.fault !== undefined) throw core.fault;
  if (core.calls.counter(COUNTER_TLS) !== 0) throw new Violation('a record layer is left');
  if (core.calls.counter(COUNTER_BUFFER_BYTES) !== idle) throw new Violation('bytes of buffers are left');
}

const TURNS_LIMIT = 200;
