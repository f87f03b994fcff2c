/**
 * The kernel as the other side: gives orders to `kernel-process.ts` and hears what came of them.
 */
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Issued } from '../certificates.js';
import { CommandError } from '../failure.js';
import type { Content } from './content.js';
import type { KernelOrder, KernelReport } from './kernel-process.js';
import type { Authority, Downloaded, OtherSide } from './other-side.js';

export class KernelSide implements OtherSide {
  readonly name = 'kernel';
  readonly client = hasCurl() ? 'curl' : 'node:http';
  readonly secureClient = this.client === 'curl' ? 'curl --cacert ca.pem' : 'node:https';
  readonly server = 'node:http';
  readonly secureServer = 'node:https';
  readonly #process: ChildProcess;
  #progress: (bytes: number) => void = () => {};

  constructor(readonly address: string) {
    const script = fileURLToPath(new URL('./kernel-process.js', import.meta.url));
    // A process group of its own: Ctrl-C is for us, who then end it.
    this.#process = fork(script, { stdio: 'inherit', detached: true });
  }

  async download(url: string, progress: (bytes: number) => void, authority?: Authority): Promise<Downloaded> {
    this.#progress = progress;
    return this.#order('download', { do: 'download', url, curl: this.client === 'curl', authority });
  }

  async serve(content: Content, credentials?: Issued): Promise<number> {
    return (await this.#order('serve', { do: 'serve', address: this.address, content, credentials })).port;
  }

  /** It ends when the channel to it does. */
  close(): void {
    if (this.#process.connected) this.#process.disconnect();
  }

  #order<Did extends KernelReport['did']>(did: Did, order: KernelOrder): Promise<Extract<KernelReport, { did: Did }>> {
    return new Promise((resolve, reject) => {
      const settle = (action: () => void): void => {
        this.#process.off('message', onMessage).off('exit', onExit);
        action();
      };
      const onExit = (): void => settle(() => reject(new CommandError("the process on the kernel's side has ended")));
      const onMessage = (report: KernelReport): void => {
        if (report.did === 'progress') this.#progress(report.bytes);
        else if (report.did === 'fail') settle(() => reject(new CommandError(report.message)));
        else if (report.did === did) settle(() => resolve(report as Extract<KernelReport, { did: Did }>));
      };
      this.#process.on('message', onMessage).on('exit', onExit);
      // Where the play has been interrupted the channel is closed already.
      this.#process.send(order, (error) => {
        if (error !== null) settle(() => reject(new CommandError(error.message)));
      });
    });
  }
}

function hasCurl(): boolean {
  return spawnSync('curl', ['--version'], { stdio: 'ignore' }).status === 0;
}
