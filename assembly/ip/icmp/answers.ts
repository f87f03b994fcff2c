// What has come in answer to our echo requests, replies and errors, until the host takes it.
//
//   answer   from 16 | sequence u32 | bytes of data u32 | lifetime u32 | type u32 | code u32 | parameter u32 | error i32 |
//            reserved u32 | to 16
//
// Not for: which request it was (the host knows).

import { ANSWERS_BASE, RESULT_BASE } from '../../memory/map';
import { state } from '../../memory/state';
import { incoming, quote } from '../incoming';
import { QUOTE_TOO_BIG } from './kinds';

/** Keeps the reply that `incoming` is. */
export function answerKeep(sequence: u32, length: u32): void {
  const answer = answerNew();
  if (answer == 0) return;
  store<u32>(answer, sequence, 16);
  store<u32>(answer, length, 20);
  store<u32>(answer, load<u8>(incoming.payload), 28);
  store<u64>(answer, incoming.fromHigh, 48);
  store<u64>(answer, incoming.fromLow, 56);
}

/** Keeps the error that `incoming` is, about the request of `quote`. */
export function answerError(sequence: u32): void {
  const answer = answerNew();
  if (answer == 0) return;
  store<u32>(answer, sequence, 16);
  store<u32>(answer, incoming.size, 20);
  store<u32>(answer, quote.type, 28);
  store<u32>(answer, quote.code, 32);
  store<u32>(answer, quote.kind == QUOTE_TOO_BIG ? quote.mtu : 0, 36);
  store<i32>(answer, quote.error, 40);
  store<u64>(answer, quote.toHigh, 48);
  store<u64>(answer, quote.toLow, 56);
}

/**
 * Takes the next answer to one of our requests: 1, or 0 when there is none. result[0..3] who sent it, [4] sequence, [5]
 * bytes of data, [6] what was left of its lifetime, [7] type, [8] code, [9] MTU of the next hop, [10] 0 for a reply, else
 * ERROR_*, [12..15] whom the request was for.
 */
export function icmpEchoNext(): i32 {
  if (state.echoCount == 0) return 0;
  memory.copy(RESULT_BASE, ANSWERS_BASE + <usize>(state.echoHead * ANSWER), ANSWER);
  state.echoHead = (state.echoHead + 1) % ANSWERS;
  state.echoCount--;
  return 1;
}

/** Room for one, with what all have; 0 when there is none: answers may be lost on their way, too. */
function answerNew(): usize {
  if (state.echoCount == ANSWERS) return 0;
  const answer = ANSWERS_BASE + <usize>(((state.echoHead + state.echoCount++) % ANSWERS) * ANSWER);
  memory.fill(answer, 0, ANSWER);
  store<u64>(answer, incoming.fromHigh);
  store<u64>(answer, incoming.fromLow, 8);
  store<u32>(answer, incoming.lifetime, 24);
  return answer;
}

/** As many as packets in a batch. */
const ANSWERS: u32 = 64;
const ANSWER: u32 = 64;
