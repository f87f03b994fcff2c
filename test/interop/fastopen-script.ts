/** What `fastopen.test.ts` runs in a network namespace; see `table.ts`. */
import { readFileSync } from 'node:fs';
import { MSG_FASTOPEN, POLLIN, POLLOUT, TCPI_OPT_SYN_DATA } from '../../host/bsd/constants.js';
import type { Bsd } from '../../host/bsd/contract.js';
import { KERNEL } from './addresses.js';
import { play } from './table.js';

await play({
  /** Two connections to one port: the first gets a cookie, the second brings it. */
  async twice({ stack: { bsd }, kernel }) {
    const port = await kernel.tell('listen', { behaviour: 'echo' });
    const first = bsd.socket();
    const asked = bsd.sendto(first, bytes('first'), MSG_FASTOPEN, KERNEL, port);
    await ready(bsd, first, POLLOUT);
    bsd.close(first);

    const second = bsd.socket();
    const taken = bsd.sendto(second, bytes('second'), MSG_FASTOPEN, KERNEL, port);
    await ready(bsd, second, POLLIN);
    const echo = new Uint8Array(100);
    const length = bsd.recv(second, echo);
    const options = bsd.tcpInfo(second)?.tcpi_options ?? 0;
    bsd.close(second);
    return {
      asked,
      taken,
      echo: new TextDecoder().decode(echo.subarray(0, length)),
      onSyn: (options & TCPI_OPT_SYN_DATA) !== 0,
      cookies: netstat('TCPFastOpenCookieReqd'),
      accepted: netstat('TCPFastOpenPassive'),
    };
  },
});

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function ready(bsd: Bsd, fd: number, events: number): Promise<number> {
  return new Promise((resolve) => {
    bsd.onReady(fd, events, resolve);
  });
}

/** A counter of the kernel's: `TcpExt: name name`, then `TcpExt: value value`. */
function netstat(name: string): number {
  const [names = [], values = []] = readFileSync('/proc/net/netstat', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('TcpExt:'))
    .map((line) => line.split(' '));
  return Number(values[names.indexOf(name)]);
}
