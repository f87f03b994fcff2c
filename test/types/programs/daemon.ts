/** A daemon that is asked on a path or on a port, and files that are sent to it. */
type Endpoint = { unix: string } | { hostname: string; port: number };

interface Upload {
  name: string;
  chunks: ArrayBuffer[];
}

const uploads: Bun.SocketHandler<Upload, 'arraybuffer'> = {
  binaryType: 'arraybuffer',
  data(socket, chunk) {
    socket.data.chunks.push(chunk.slice(0));
  },
  end(socket) {
    const size = socket.data.chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
    socket.end(new DataView(Uint32Array.of(size).buffer));
  },
};

const control: Bun.SocketHandler<undefined> = {
  data(socket, chunk) {
    const [word] = chunk.toString().trim().split(' ', 1);
    socket.end(word === 'ping' ? 'pong\n' : Buffer.from('?\n'), 0, 2);
  },
};

function listen(endpoint: Endpoint): Bun.SocketListener<undefined> {
  if ('unix' in endpoint) return Bun.listen({ unix: endpoint.unix, socket: control });
  return Bun.listen({ ...endpoint, socket: control });
}

async function alive(endpoint: Endpoint): Promise<boolean> {
  let socket: Bun.Socket | undefined;
  try {
    const handler = { data() {}, open() {} };
    if ('unix' in endpoint) socket = await Bun.connect({ unix: endpoint.unix, socket: handler });
    else socket = await Bun.connect({ ...endpoint, socket: handler });
    return socket.readyState > 0;
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    return error.code !== 'ECONNREFUSED';
  } finally {
    socket?.close();
  }
}

export async function isServing(port: number): Promise<boolean> {
  using listener = listen({ hostname: 'localhost', port });
  listener.ref();
  return alive({ hostname: 'localhost', port });
}

export function receive(path: string): Bun.UnixSocketListener<Upload> {
  const listener = Bun.listen<Upload>({
    unix: path,
    data: { name: path, chunks: [] },
    socket: uploads as unknown as Bun.SocketHandler<Upload>,
  });
  console.log(listener.unix, listener.data.name);
  return listener;
}
