import { execFileSync } from 'node:child_process';
import { closeSync, constants, fstatSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
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

  it('does not wait for a worker that has died', async () => {
    const wait = vi.spyOn(Atomics, 'wait');
    await new Promise<void>((resolve) => {
      const poller = mortal(() => {
        poller.stop();
        resolve();
      });
    });
    const answers = wait.mock.results.map(({ value }) => value);
    wait.mockRestore();
    expect(answers).toEqual(['not-equal']);
  });

  it('writes to nobody else when its worker has died: its descriptor stays its own until it is closed', async () => {
    const poller = mortal(() => {});
    await poller.ended;
    const files = Array.from({ length: 16 }, (_, index) => openSync(join(folder, String(index)), 'w'));
    poller.ask(POLLIN, true);
    poller.stop();
    const sizes = files.map((file) => fstatSync(file).size);
    for (const file of files) closeSync(file);
    expect(sizes).toEqual(files.map(() => 0));
  });
});

/** Its thread throws as soon as it runs: it can't make anything of such a descriptor. */
function mortal(onFailure: () => void): Poller {
  return new Poller(1n as unknown as number, onFailure);
}

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
