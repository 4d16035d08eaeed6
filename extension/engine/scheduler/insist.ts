/** Does in the end what must be done: again and again while it fails, which it does on a full disk until somebody frees some space. */
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { After } from "./clock.ts";

/** Milliseconds between two tries. */
const AGAIN = 5000;

export interface InsistOptions {
  after: After;
  /** Every failure. */
  failed: (cause: unknown) => void;
  /** The disk is full; said once until something succeeds. */
  full: () => void;
}

export class Insist {
  readonly #options: InsistOptions;
  #saidFull = false;
  #closed = false;

  constructor(options: InsistOptions) {
    this.#options = options;
  }

  /** Tries now and, if that fails, later. What is tried must look whether it is still to be done. */
  on(action: () => void): void {
    if (this.#closed) return;
    try {
      action();
      this.#saidFull = false;
    } catch (cause) {
      this.tell(cause);
      this.#options.after(AGAIN, () => this.on(action));
    }
  }

  /** Passes on a failure in the background. */
  tell(cause: unknown): void {
    this.#options.failed(cause);
    if (this.#saidFull || ProvingGroundError.from(cause).code !== "disk-full") return;
    this.#saidFull = true;
    this.#options.full();
  }

  /** Gives up. */
  close(): void {
    this.#closed = true;
  }
}
