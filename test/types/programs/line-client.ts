/** A client of a protocol of lines: what does not fit is kept until `drain`. */

type Connection = Awaited<ReturnType<typeof Bun.connect<Pending>>>;

interface Pending {
  chunks: Uint8Array[];
  replies: ((line: string) => void)[];
  text: string;
}

function send(socket: Connection, bytes: Uint8Array): void {
  const { chunks } = socket.data;
  if (chunks.length > 0) return void chunks.push(bytes);
  const written = socket.write(bytes);
  if (written < bytes.byteLength) chunks.push(bytes.subarray(Math.max(written, 0)));
}

function flush(socket: Connection): void {
  const { chunks } = socket.data;
  for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) {
    const written = socket.write(chunk, 0, chunk.byteLength);
    if (written === chunk.byteLength) continue;
    chunks.unshift(chunk.subarray(written));
    return;
  }
  socket.flush();
}

async function open(hostname: string, port: number): Promise<Connection> {
  const decoder = new TextDecoder();
  const socket = await Bun.connect<Pending>({
    hostname,
    port,
    data: { chunks: [], replies: [], text: '' },
    socket: {
      binaryType: 'uint8array',
      data(socket, bytes: Uint8Array) {
        const lines = (socket.data.text + decoder.decode(bytes, { stream: true })).split('\r\n');
        socket.data.text = lines.pop() ?? '';
        for (const line of lines) socket.data.replies.shift()?.(line);
      },
      drain: flush,
      connectError(_socket, error) {
        console.error(`no connection: ${error.message}`);
      },
      close(socket) {
        for (const reply of socket.data.replies) reply('');
      },
    },
  });
  socket.setKeepAlive(true, 10_000);
  return socket;
}

function ask(socket: Connection, line: string): Promise<string> {
  return new Promise((resolve) => {
    socket.data.replies.push(resolve);
    send(socket, new TextEncoder().encode(`${line}\r\n`));
  });
}

const connection = await open('localhost', 2628);
console.log(await ask(connection, 'STATUS'));
console.log(connection.readyState === 1, connection.localPort);
connection.end();
