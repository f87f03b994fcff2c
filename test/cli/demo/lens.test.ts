import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { TRACE_LIMIT } from '../../../assembly/abi/constants.js';
import { Lens, type Moment } from '../../../host/cli/demo/lens.js';
import type { StateName, TraceRecord } from '../../../host/stack/observation.js';
import type { Stack } from '../../../host/stack/stack.js';
import { tcp } from '../../device/packets.js';

test('the lens knows the states of a handshake with more segments behind it in the same turn than the trace keeps', async () => {
  const moments: Moment[] = [];
  const { pass } = watching((moment) => moments.push(moment));
  pass('in', SYN, ['Listen', 'SynReceived']);
  pass('out', SYN | ACK, ['SynReceived', 'SynReceived']);
  pass('in', ACK, ['SynReceived', 'Established']);
  for (let segment = 0; segment < 3 * TRACE_LIMIT; segment++) pass('out', ACK, ['Established', 'Established']);
  await turn();
  expect(moments.map(({ kind, before, after }) => [kind, before, after])).toEqual([
    ['in', 'Listen', 'SynReceived'],
    ['out', 'SynReceived', 'SynReceived'],
    ['in', 'SynReceived', 'Established'],
  ]);
});

test('the lens knows the call whose segment leaves in a later turn', async () => {
  const moments: Moment[] = [];
  const { pass, call } = watching((moment) => moments.push(moment));
  pass('in', FIN | ACK, ['Established', 'CloseWait']);
  pass('out', ACK, ['CloseWait', 'CloseWait']);
  call(['CloseWait', 'LastAck']);
  await turn();
  pass('out', FIN | ACK, ['LastAck', 'LastAck']);
  await turn();
  expect(moments.map(({ kind, before, after }) => [kind, before, after])).toEqual([
    ['in', 'Established', 'CloseWait'],
    ['out', 'CloseWait', 'CloseWait'],
    ['call', 'CloseWait', 'LastAck'],
    ['out', 'LastAck', 'LastAck'],
  ]);
});

/** A lens, and a stack of which it sees nothing but a trace that keeps its last records. */
function watching(told: (moment: Moment) => void) {
  const lens = new Lens(told);
  const trace: TraceRecord[] = [];
  lens.attach({ trace() {}, takeTrace: () => trace.splice(0) } as unknown as Stack);
  const next = { in: 0, out: 0 };
  const ports = { localPort: 80, remotePort: 999 };
  const note = (record: Partial<TraceRecord>) => {
    trace.push({ ...record, ...ports } as TraceRecord);
    if (trace.length > TRACE_LIMIT) trace.shift();
  };
  return {
    call([before, after]: [StateName, StateName]) {
      note({ kind: 'state', time: 0, before, after });
    },
    pass(way: 'in' | 'out', flags: number, [before, after]: [StateName, StateName]) {
      const [seq, ack] = way === 'in' ? [next.in, next.out] : [next.out, next.in];
      if ((flags & (SYN | FIN)) !== 0) next[way]++;
      const packet = tcp(...WAYS[way], new Uint8Array(0), false, { seq, ack });
      packet[33] = flags;
      lens.listener(packet, way === 'in', 0);
      note({ kind: way, flags, seq, ack, before, after });
    },
  };
}

const WAYS: Record<'in' | 'out', [string, string, [number, number]]> = {
  in: ['10.9.0.1', '10.9.0.2', [999, 80]],
  out: ['10.9.0.2', '10.9.0.1', [80, 999]],
};
const FIN = 1;
const SYN = 2;
const ACK = 16;
