/**
 * `connect` and `listen` of Bun's shape over `node:net` and `node:tls`: the kernel's end of a scenario. Not for: what the
 * sockets do then (`socket.ts`).
 */
import { connect as connectNode, createServer, type Socket as NodeSocket, type Server } from 'node:net';
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { type Handlers, KernelSocket, type Owner } from './socket.js';

interface Options {
  hostname: string;
  port: number;
  socket: Handlers;
  data?: unknown;
  allowHalfOpen?: boolean;
  pauseOnConnect?: boolean;
  tls?: boolean | TlsOptions;
}

type TlsOptions = Record<string, unknown>;

export function connect(options: Options): Promise<KernelSocket> {
  const { hostname, port, socket: handlers, allowHalfOpen = false, data } = options;
  const node = connectNode({ host: hostname, port, allowHalfOpen: true });
  const socket = new KernelSocket(node, { handlers, allowHalfOpen }, data);
  return new Promise((resolve, reject) => {
    const refused = (error: NodeJS.ErrnoException) => {
      const { code, errno, syscall } = error;
      const failure = Object.assign(new Error('Failed to connect'), { code, errno, syscall });
      handlers.connectError?.call(socket, socket, failure);
      reject(failure);
    };
    node.once('error', refused).once('connect', () => {
      node.off('error', refused);
      resolve(socket);
      begin(node, socket, options, false);
    });
  });
}

/** Listens on all addresses of the kernel: without a name to look up, the port is known at once. */
export function listen(options: Options): KernelListener {
  return new KernelListener(options);
}

class KernelListener {
  readonly port: number;
  readonly hostname: string;
  data: unknown;
  readonly #server: Server;
  readonly #sockets = new Set<KernelSocket>();
  readonly #owner: Owner;

  constructor(options: Options) {
    const { hostname, socket: handlers, allowHalfOpen = false, data } = options;
    this.hostname = hostname;
    this.data = data;
    this.#owner = { handlers, allowHalfOpen, listener: this };
    this.#server = createServer({ allowHalfOpen: true }, (node) => {
      const socket = new KernelSocket(node, this.#owner, this.data);
      this.#sockets.add(socket);
      begin(node, socket, options, true);
    });
    this.#server.listen(options.port);
    this.port = (this.#server.address() as { port: number }).port;
  }

  stop(closes?: boolean): void {
    this.#server.close();
    if (closes === true) for (const socket of this.#sockets) socket.end();
  }

  [Symbol.dispose](): void {
    this.stop(true);
  }

  reload({ socket }: { socket: Handlers }): void {
    this.#owner.handlers = socket;
  }

  ref(): void {}
  unref(): void {}
}

function begin(node: NodeSocket, socket: KernelSocket, options: Options, isServer: boolean): void {
  const { tls } = options;
  node.setNoDelay(true);
  node.on('error', (error) => socket.broken(error));
  node.on('close', () => socket.gone());
  const secure = tls === undefined || tls === false || tls === null ? undefined : tls === true ? {} : tls;
  socket.opened(secure !== undefined);
  if (options.pauseOnConnect) socket.pause();
  if (secure !== undefined && socket.readyState > 0) handshake(node, socket, secure, isServer);
}

function handshake(raw: NodeSocket, socket: KernelSocket, tls: TlsOptions, isServer: boolean): void {
  if (isServer) accept(raw, socket, tls);
  else greet(raw, socket, tls);
}

/** A server of its own for each connection: so it is known whose handshake it was. */
function accept(raw: NodeSocket, socket: KernelSocket, tls: TlsOptions): void {
  const server = createTlsServer({ ...common(tls), requestCert: tls.requestCert === true, rejectUnauthorized: false });
  const refuses = tls.requestCert === true && tls.rejectUnauthorized !== false;
  server.on('secureConnection', (secured) => {
    const error = verdict(secured);
    watch(secured, socket);
    if (refuses && error !== null) secured.destroy();
    else socket.secured(secured, error);
  });
  server.on('tlsClientError', (error) => socket.failed(error));
  server.emit('connection', raw);
}

function greet(raw: NodeSocket, socket: KernelSocket, tls: TlsOptions): void {
  const name = tls.serverName ?? tls.servername;
  const secured = connectTls({
    socket: raw,
    ...common(tls),
    rejectUnauthorized: false,
    ...(typeof name === 'string' && name !== '' && { servername: name }),
    checkServerIdentity: () => undefined,
  });
  watch(secured, socket);
  secured.on('secureConnect', () => {
    const error = verdict(secured);
    if (error === null || tls.rejectUnauthorized === false) return socket.secured(secured, error);
    secured.destroy();
    socket.failed(error);
  });
}

function watch(secured: TLSSocket, socket: KernelSocket): void {
  secured.on('error', (error) => socket.broken(error));
  secured.on('close', () => socket.gone());
}

function verdict({ authorizationError }: TLSSocket): Error | null {
  return authorizationError ? Object.assign(new Error(String(authorizationError)), { code: authorizationError }) : null;
}

function common({ ca, cert, key, ciphers, minVersion, maxVersion, secureOptions, ALPNProtocols }: TlsOptions): object {
  const names =
    typeof ALPNProtocols === 'string' ? Buffer.from(ALPNProtocols, 'latin1') : (ALPNProtocols as Uint8Array);
  const versions = { minVersion: VERSIONS[String(minVersion)], maxVersion: VERSIONS[String(maxVersion)] };
  const given = {
    ca,
    cert,
    key,
    ciphers,
    secureOptions,
    ALPNProtocols: isWireFormat(names) ? names : undefined,
    ...versions,
  };
  return Object.fromEntries(
    Object.entries({ ...given, allowHalfOpen: true }).filter(([, value]) => value !== undefined),
  );
}

/** A length before each name (RFC 7301 §3.1); Bun ignores anything else, Node would crash. */
function isWireFormat(names: Uint8Array | undefined): boolean {
  if (!(names instanceof Uint8Array) || names.length === 0) return false;
  let at = 0;
  while (at < names.length) at += 1 + (names[at] as number);
  return at === names.length;
}

/** As numbers on the wire, which is how Bun takes them. */
const VERSIONS: Readonly<Record<string, string>> = { '771': 'TLSv1.2', '772': 'TLSv1.3' };
