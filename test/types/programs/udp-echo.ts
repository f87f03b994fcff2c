/** A UDP echo server and a client that is connected to it. */

const server = await Bun.udpSocket({
  port: 41234,
  socket: {
    data(socket, data, port, address, flags) {
      if (!flags.truncated) socket.send(data, port, address);
    },
    error: (_, error) => console.error(error.message),
  },
});

const client = await Bun.udpSocket({
  binaryType: 'uint8array',
  connect: { hostname: '127.0.0.1', port: server.port },
  socket: {
    data(socket, data) {
      const total: number = data.byteLength;
      console.log(total);
      socket.close();
    },
    drain: (socket) => void socket.sendMany(['more', new Uint8Array(4)]),
  },
});

client.send('hello');
server.sendMany(['one', 1000, '127.0.0.1', new Uint8Array(3), 1001, '127.0.0.1']);
server.setBroadcast(true);
server.setMulticastTTL(2);
server.addMembership('239.1.2.3');
server.reload({ data: (socket) => socket.close() });
console.log(server.address.family, client.remoteAddress.address, client.closed);

export {};
