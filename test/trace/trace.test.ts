/** The trace tells what happened, in order, and changes nothing. */
import { describe, expect, test } from 'vitest';
import { TRACE_LIMIT } from '../../assembly/abi/constants.js';
import { takeTrace } from '../../host/stack/observation.js';
import { accepted, timeline } from '../kit/timeline.js';

describe('the trace', () => {
  test('is off until it is asked for', async () => {
    const t = await accepted();
    expect(takeTrace(t.driver.core).records).toEqual([]);
  });

  test('tells each segment and change of state of a connection in order', async () => {
    const t = await timeline();
    t.driver.calls.traceEnable(1);
    t.listen();
    t.inject({ flags: 'S', seq: 0 });
    t.take();
    t.inject({});
    t.events();
    t.shutdown();
    t.take();
    t.inject({ flags: 'R', seq: 1 });
    const { records } = takeTrace(t.driver.core);
    expect(records.map(({ kind, before, after, flags }) => [kind, before, after, flags])).toEqual([
      ['in', 'Listen', 'SynReceived', 0x02],
      ['out', 'SynReceived', 'SynReceived', 0x12],
      ['in', 'SynReceived', 'Established', 0x10],
      ['state', 'Established', 'FinWait1', 0],
      ['out', 'FinWait1', 'FinWait1', 0x11],
      ['in', 'FinWait1', 'Closed', 0x04],
    ]);
    expect(new Set(records.map(({ remotePort }) => remotePort))).toEqual(new Set([t.peerPort]));
    expect(records.map(({ handle }) => handle)).toEqual([0, 0, t.handle, t.handle, t.handle, t.handle]);
  });

  test('drops the oldest records and counts them', async () => {
    const t = await accepted();
    t.driver.calls.traceEnable(1);
    for (let count = 0; count < 700; count++) {
      t.inject({ seq: 0, data: 1 });
      t.take();
    }
    const { records, dropped } = takeTrace(t.driver.core);
    expect(records).toHaveLength(TRACE_LIMIT);
    expect(dropped).toBe(1400 - TRACE_LIMIT);
    expect(takeTrace(t.driver.core)).toEqual({ records: [], dropped: 0 });
  });

  test('changes nothing that goes on the wire', async () => {
    const runs = [0, 1].map(async (on) => {
      const t = await accepted();
      t.driver.calls.traceEnable(on);
      t.send(5000);
      t.driver.advance(3000);
      t.shutdown();
      return t.take();
    });
    const [without, with_] = await Promise.all(runs);
    expect(with_).toEqual(without);
  });
});
