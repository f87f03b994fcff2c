/**
 * The program behind `node.ts`: `node:tls` as a small HTTP server, or as a client that sends its standard input. In the
 * directory of the keys.
 *
 *   node-program.mjs server|client WISH-AS-JSON
 */
import { createReadStream, createWriteStream, readFileSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:tls';

const [role, json = '{}'] = process.argv.slice(2);
const wish = JSON.parse(json);
const ca = readFileSync('ca.pem');
const ecdhCurve = wish.group ?? 'X25519:P-256:P-384';
const ALPNProtocols = wish.alpn === undefined ? [] : [wish.alpn];

/** @type {Buffer | undefined} */
let session;

if (role === 'server') serve();
else for (const last of wish.twice ? [false, true] : [true]) await request(last);

function serve() {
  const [key, cert] = [readFileSync(`${wish.key}.key`), readFileSync(`${wish.key}.pem`)];
  const policy = { ca, requestCert: wish.mutual, rejectUnauthorized: wish.mutual };
  createServer({ key, cert, ecdhCurve, ALPNProtocols, allowHalfOpen: true, ...policy }, (socket) => {
    socket.on('error', () => {}).once('data', (chunk) => answer(socket, chunk));
  }).listen(wish.port, wish.host);
}

/**
 * @param {import('node:tls').TLSSocket} socket
 * @param {Buffer} chunk with a head at its start
 */
function answer(socket, chunk) {
  const end = chunk.indexOf('\r\n\r\n') + 4;
  const head = chunk.toString('latin1', 0, end);
  const path = `.${head.split(' ')[1]}`;
  if (head.startsWith('GET')) {
    socket.write(`HTTP/1.0 200 OK\r\nContent-Length: ${statSync(path).size}\r\n\r\n`);
    createReadStream(path).pipe(socket);
    return;
  }
  let left = Number(/^content-length: *(\d+)/im.exec(head)?.[1]);
  const file = createWriteStream(path);
  const take = (/** @type {Buffer} */ piece) => {
    file.write(piece);
    left -= piece.length;
    if (left === 0) file.end(() => socket.end('HTTP/1.0 201 Created\r\nContent-Length: 0\r\n\r\n'));
  };
  take(chunk.subarray(end));
  socket.on('data', take);
}

/** @param {boolean} last */
function request(last) {
  const versions = { minVersion: wish.version, maxVersion: wish.version };
  const own = wish.mutual ? { key: readFileSync('client.key'), cert: readFileSync('client.pem') } : {};
  const suites = wish.suite === undefined ? {} : { ciphers: wish.suite };
  const where = { host: wish.host, port: wish.port, servername: wish.name };
  const socket = connect({
    ...where,
    ca,
    ecdhCurve,
    ALPNProtocols,
    ...versions,
    ...own,
    ...suites,
    ...(session && { session }),
  });
  socket.on('session', (fresh) => {
    session = fresh;
  });
  if (!last) socket.on('secureConnect', () => socket.write('GET /who HTTP/1.0\r\n\r\n'));
  else process.stdin.pipe(socket, { end: false });
  if (last) socket.pipe(process.stdout);
  socket.resume();
  return new Promise((resolve) => {
    socket
      .on('end', () => socket.end())
      .on('close', () => {
        if (last) process.stdin.destroy();
        resolve(undefined);
      });
    socket.on('error', (error) => {
      console.error(error.message);
      process.exit(1);
    });
  });
}
