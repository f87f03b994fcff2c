import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Poller } from '../../host/device/kernel/poller.js';
import { POLLERR, POLLIN, POLLOUT, Readiness } from '../../host/device/kernel/readiness.js';
import { until } from '../kit/wait.js';

// A named pipe, opened for both directions and without blocking, becomes ready as a TUN device does.
let folder: string;
let pipe: number;
let answers: number[];
let readiness: Readiness;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vitrine-readiness-'));
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  answers = [];
  readiness = watch(pipe);
});

afterEach(() => {
  readiness.close();
  closeSync(pipe);
  rmSync(folder, { recursive: true });
});

describe.skipIf(process.platform !== 'linux')('readiness (Linux only)', () => {
  it('answers when the descriptor becomes readable, and not before', async () => {
    readiness.want(POLLIN);
    await settled();
    expect(answers).toEqual([]);
    writeSync(pipe, 'x');
    await until(() => answers.length > 0);
    expect(answers).toEqual([POLLIN]);
  });

  it('answers once for each time it is asked, however long the descriptor stays readable', async () => {
    writeSync(pipe, 'x');
    readiness.want(POLLIN);
    await until(() => answers.length > 0);
    await settled();
    expect(answers).toEqual([POLLIN]);
    readiness.want(POLLIN);
    await until(() => answers.length > 1);
    expect(answers).toEqual([POLLIN, POLLIN]);
  });

  it('takes another wish while it waits', async () => {
    readiness.want(POLLIN);
    await settled();
    readiness.want(POLLOUT);
    await until(() => answers.length > 0);
    expect(answers).toEqual([POLLOUT]);
  });

  it('goes on waiting for what has not come when something else has', async () => {
    readiness.want(POLLIN | POLLOUT);
    await until(() => answers.length > 0);
    expect(answers).toEqual([POLLOUT]);
    await settled();
    writeSync(pipe, 'x');
    await until(() => answers.length > 1);
    expect(answers).toEqual([POLLOUT, POLLIN]);
  });

  it('tells when a full descriptor has room again', async () => {
    const chunk = new Uint8Array(65536);
    expect(() => {
      for (;;) writeSync(pipe, chunk);
    }).toThrow(/EAGAIN/);
    readiness.want(POLLOUT);
    await settled();
    expect(answers).toEqual([]);
    readSync(pipe, chunk);
    await until(() => answers.length > 0);
    expect(answers).toEqual([POLLOUT]);
  });

  it('tells that the descriptor is none', async () => {
    const broken = watch(1_000_000);
    broken.want(POLLIN);
    await until(() => answers.length > 0);
    expect((answers[0] ?? 0) & POLLERR).not.toBe(0);
    broken.close();
  });

  it('is silent after close, which waits for the worker to let go', async () => {
    readiness.want(POLLIN);
    await settled();
    readiness.close();
    readiness.close();
    writeSync(pipe, 'x');
    await settled();
    expect(answers).toEqual([]);
  });

  it('may be closed before the worker has started', async () => {
    const short = watch(pipe);
    short.want(POLLIN);
    short.close();
    writeSync(pipe, 'x');
    await settled();
    expect(answers).toEqual([]);
  });
});

function watch(descriptor: number): Readiness {
  const poller = new Poller(descriptor, (error) => {
    throw error;
  });
  return new Readiness(poller, (events) => answers.push(events));
}

/** Long enough for an answer that should not come: ten times as long as a worker takes to start. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 300));
}
