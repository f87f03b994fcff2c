/**
 * node:tls under measurement, on kernel sockets: a sink (5004) and a source (5005), for the rows of TLS.
 *
 *   node node-tls.mjs ADDRESS
 */
import { createServer } from 'node:tls';
import { CERTIFICATE, KEY } from './certificate.mjs';

const [, , host] = process.argv;
const options = { cert: CERTIFICATE, key: KEY };
const block = Buffer.alloc(256 * 1024);

createServer(options, (socket) => socket.on('error', () => {}).resume()).listen({ host, port: 5004 });
createServer(options, (socket) => {
  const fill = () => {
    while (socket.write(block));
  };
  socket.on('error', () => {}).on('drain', fill);
  fill();
}).listen({ host, port: 5005 }, () => console.log('ready'));
