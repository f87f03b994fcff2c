/** A store of keys and values with memcached's words: handlers apart, bytes as `Uint8Array`. */

class Connection {
  rest = '';
  constructor(readonly socket: Bun.Socket<Connection | undefined>) {}
}

type KvSocket = Bun.Socket<Connection | undefined>;
type Command = (socket: KvSocket, words: string[]) => string;

const store = new Map<string, { value: string; expires: number }>();
const connections = new Set<Connection>();
const decoder = new TextDecoder();

const commands: Record<string, Command> = {
  get(_socket, [key = '']) {
    const entry = store.get(key);
    if (entry === undefined || entry.expires < Date.now()) return 'END\r\n';
    return `VALUE ${key} 0 ${entry.value.length}\r\n${entry.value}\r\nEND\r\n`;
  },
  set(_socket, [key = '', seconds = '0', ...value]) {
    const expires = Number(seconds) === 0 ? Number.POSITIVE_INFINITY : Date.now() + Number(seconds) * 1000;
    store.set(key, { value: value.join(' '), expires });
    return 'STORED\r\n';
  },
  delete: (_socket, [key = '']) => (store.delete(key) ? 'DELETED\r\n' : 'NOT_FOUND\r\n'),
  stats: (socket) => `STAT connections ${connections.size}\r\nSTAT port ${socket.localPort}\r\nEND\r\n`,
  quit(socket) {
    socket.end();
    return '';
  },
};

const handlers = {
  binaryType: 'uint8array',
  open(socket) {
    socket.data = new Connection(socket);
    connections.add(socket.data);
  },
  async data(socket, bytes: Uint8Array) {
    if (socket.data === undefined) return;
    const lines = (socket.data.rest + decoder.decode(bytes)).split('\r\n');
    socket.data.rest = lines.pop() ?? '';
    for (const line of lines) {
      const [name = '', ...words] = line.split(' ');
      const answer = commands[name]?.(socket, words) ?? 'ERROR\r\n';
      if (answer !== '') socket.write(answer);
    }
  },
  close(socket) {
    if (socket.data) connections.delete(socket.data);
  },
} satisfies Bun.SocketHandler<Connection | undefined>;

interface Service {
  server: Pick<ReturnType<typeof Bun.listen>, 'stop' | 'unref'>;
  port: number;
}

function serve(options: Omit<Bun.TCPSocketListenOptions<Connection | undefined>, 'socket' | 'data'>): Service {
  const server = Bun.listen({ ...options, socket: handlers, data: undefined });
  return { server, port: server.port };
}

const service = serve({ hostname: 'localhost', port: 0, exclusive: true });
service.server.unref();
console.log(service.port);
