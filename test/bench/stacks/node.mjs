/**
 * Node under measurement, on kernel sockets: over TLS a sink (5004) and a source (5005), and a server of HTTP (5006).
 *
 *   node node.mjs ADDRESS
 */
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:tls';
import { CERTIFICATE, KEY } from '../tls/certificate.mjs';

const [, , host] = process.argv;
const options = { cert: CERTIFICATE, key: KEY };
const block = Buffer.alloc(256 * 1024);

createHttpServer((_request, response) => response.end('hello')).listen({ host, port: 5006 });
createServer(options, (socket) => socket.on('error', () => {}).resume()).listen({ host, port: 5004 });
createServer(options, (socket) => {
  const fill = () => {
    while (socket.write(block));
  };
  socket.on('error', () => {}).on('drain', fill);
  fill();
}).listen({ host, port: 5005 }, () => console.log('ready'));
