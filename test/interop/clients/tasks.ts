/** What the script can tell the process on the kernel's side (`kernel-side.ts`) to do, and what it answers. */

/** Of servers of its own. */
export interface KernelPorts {
  /** HTTP that answers with length and hash of what came, and WebSockets that send back what comes. */
  readonly http: number;
  /** HTTP/2 over TLS that sends back what comes, once as many streams are open as the client has announced. */
  readonly http2: number;
}

export interface Tasks {
  serve: { order: object; answer: KernelPorts };
  /** Sends messages over a WebSocket, to be sent back. Answers with how many came back as they were. */
  webSocket: { order: { url: string; messages: number; message: number }; answer: number };
  /** Opens streams of HTTP/2, all at once, to be sent back. Answers with how many came back as they were. */
  http2: { order: { url: string; streams: number; stream: number }; answer: number };
}
