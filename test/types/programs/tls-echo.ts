/** TLS in both roles, with handlers of their own that are typed by the runtime's module. */
import { readFileSync } from 'node:fs';
import type { Socket, SocketHandler, TLSOptions } from 'bun';

interface Peer {
  name: string;
  session?: Buffer;
}

const credentials: TLSOptions = {
  cert: readFileSync('cert.pem'),
  key: readFileSync('key.pem', 'utf8'),
  ALPNProtocols: 'echo',
};

const serverHandlers: SocketHandler<Peer> = {
  open(socket) {
    socket.data = { name: socket.getServername() };
  },
  handshake(socket, success, authorizationError) {
    if (!success) console.error(authorizationError?.message);
    else if (!socket.authorized) console.log('a client without a certificate', socket.getPeerCertificate().subject?.CN);
  },
  data(socket, data) {
    socket.write(data);
  },
};

const server = Bun.listen({
  hostname: '0.0.0.0',
  port: 8443,
  tls: { ...credentials, requestCert: true, rejectUnauthorized: false },
  socket: serverHandlers,
});

function describe(socket: Socket<Peer>): string {
  const { name, version } = socket.getCipher();
  const key = socket.getEphemeralKeyInfo();
  const size = key !== null && 'size' in key ? key.size : 'no';
  return `${version} ${name}, ${size} bits, ALPN ${socket.alpnProtocol || 'none'}, ${socket.getTLSVersion()}`;
}

async function request(session?: Buffer): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const socket = await Bun.connect<Peer>({
    hostname: 'localhost',
    port: server.port,
    data: { name: 'client', ...(session && { session }) },
    tls: { ca: credentials.cert, serverName: 'localhost', rejectUnauthorized: true },
    socket: {
      open(socket) {
        if (socket.data.session) socket.setSession(socket.data.session);
      },
      handshake(socket, success, error) {
        if (!success) return reject(error ?? new Error('not verified'));
        console.log(describe(socket), socket.isSessionReused());
        socket.write('hello');
      },
      data: (socket, data) => {
        resolve(data);
        socket.end();
      },
      error: (_socket, error) => reject(error),
    },
  });
  const keys: Buffer = socket.exportKeyingMaterial(32, 'EXPORTER-echo', Buffer.alloc(0));
  console.log(keys.length, socket.getTLSFinishedMessage()?.length, socket.getSharedSigalgs().join());
  return promise;
}

console.log((await request()).toString());
server.reload({
  socket: { ...serverHandlers, data: (socket, data) => void socket.write(data.toString().toUpperCase()) },
});
console.log((await request()).toString());
server.stop();
