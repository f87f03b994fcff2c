/** What each stack of the row of workers serves: a sink (5001), a source (5002) and an echo (5003). */

/** @param {import('../../../host/index.js').Stack} stack @param {{ data: string }} worker `data`: the address to listen on */
export function start(stack, { data: hostname }) {
  stack.listen({ hostname, port: 5001, socket: { data() {} } });
  stack.listen({ hostname, port: 5002, socket: { open: fill, drain: fill } });
  stack.listen({ hostname, port: 5003, socket: { data: (socket, bytes) => void socket.write(bytes) } });
}

function fill(socket) {
  while (socket.write(BLOCK) === BLOCK.length);
}

const BLOCK = new Uint8Array(256 * 1024);
