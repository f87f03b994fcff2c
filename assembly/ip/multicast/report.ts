// What we tell routers of our groups: that we came, that we left, and when they ask. Each change is told at once and again, since
// nobody acknowledges it (RFC 2236 §3, RFC 3376 §5.1; RFC 2710 §4, RFC 3810 §6.1).
// Not for: when queries are answered (query.ts), the messages themselves (message.ts).

import { randomBelow } from '../../crypto/random';
import { wakeAt } from '../../memory/deadlines';
import { Micros, NEVER, state } from '../../memory/state';
import { isMapped } from '../address';
import { Group, groupAt, groupFreeIfDone, isSilent, OWES_REPORTS, querierOf, Source } from './groups';
import {
  ALLOW,
  BLOCK,
  IS_EXCLUDE,
  IS_INCLUDE,
  recordAdd,
  reportBegin,
  reportEnd,
  sendLeave,
  sendReport,
  TO_EXCLUDE,
  TO_INCLUDE,
} from './message';
import { VERSION_3, versionOn } from './query';

/** Notes what has come due. */
export function membershipsExpire(): void {
  for (let index: u32 = 0; index < state.groupCount; index++) {
    const group = groupAt(index);
    if (group.inUse == 0) continue;
    noteDue(group.repeatAt);
    noteDue(group.answerAt);
  }
  for (let number: u32 = 1; number < state.interfaceCount; number++) {
    noteDue(querierOf(number, true).answerAt);
    noteDue(querierOf(number, false).answerAt);
  }
}

/** Sends what is due. A queue without room gets it a moment later. */
export function membershipsSend(): void {
  state.owes &= ~OWES_REPORTS;
  for (let number: u32 = 1; number < state.interfaceCount; number++) {
    answerAll(number, true);
    answerAll(number, false);
  }
  for (let index: u32 = 0; index < state.groupCount; index++) {
    const group = groupAt(index);
    if (group.inUse == 0) continue;
    if (group.answerAt <= state.now) answer(group);
    if (group.repeatAt <= state.now) tellChange(group);
  }
}

function noteDue(at: Micros): void {
  if (at <= state.now) state.owes |= OWES_REPORTS;
  else if (at != NEVER) wakeAt(at);
}

/** Answers a general query with the state of every group, in as few packets as hold it (RFC 3376 §5.2). */
function answerAll(number: u32, four: bool): void {
  const querier = querierOf(number, four);
  if (querier.answerAt > state.now) return;
  querier.answerAt = NEVER;
  let open = false;
  for (let index: u32 = 0; index < state.groupCount; index++) {
    const group = groupAt(index);
    if (!isToldOn(group, number, four)) continue;
    if (open && recordAdd(group, modeOf(group))) continue;
    if (open) reportEnd();
    // Without room the rest is told when somebody asks again.
    if (!reportBegin(number, four)) return;
    open = true;
    recordAdd(group, modeOf(group));
  }
  if (open) reportEnd();
}

/** Answers a query for one group. */
function answer(group: Group): void {
  group.answerAt = NEVER;
  if (!group.wanted) return;
  const four = isMapped(group.high, group.low);
  const version = versionOn(group.interface, four);
  if (version == VERSION_3) {
    if (reportBegin(group.interface, four)) {
      recordAdd(group, modeOf(group));
      reportEnd();
    }
  } else sendReport(group, version);
}

/** What finds no room is still to be told, as often as before. */
function tellChange(group: Group): void {
  const version = versionOn(group.interface, isMapped(group.high, group.low));
  const old = version != VERSION_3;
  if ((old ? sendOld(group, version) : sendChange(group)) && !told(group, old && !group.wanted)) {
    group.repeatAt = NEVER;
    groupFreeIfDone(group);
    return;
  }
  group.repeatAt = state.now + 1 + <Micros>randomBelow(<u32>(old ? INTERVAL_OLD : INTERVAL_3));
  wakeAt(group.repeatAt);
}

/** False: there is no room. */
function sendChange(group: Group): bool {
  if (!reportBegin(group.interface, isMapped(group.high, group.low))) return false;
  recordAdd(group, group.repeats == 0 ? ALLOW : group.everySource > 0 ? TO_EXCLUDE : TO_INCLUDE);
  if (group.repeats == 0) recordAdd(group, BLOCK);
  reportEnd();
  return true;
}

/** Who was not the last to tell of a group need not say that he goes (RFC 2236 §3). It is said once. False: there is no room. */
function sendOld(group: Group, version: u32): bool {
  return group.wanted ? sendReport(group, version) : group.lastReporter == 0 || sendLeave(group, version);
}

/** Once less, or not at all any more. Answers whether something is still to be told. */
function told(group: Group, done: bool): bool {
  const mode = group.repeats > 0;
  if (mode) group.repeats = done ? 0 : group.repeats - 1;
  let left = group.repeats > 0;
  for (let address = group.sources; address != 0; ) {
    const source = changetype<Source>(address);
    address = source.next;
    if (source.repeats > 0 && !mode) source.repeats = done ? 0 : source.repeats - 1;
    if (done) source.repeats = 0;
    if (source.repeats > 0) left = true;
  }
  return left;
}

function isToldOn(group: Group, number: u32, four: bool): bool {
  if (group.inUse == 0 || group.interface != number || !group.wanted) return false;
  return isMapped(group.high, group.low) == four && !isSilent(group);
}

function modeOf(group: Group): u32 {
  return group.everySource > 0 ? IS_EXCLUDE : IS_INCLUDE;
}

/** The Unsolicited Report Interval: RFC 3376 §8.11, RFC 3810 §9.11; RFC 2236 §8.10, RFC 2710 §7.10. */
const INTERVAL_3: Micros = 1_000_000;
const INTERVAL_OLD: Micros = 10_000_000;
