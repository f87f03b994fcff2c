/**
 * One connection of a race, and the layer that keeps its news from the socket until it has won.
 * Not for: which address is tried when (`race.ts`).
 */
import type { Connection, Layer } from '../../stack/connection.js';
import type { Socket } from '../socket.js';
import type { Race } from './race.js';

export class Attempt implements Layer {
  readonly shares = false;
  readonly busy = false;
  readonly records = 0;

  constructor(
    readonly connection: Connection<Socket<unknown>>,
    readonly address: string,
    private readonly race: Race,
  ) {
    connection.layer = this;
  }

  opened(): void {
    this.race.won(this);
  }

  closed(cause: number | Error): void {
    this.race.failed(this, cause);
  }

  /** Nothing comes before it has opened, and then this is no layer any more. */
  tell(): boolean {
    return false;
  }

  received(): void {}

  drained(): void {}

  ended(): void {}

  released(): void {}
}
