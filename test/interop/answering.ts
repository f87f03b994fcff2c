/**
 * The process on the kernel's side: does what `kernel.ts` tells it, and ends with the process that started it.
 * Not for: what can be told (`orders.ts`).
 */
import type { OrderTable } from './orders.js';

export type Handlers<Table extends OrderTable<Table>> = {
  [Name in keyof Table]: (order: Table[Name]['order']) => Promise<Table[Name]['answer']> | Table[Name]['answer'];
};

export function answerOrders<Table extends OrderTable<Table>>(handlers: Handlers<Table>): void {
  process.on('disconnect', () => process.exit());
  process.on('message', ({ id, name, order }: { id: number; name: keyof Table; order: never }) => {
    Promise.resolve()
      .then(() => handlers[name](order))
      .then(
        (answer) => process.send?.({ id, answer }, () => {}),
        (error) => process.send?.({ id, error: String(error) }, () => {}),
      );
  });
}
