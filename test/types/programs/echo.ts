/** An echo server that counts, and lets go of silent clients. */

interface Session {
  id: number;
  received: number;
}

let nextId = 1;

const server = Bun.listen<Session>({
  hostname: '127.0.0.1',
  port: Number(process.env.PORT ?? 7),
  data: { id: 0, received: 0 },
  socket: {
    open(socket) {
      socket.data = { id: nextId++, received: 0 };
      socket.timeout(30);
      console.log(`#${socket.data.id} from ${socket.remoteAddress}:${socket.remotePort} (${socket.remoteFamily})`);
    },
    data(socket, data) {
      socket.data.received += data.byteLength;
      const written = socket.write(data);
      if (written < data.byteLength) socket.pause();
      socket.timeout(30);
    },
    drain: (socket) => socket.resume(),
    timeout(socket) {
      socket.end('too slow\n');
    },
    close({ data, bytesWritten }, error) {
      console.log(`#${data.id}: ${data.received} in, ${bytesWritten} out${error ? `: ${error.message}` : ''}`);
    },
    error(_socket, error) {
      console.error(error);
    },
  },
});

console.log(`echo on ${server.hostname}:${server.port}`);
process.on('SIGINT', () => server.stop(true));
