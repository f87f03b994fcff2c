/** A program for Bun that runs in Node: only its import is new. Delete that line, and it is a program for Bun again. */
import * as Bun from 'vitrine';

type Session = { id: string; lines: number };
let visitors = 0;

const server = Bun.listen<Session>({
  hostname: '127.0.0.1',
  port: 0,
  socket: {
    open(socket) {
      socket.data = { id: `visitor ${++visitors}`, lines: 0 };
      socket.timeout(10);
    },
    data(socket, data) {
      socket.data.lines += data.toString().split('\n').length - 1;
      socket.write(data.toString().toUpperCase());
    },
    close(socket) {
      console.log(`${socket.data.id} wrote ${socket.data.lines} lines`);
    },
    error(_socket, error) {
      console.error(error);
    },
  },
});

using socket = await Bun.connect<{ received: string }>({
  hostname: server.hostname,
  port: server.port,
  data: { received: '' },
  socket: {
    data(client, data) {
      client.data.received += data.toString();
      if (!client.data.received.endsWith('THREE\n')) return;
      console.log(client.data.received.trimEnd());
      client.end();
    },
    end() {
      console.log('the server is done');
    },
    close(client) {
      console.log(`closed after ${client.bytesWritten} bytes`);
      server.stop();
    },
    connectError(_client, error) {
      console.error(`no server: ${error.message}`);
    },
  },
});

socket.setNoDelay(true);
socket.write('one\ntwo\n');
socket.write(new TextEncoder().encode('three\n'));
