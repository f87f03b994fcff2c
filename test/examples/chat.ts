/** A chat room: what one says, all others hear. Each line is `name: text`; the first line of a guest is the name. */
import { connect, listen, type Socket, writeAll } from 'vitrine';

/** `rest`: the beginning of a line whose end has not arrived. */
type Guest = { name: string; rest: string };

const guests = new Set<Socket<Guest>>();

/** A guest who does not read is no reason to wait: `writeAll` keeps what does not fit, and the others go on. */
function tell(text: string, except?: Socket<Guest>): void {
  for (const guest of guests) if (guest !== except) writeAll(guest, `${text}\n`).catch(() => guest.terminate());
}

const room = listen<Guest>({
  hostname: 'localhost',
  port: 0,
  socket: {
    open(socket) {
      socket.data = { name: '', rest: '' };
    },
    data(socket, chunk) {
      const lines = (socket.data.rest + chunk).split('\n');
      socket.data.rest = lines.pop() ?? '';
      for (const line of lines) {
        if (guests.has(socket)) tell(`${socket.data.name}: ${line}`, socket);
        else {
          guests.add(socket);
          socket.data.name = line;
          tell(`${line} is here`);
        }
      }
    },
    close(socket) {
      if (guests.delete(socket)) tell(`${socket.data.name} is gone`);
      if (guests.size === 0) room.stop();
    },
  },
});

/** A guest who answers what others say, and leaves after `last`. */
async function visit(name: string, last: string, answers: Record<string, string>): Promise<void> {
  const socket = await connect({
    hostname: 'localhost',
    port: room.port,
    socket: {
      data(self, chunk) {
        for (const line of chunk.toString().trimEnd().split('\n')) {
          console.log(`${name} hears "${line}"`);
          if (line in answers) self.write(`${answers[line]}\n`);
          if (line === last) self.end();
        }
      },
    },
  });
  socket.write(`${name}\n`);
}

await visit('Alice', 'Bob is gone', { 'Bob is here': 'hello Bob' });
await visit('Bob', 'Alice: hello Bob', {});
