/** A proxy: each client gets a socket of its own to the server behind, and each side waits for the other. */
import type { Socket, SocketHandler, TCPSocketListener } from 'bun';

interface Side {
  other: Socket<Side> | undefined;
  pending: Buffer[];
}

function forward(socket: Socket<Side>, chunk: Buffer): void {
  const { other } = socket.data;
  if (other === undefined || other.data.pending.length > 0) return void (other ?? socket).data.pending.push(chunk);
  const written = other.write(chunk);
  if (written >= chunk.length) return;
  other.data.pending.push(chunk.subarray(Math.max(0, written)));
  socket.pause();
}

function drain(socket: Socket<Side>): void {
  const { pending, other } = socket.data;
  while (pending[0] !== undefined) {
    const written = socket.write(pending[0]);
    if (written < pending[0].length) {
      pending[0] = pending[0].subarray(Math.max(0, written));
      return;
    }
    pending.shift();
  }
  other?.resume();
}

const common = {
  data: forward,
  drain,
  end(socket) {
    socket.data.other?.end();
  },
  close(socket) {
    socket.data.other?.terminate();
  },
  error(_socket, error) {
    console.error(error.message);
  },
} satisfies SocketHandler<Side>;

class TcpProxy {
  private listener: TCPSocketListener<Side> | null = null;
  private readonly open = new Set<Socket<Side>>();

  constructor(private readonly target: { hostname: string; port: number }) {}

  listen(port: number): TCPSocketListener<Side> {
    this.listener = Bun.listen<Side>({
      hostname: '0.0.0.0',
      port,
      allowHalfOpen: true,
      socket: {
        ...common,
        open: async (client) => {
          client.data = { other: undefined, pending: [] };
          client.pause();
          this.open.add(client);
          await this.dial(client).catch((error: Error & { code?: string }) => client.end(`502 ${error.code}\r\n`));
        },
        close: (client) => {
          this.open.delete(client);
          common.close(client);
        },
      },
    });
    return this.listener;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.listener?.stop(true);
    this.listener = null;
  }

  private async dial(client: Socket<Side>): Promise<void> {
    client.data.other = await Bun.connect<Side>({
      ...this.target,
      allowHalfOpen: true,
      data: { other: client, pending: client.data.pending.splice(0) },
      socket: { ...common, open: drain },
    });
    client.resume();
  }
}

await using proxy = new TcpProxy({ hostname: '127.0.0.1', port: 8080 });
console.log(`proxy on ${proxy.listen(3128).port}`);
