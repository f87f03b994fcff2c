// How the core reports an impossible state: the text of the failed assertion goes to WASI's standard error, then the
// instance ends. `asc` calls `abort` for every failed `assert`. Not for: errors a user or a peer can cause.

import { FAULT_BASE } from '../memory/map';
import { fd_write, proc_exit } from './wasi_snapshot_preview1';

/** Writes "message at file:line:column" and ends the instance. */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  let end = FAULT_BASE + TEXT;
  end = writeText(end, message == null ? 'assertion failed' : message);
  end = writeText(end, ' at ');
  end = writeText(end, file == null ? '?' : file);
  end = writeNumber(writeText(end, ':'), line);
  end = writeNumber(writeText(end, ':'), column);
  store<usize>(FAULT_BASE, FAULT_BASE + TEXT);
  store<usize>(FAULT_BASE + 4, end - FAULT_BASE - TEXT);
  fd_write(STANDARD_ERROR, FAULT_BASE, 1, FAULT_BASE + 8);
  proc_exit(ABORTED);
  unreachable();
}

/** Copies ASCII text; every assertion's is. */
function writeText(at: usize, text: string): usize {
  for (let index = 0; index < text.length; index++) store<u8>(at++, <u8>text.charCodeAt(index));
  return at;
}

function writeNumber(at: usize, value: u32): usize {
  let power: u32 = 1;
  while (value / power >= 10) power *= 10;
  for (; power > 0; power /= 10) store<u8>(at++, <u8>(48 + ((value / power) % 10)));
  return at;
}

const TEXT: usize = 16;
const STANDARD_ERROR: u32 = 2;
const ABORTED: u32 = 134;
