/** A client on the kernel's sockets: says something, waits for the answer. Not for: several questions at a time. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from 'node:tls';

export class Client {
  #text = '';
  /** Of the worker that serves it, as that says itself. */
  worker = -1;

  /** @param tls for a server that speaks it */
  static async connect(host: string, port: number, tls: ConnectionOptions | false = false): Promise<Client> {
    const client = new Client(tls === false ? connect(port, host) : tlsConnect({ port, host, ...tls }));
    client.worker = Number(await client.#answer());
    return client;
  }

  private constructor(private readonly socket: Socket | TLSSocket) {
    socket
      .on('error', () => {})
      .on('data', (bytes) => {
        // What `fill` sends is not kept.
        if (bytes[0] !== 0) this.#text += bytes.toString('latin1');
      });
  }

  get authorized(): boolean {
    return 'authorized' in this.socket && this.socket.authorized;
  }

  get resumed(): boolean {
    return 'isSessionReused' in this.socket && this.socket.isSessionReused();
  }

  say(text: string): void {
    this.socket.write(text);
  }

  ask(text: string): Promise<string> {
    this.say(text);
    return this.#answer();
  }

  /** Says something again and again until the connection has ended. @returns the code of its error */
  async fate(text: string): Promise<string> {
    const fate = once(this.socket, 'error') as Promise<[NodeJS.ErrnoException]>;
    this.say(text);
    const [{ code = 'none' }] = await fate;
    return code;
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  end(): void {
    this.socket.end();
  }

  async #answer(): Promise<string> {
    while (this.#text === '') await once(this.socket, 'data');
    const text = this.#text;
    this.#text = '';
    return text;
  }
}
