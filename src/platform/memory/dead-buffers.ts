const mebibyte = 1024 * 1024;
/** What buffers may grow by between two collections. V8 by itself lets it be 64 MiB. */
const mostGrown = 24 * mebibyte;

/** What collects, and what there is to collect: those of this process when not said otherwise. */
export interface Heap {
  /** `undefined` where Node was started without `--expose-gc`, as the command starts it. */
  readonly collect: (() => void) | undefined;
  /** Bytes that buffers hold, dead ones that were not collected yet included. */
  heldBytes(): number;
}

const heapOfProcess: Heap = {
  get collect() {
    const { gc } = globalThis;
    return gc === undefined ? undefined : () => void gc();
  },
  heldBytes: () => process.memoryUsage().arrayBuffers,
};

/**
 * Keeps long work over many buffers from holding those that are dead: bytes of a buffer are not in
 * V8's heap and weigh little with it, and a row on its way through an import lives just long enough
 * to be taken for one that stays. A collection takes some 30 ms, once in tens of thousands of rows.
 */
export class DeadBuffers {
  readonly #heap: Heap;
  #least: number;

  constructor(heap: Heap = heapOfProcess) {
    this.#heap = heap;
    this.#least = heap.heldBytes();
  }

  /** Collects when they have become too many; after each step of the work. */
  sweep(): void {
    const { collect } = this.#heap;
    if (collect === undefined) return;
    this.#least = Math.min(this.#least, this.#heap.heldBytes());
    if (this.#heap.heldBytes() - this.#least <= mostGrown) return;
    collect();
    this.#least = this.#heap.heldBytes();
  }
}
