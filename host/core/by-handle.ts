/**
 * Objects by the handles that the core has given them. A handle begins with a slot of the core's pool, so that an array by slots
 * finds its object without a search; it lies in pieces, of which none is ever copied to grow. A slot that has served once keeps
 * its place: memory follows the most objects that there were at a time.
 */
export class ByHandle<Thing extends { readonly handle: number }> {
  readonly #pieces: (Thing | undefined)[][] = [];

  get(handle: number): Thing | undefined {
    const thing = this.#pieces[pieceOf(handle)]?.[handle & PLACE];
    return thing?.handle === handle ? thing : undefined;
  }

  /** As `get`, but does not look at what it finds: another may have had the same slot. */
  guess(handle: number): Thing | undefined {
    return this.#pieces[pieceOf(handle)]?.[handle & PLACE];
  }

  add(thing: Thing): void {
    const number = pieceOf(thing.handle);
    let piece = this.#pieces[number];
    if (piece === undefined) {
      piece = new Array(PLACE + 1).fill(undefined);
      this.#pieces[number] = piece;
    }
    piece[thing.handle & PLACE] = thing;
  }

  delete(thing: Thing): void {
    if (this.get(thing.handle) === thing)
      (this.#pieces[pieceOf(thing.handle)] as unknown[])[thing.handle & PLACE] = undefined;
  }

  /** All of them now, by their slots. */
  all(): Thing[] {
    return this.#pieces.flatMap((piece) => piece.filter((thing) => thing !== undefined));
  }
}

function pieceOf(handle: number): number {
  return (handle & SLOT) >>> PIECE_SHIFT;
}

/** The slot in a handle; above it is the generation (`assembly/memory/pool.ts`). */
const SLOT = (1 << 22) - 1;
const PIECE_SHIFT = 12;
const PLACE = (1 << PIECE_SHIFT) - 1;
