/** A client that sends mail: plain first, secure after STARTTLS. */

interface Dialogue {
  resolve: (reply: string) => void;
  reject: (error: Error) => void;
  text: string;
}

const handlers: Bun.SocketHandler<Dialogue> = {
  data(socket, chunk) {
    const dialogue = socket.data;
    dialogue.text += chunk.toString('latin1');
    if (!/^\d{3} .*\r\n$/m.test(dialogue.text)) return;
    const reply = dialogue.text;
    dialogue.text = '';
    if (reply.startsWith('4') || reply.startsWith('5')) dialogue.reject(new Error(reply));
    else dialogue.resolve(reply);
  },
  error: (socket, error) => socket.data.reject(error),
  close: (socket, error) => socket.data.reject(error ?? new Error('closed')),
};

function next(dialogue: Dialogue): Promise<string> {
  return new Promise((resolve, reject) => Object.assign(dialogue, { resolve, reject }));
}

async function command(socket: Bun.Socket<Dialogue>, line: string): Promise<string> {
  const reply = next(socket.data);
  if (socket.write(`${line}\r\n`) < 0) throw new Error('closed');
  return reply;
}

async function secure(socket: Bun.Socket<Dialogue>, serverName: string): Promise<Bun.Socket<Dialogue>> {
  const { promise, resolve, reject } = Promise.withResolvers<Bun.Socket<Dialogue>>();
  const options: Bun.TLSUpgradeOptions<Dialogue> = {
    data: socket.data,
    tls: { serverName, rejectUnauthorized: true },
    socket: {
      ...handlers,
      handshake(tls, success, authorizationError) {
        if (success && tls.authorized) resolve(tls);
        else reject(authorizationError ?? tls.getAuthorizationError() ?? new Error('not verified'));
      },
    },
  };
  const [raw, tls] = socket.upgradeTLS(options);
  raw.unref();
  tls.timeout(10);
  return promise;
}

async function send(hostname: string, from: string, to: string[], text: string): Promise<void> {
  const dialogue: Dialogue = { resolve() {}, reject() {}, text: '' };
  const greeting = next(dialogue);
  const plain = await Bun.connect({ hostname, port: 587, data: dialogue, socket: handlers });
  await greeting;
  await command(plain, 'EHLO client.test');
  await command(plain, 'STARTTLS');
  const socket = await secure(plain, hostname);
  await command(socket, 'EHLO client.test');
  await command(socket, `MAIL FROM:<${from}>`);
  for (const address of to) await command(socket, `RCPT TO:<${address}>`);
  await command(socket, 'DATA');
  await command(socket, `${text.replaceAll(/^\./gm, '..')}\r\n.`);
  socket.end('QUIT\r\n');
}

await send('mail.test', 'a@client.test', ['b@mail.test'], 'Subject: hello\r\n\r\nhello');
