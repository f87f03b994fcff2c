/** An impossible state inside the core surfaces as one error that names its place, and the instance is dead from then on. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CoreFault } from '../../host/core/fault.js';
import { Driver } from '../kit/driver.js';
import type { Internals } from '../kit/internals.js';

/** What a call throws. */
function thrown(call: () => void): CoreFault {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(CoreFault);
    return error as CoreFault;
  }
  throw new Error('nothing was thrown');
}

const faults: [name: string, call: (core: Internals) => void, file: string, source: RegExp][] = [
  ['a failed assertion', (core) => core.failAssertion(), 'assembly/testing.ts', /assert\(false, 'planted fault'\)/],
  ['a read outside memory', (core) => core.readOutOfBounds(), 'assembly/ip/checksum.ts', /load/],
];

describe.each(faults)('%s', (_, call, file, source) => {
  test('names file, line and what happened', async () => {
    const { core } = await Driver.create();
    const fault = thrown(() => call(core.calls as Internals));
    const place = /^core fault at (\S+?):(\d+):\d+: /.exec(fault.message);
    expect(place?.[1]).toBe(file);
    const line = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8').split('\n')[Number(place?.[2]) - 1];
    expect(line).toMatch(source);
  });

  test('poisons the instance: every later call throws the same error', async () => {
    const driver = await Driver.create();
    const heard: CoreFault[] = [];
    driver.core.onFault = (fault) => heard.push(fault);
    const fault = thrown(() => call(driver.core.calls as Internals));
    expect(thrown(() => driver.calls.output(1))).toBe(fault);
    expect(thrown(() => driver.calls.tcpState(1))).toBe(fault);
    expect(thrown(() => driver.core.snapshot())).toBe(fault);
    expect(heard).toEqual([fault]);
    expect(driver.core.fault).toBe(fault);
  });

  test('leaves other instances alone', async () => {
    const [broken, sound] = [await Driver.create(), await Driver.create()];
    thrown(() => call(broken.core.calls as Internals));
    expect(sound.connections).toBe(0);
    sound.output();
  });
});
