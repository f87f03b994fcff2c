/** A chat server: a class that keeps its sockets in a map. */

interface Member {
  name: string | undefined;
  rest: string;
}

class ChatRoom {
  readonly members = new Map<string, Bun.Socket<Member>>();
  private listener: Bun.TCPSocketListener<Member> | undefined;

  start(port: number): number {
    this.listener = Bun.listen<Member>({
      hostname: 'localhost',
      port,
      socket: {
        open: this.greet.bind(this),
        data: (socket, data) => this.read(socket, data),
        close: (socket) => this.leave(socket),
        error: (socket, error) => {
          console.error(`${socket.data.name}: ${error.message}`);
          socket.terminate();
        },
      },
    });
    return this.listener.port;
  }

  stop(): void {
    for (const [, socket] of this.members) socket.end('bye\n');
    this.listener?.stop();
    this.listener = undefined;
  }

  private greet(socket: Bun.Socket<Member>): void {
    socket.data = { name: undefined, rest: '' };
    socket.setNoDelay(true);
    socket.write('who are you?\n');
  }

  private read(socket: Bun.Socket<Member>, chunk: Buffer): void {
    const lines = (socket.data.rest + chunk.toString('utf8')).split('\n');
    socket.data.rest = lines.pop() ?? '';
    for (const line of lines) this.said(socket, line.trim());
  }

  private said(socket: Bun.Socket<Member>, line: string): void {
    const { name } = socket.data;
    if (name !== undefined) return void this.broadcast(`${name}: ${line}\n`, socket);
    if (this.members.has(line)) return void socket.write('that name is taken\n');
    socket.data.name = line;
    this.members.set(line, socket);
    this.broadcast(`${line} has come\n`);
  }

  private leave(socket: Bun.Socket<Member>): void {
    const { name } = socket.data;
    if (name !== undefined && this.members.delete(name)) this.broadcast(`${name} has gone\n`);
  }

  private broadcast(text: string, except?: Bun.Socket<Member>): void {
    for (const socket of this.members.values()) if (socket !== except) socket.write(text);
  }
}

const room = new ChatRoom();
console.log(`chat on ${room.start(6667)}`);
