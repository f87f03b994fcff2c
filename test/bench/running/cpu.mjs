/** What the process of a stack has spent. */
import { readFileSync } from 'node:fs';

/** CPU seconds of all threads of a process. */
export function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

const TICKS = 100;
