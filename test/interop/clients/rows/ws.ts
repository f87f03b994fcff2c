/** `ws`: messages of a MiB that come back, with Vitrine as the client and as the server. */
import { createServer } from 'node:http';
import type { NetConnectOpts } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { KERNEL } from '../../addresses.js';
import type { Lab, Row } from '../lab.js';
import { serving, type Transport } from '../serving.js';
import { echoMessages, echoServer } from '../web-socket.js';

const expected: Row['expected'] = ({ messages }) => messages;

export const ws: readonly Row[] = [
  {
    name: 'ws: messages of a MiB to a server of the kernel and back',
    play({ net, ports, volume }) {
      const options = { perMessageDeflate: false, createConnection: (to: object) => net.connect(to as NetConnectOpts) };
      const socket = new WebSocket(`ws://${KERNEL}:${ports.http}`, options);
      return echoMessages(socket, volume.messages, volume.message);
    },
    expected,
  },
  {
    name: 'ws: messages of a MiB from a client of the kernel and back',
    play: (lab) => echoed(lab, 'tcp'),
    expected,
  },
  {
    name: 'ws: the same over TLS',
    play: (lab) => echoed(lab, 'tls'),
    expected,
  },
];

/** How many a client of the kernel's gets back from a server over Vitrine. */
function echoed(lab: Lab, transport: Transport): Promise<number> {
  const { messages, message } = lab.volume;
  const http = createServer();
  echoServer(new WebSocketServer({ server: http }));
  return serving(lab, transport, http, (authority) => {
    const url = `${transport === 'tls' ? 'wss' : 'ws'}://${authority}`;
    return lab.kernel.tell('webSocket', { url, messages, message });
  });
}
