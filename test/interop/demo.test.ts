/** The demonstration, as it is: what it shows, what it leaves, and what it does not. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { namespaceMissing } from '../kit/namespace.js';
import { programMissing } from '../kit/programs.js';

const missing = namespaceMissing() ?? programMissing('tshark');

let folder = '';
let mark = '';
beforeEach(() => {
  folder = mkdtempSync(join(quickFolder(), 'vitrine-demo-test-'));
  mark = randomUUID();
});
afterEach(() => rmSync(folder, { recursive: true }));

describe.skipIf(missing)(`vitrine demo${missing === undefined ? '' : ` (${missing})`}`, () => {
  test('moves files each way through a TUN device, in the clear and over TLS, and shows the states', async () => {
    const devices = readdirSync('/sys/class/net');
    const { code, stdout, stderr } = await start().ended;
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toContain('vitrine0, a TUN device');
    expect(stdout.match(/64\.0 MiB in .* Gbit\/s|64\.0 MiB in .* Mbit\/s/g)).toHaveLength(2);
    expect(stdout.match(/16\.0 MiB in .* [GM]bit\/s/g)).toHaveLength(2);
    expect(stdout.match(/✓ equal/g)).toHaveLength(4);
    const [passive, active, served, fetched] = stdout.split(/\n [2345] {2}/);
    for (const change of PASSIVE) expect(passive).toMatch(change);
    for (const change of ACTIVE) expect(active).toMatch(change);
    for (const text of [served, fetched])
      expect(text).toMatch(/TLSv1\.3 {2}TLS_\w+ {2}\w+ {3}\w+.* has verified the certificate/);
    for (const text of SEALED) expect(served).toMatch(text);
    for (const text of SEALED) expect(fetched?.replaceAll('◀──', '──▶')).toMatch(text);
    expect(served).toContain('curl --cacert ca.pem https://10.9.0.2/16MiB.bin');
    expect(stdout).not.toContain('\x1b');
    expect(await survivors()).toEqual([]);
    expect(readdirSync('/sys/class/net')).toEqual(devices);
    const [capture = ''] = /\S+\.pcapng/.exec(stdout) ?? [];
    expect(readdirSync(dirname(capture))).toEqual(['demo.pcapng']);
    expect(tshark(capture, 'tcp.flags.syn == 1')).toHaveLength(8);
    // With no key but those in the file.
    expect(tshark(capture, 'tls && http.request.uri == "/16MiB.bin"')).toHaveLength(2);
    expect(tshark(capture, 'tls && http.response.code == 200')).toHaveLength(2);
  }, 120_000);

  test('plays on a wire in memory where there is no namespace, and says why', async () => {
    const { code, stdout } = await start({ PATH: '/nonexistent' }).ended;
    expect(code).toBe(0);
    expect(stdout).toContain('a wire in memory');
    expect(stdout).toContain('because there is no TUN device to use: the program unshare (util-linux) is missing');
    expect(stdout.match(/✓ equal/g)).toHaveLength(4);
    expect(stdout).toContain('vitrine get --cacert ca.pem https://10.9.0.2/16MiB.bin');
  }, 60_000);

  test('gives no order to the kernel’s side once that is closed', async () => {
    const { KernelSide } = await import(new URL('../../dist/host/cli/demo/kernel-side.js', import.meta.url).href);
    const side = new KernelSide('10.9.0.1');
    side.close();
    await expect(side.download('http://10.9.0.2/', () => {})).rejects.toThrow('Channel closed');
  });

  test.each([
    ['SIGINT', 'everybody, as Ctrl-C does', 130],
    ['SIGINT', 'the program', 130],
    ['SIGTERM', 'everybody, as a terminal that closes does', 143],
    ['SIGTERM', 'the program', 143],
    ['SIGKILL', 'the program', null],
  ] as const)(
    'leaves nothing after %s to %s',
    async (signal, whom, expected) => {
      const run = start();
      await run.said('The data:');
      process.kill(whom === 'the program' ? run.pid : -run.pid, signal);
      const { code, stderr } = await run.ended;
      expect({ code, stderr }).toEqual({ code: expected, stderr: '' });
      expect(await survivors()).toEqual([]);
      expect(readdirSync(folder)).toEqual([]);
    },
    60_000,
  );
});

interface Run {
  pid: number;
  said(text: string): Promise<void>;
  ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

/** Starts it in a process group of its own, marked so that all its processes can be found. */
function start(env: NodeJS.ProcessEnv = {}): Run {
  const child: ChildProcess = spawn(process.execPath, [BUILT, 'demo'], {
    detached: true,
    env: { ...process.env, NODE_OPTIONS: '', TMPDIR: folder, [MARK]: mark, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  let heard = () => {};
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    heard();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return {
    pid: child.pid as number,
    ended: new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr }))),
    said: (text) =>
      new Promise((resolve, reject) => {
        heard = () => {
          if (stdout.includes(text)) resolve();
        };
        heard();
        child.on('close', () => reject(new Error(`it ended before it said ${text}:\n${stdout}${stderr}`)));
      }),
  };
}

/** One in memory where there is room: a capture leaves packets out, without which TLS is not read, when a disk is slow. */
function quickFolder(): string {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm');
    return bavail * bsize > ROOM ? '/dev/shm' : tmpdir();
  } catch {
    return tmpdir();
  }
}

/** The command lines of marked processes that are still there after two seconds. */
async function survivors(): Promise<string[]> {
  for (let look = 0; ; look++) {
    const found = readdirSync('/proc').filter(isMarked).map(commandLine);
    if (found.length === 0 || look === 40) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function isMarked(pid: string): boolean {
  if (!/^\d+$/.test(pid)) return false;
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`${MARK}=${mark}`);
  } catch {
    return false;
  }
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return pid;
  }
}

/** The packets that a display filter finds, a line each. */
function tshark(capture: string, filter: string): string[] {
  const output = execFileSync('tshark', ['-r', capture, '-Y', filter], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return output.split('\n').filter(Boolean);
}

/** What `npm start` runs. */
const BUILT = fileURLToPath(new URL('../../dist/host/cli/main.js', import.meta.url));
const MARK = 'VITRINE_DEMO_TEST';
/** Several times what the demonstration captures, in bytes. */
const ROOM = 256 << 20;

const PASSIVE = [
  /kernel ──▶ Vitrine {2}\[SYN\] seq 0 win \d+ <mss 1460, .*>/,
  /kernel ◀── Vitrine {2}\[SYN, ACK\] seq 0 ack 1 win \d+ <mss 1460, .*> +SynReceived/,
  /kernel ──▶ Vitrine {2}\[ACK\] seq 1 ack 1 win \d+ +SynReceived → Established/,
  /kernel ──▶ Vitrine {2}\[FIN, ACK\] .* Established → CloseWait/,
  /Vitrine {2}end\(\) +CloseWait → LastAck/,
  /kernel ──▶ Vitrine {2}\[ACK\] .* LastAck → Closed/,
];

/** What a handshake of TLS 1.3 shows of itself. */
const SEALED = [
  /kernel ──▶ Vitrine {2}ClientHello/,
  /kernel (◀──|──▶) Vitrine {2}ServerHello, ChangeCipherSpec, \d+ bytes sealed/,
  /kernel ──▶ Vitrine {2}ChangeCipherSpec, \d+ bytes sealed/,
];

const ACTIVE = [
  /kernel ◀── Vitrine {2}\[SYN\] .* SynSent/,
  /kernel ──▶ Vitrine {2}\[SYN, ACK\] .* SynSent → Established/,
  /Vitrine {2}end\(\) +Established → FinWait1/,
  /kernel ──▶ Vitrine {2}\[FIN, ACK\] .* (FinWait1|FinWait2) → TimeWait/,
];
