/** What is used of a `WebAssembly.Memory`, whose own type comes with the DOM's. */
export interface LinearMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** The core's exports as TypeScript sees them; `assembly/index.ts` says what each one means. */
export interface CoreExports {
  readonly memory: LinearMemory;
  initialize(): void;
  configure(setting: number, value: number): number;
  setting(which: number): number;
  counter(which: number): number;
  receiveDescriptors(): number;
  receiveArena(): number;
  receiveArenaEnd(): number;
  resultArea(): number;
  interfaceAdd(mtu: number, offloads: number, link: number): number;
  addressAdd(number: number, prefixLength: number, flags: number): number;
  addressRemove(number: number): number;
  addressShow(index: number): number;
  routeAdd(number: number, prefixLength: number, metric: number): number;
  routeRemove(number: number, prefixLength: number): number;
  routeShow(index: number): number;
  sourceShow(): number;
  input(count: number, now: number): void;
  output(now: number): number;
  transmitQueue(number: number): number;
  transmitDone(number: number, count: number): void;
  timersExpire(now: number): void;
  nextDeadline(): number;
  readyNext(): number;
  tcpConnect(remotePort: number, localPort: number): number;
  tcpFastOpenKey(): void;
  tcpFastOpenForget(): void;
  tcpListen(port: number, backlog: number, flags?: number): number;
  tcpListenerClose(handle: number): number;
  tcpListenerOption(handle: number, option: number, value: number): number;
  tcpAccept(handle: number): number;
  tcpAcceptable(handle: number): number;
  tcpSendReserve(handle: number, wanted: number): number;
  tcpSendCommit(handle: number, length: number): number;
  tcpFlush(handle: number): number;
  tcpUrgent(handle: number): number;
  tcpUrgentLeft(handle: number): number;
  tcpReceive(handle: number, limit: number): number;
  tcpPeek(handle: number, limit: number): number;
  tcpQueues(handle: number): number;
  tcpRecordEnd(handle: number): number;
  tcpShutdown(handle: number): number;
  tcpAbort(handle: number): number;
  tcpRelease(handle: number): number;
  tcpSetOption(handle: number, option: number, value: number): number;
  tcpSetTimeout(handle: number, milliseconds: number): number;
  tcpState(handle: number): number;
  tcpError(handle: number): number;
  tcpSoftError(handle: number): number;
  tcpEndpoints(handle: number): number;
  tcpInfo(handle: number): number;
  tcpListenerInfo(handle: number): number;
  tcpNext(handle: number): number;
  tlsNew(connection: number): number;
  tlsFree(handle: number): number;
  tlsOption(handle: number, option: number, value: number): number;
  tlsKeys(handle: number, direction: number, cipher: number): number;
  tlsReserve(handle: number, wanted: number): number;
  tlsCommit(handle: number, length: number): number;
  tlsTake(handle: number, limit: number): number;
  tlsBacklog(handle: number): number;
  tlsOpen(handle: number, limit: number): number;
  tlsSealReserve(handle: number, type: number, wanted: number): number;
  tlsSealCommit(handle: number, type: number, length: number): number;
  tlsSealsLeft(handle: number): number;
  icmpEcho(sequence: number, length: number, lifetime: number): number;
  icmpEchoNext(): number;
  traceEnable(on: number): void;
  traceTake(): number;
}
