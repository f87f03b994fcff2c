/** A client for Redis: a class around one socket, with commands that wait for their answers. */

type Reply = string | number | null | Error | Reply[];

interface Waiting {
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

interface State {
  client: RedisClient;
}

class RedisClient {
  #socket: Bun.Socket<State> | null = null;
  #input: Buffer = Buffer.alloc(0);
  #output: Buffer[] = [];
  readonly #waiting: Waiting[] = [];

  static readonly handlers: Bun.SocketHandler<State> = {
    data: (socket, chunk) => socket.data.client.#received(chunk),
    drain: (socket) => socket.data.client.#flush(),
    close: (socket, error) => socket.data.client.#fail(error ?? new Error('the connection was closed')),
    connectError: (socket, error) => socket.data.client.#fail(error),
    end(socket) {
      socket.end();
    },
  };

  async connect({
    hostname = 'localhost',
    port = 6379,
    tls = false,
  }: Partial<Bun.TCPSocketConnectOptions> = {}): Promise<this> {
    this.#socket = await Bun.connect<State>({
      hostname,
      port,
      tls,
      data: { client: this },
      socket: RedisClient.handlers,
    });
    this.#socket.ref();
    return this;
  }

  send(...words: (string | Buffer)[]): Promise<Reply> {
    const parts = words.flatMap((word) => [
      Buffer.from(`$${Buffer.byteLength(word)}\r\n`),
      Buffer.from(word),
      Buffer.from('\r\n'),
    ]);
    this.#output.push(Buffer.from(`*${words.length}\r\n`), ...parts);
    const reply = new Promise<Reply>((resolve, reject) => this.#waiting.push({ resolve, reject }));
    this.#flush();
    return reply;
  }

  quit(): void {
    this.#socket?.shutdown();
    this.#socket = null;
  }

  #flush(): void {
    if (this.#socket === null) return;
    const bytes = Buffer.concat(this.#output);
    const written = this.#socket.write(bytes);
    this.#output = written >= 0 && written < bytes.length ? [bytes.subarray(written)] : [];
  }

  #received(chunk: Buffer): void {
    this.#input = Buffer.concat([this.#input, chunk]);
    for (let parsed = this.#parse(0); parsed !== undefined; parsed = this.#parse(0)) {
      const [reply, end] = parsed;
      this.#input = this.#input.subarray(end);
      const next = this.#waiting.shift();
      if (reply instanceof Error) next?.reject(reply);
      else next?.resolve(reply);
    }
  }

  #parse(start: number): [reply: Reply, end: number] | undefined {
    const line = this.#input.indexOf('\r\n', start);
    if (line < 0) return undefined;
    const text = this.#input.toString('utf8', start + 1, line);
    const end = line + 2;
    const kind = String.fromCharCode(this.#input[start] ?? 0);
    if (kind === '+') return [text, end];
    if (kind === '-') return [new Error(text), end];
    if (kind === ':') return [Number(text), end];
    if (kind === '*') return this.#parseArray(Number(text), end);
    const length = Number(text);
    if (length < 0) return [null, end];
    if (this.#input.length < end + length + 2) return undefined;
    return [this.#input.toString('utf8', end, end + length), end + length + 2];
  }

  #parseArray(count: number, start: number): [reply: Reply[], end: number] | undefined {
    const replies: Reply[] = [];
    let end = start;
    while (replies.length < count) {
      const parsed = this.#parse(end);
      if (parsed === undefined) return undefined;
      replies.push(parsed[0]);
      end = parsed[1];
    }
    return [replies, end];
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

const client = await new RedisClient().connect();
await client.send('SET', 'greeting', 'hello');
console.log(await client.send('GET', 'greeting'));
client.quit();
