/** Decides when the engine ends by itself: nobody connected, nothing running, queued or being answered, for a while. */
export class Retirement {
  readonly #inUse: () => boolean;
  readonly #retire: () => void;
  readonly #wait: number;
  #timer: NodeJS.Timeout | null = null;

  /**
   * @param inUse whether anybody needs the engine now
   * @param retire called once nobody has for `wait` milliseconds
   */
  constructor(inUse: () => boolean, retire: () => void, wait: number) {
    this.#inUse = inUse;
    this.#retire = retire;
    this.#wait = wait;
  }

  /** To be called whenever use may have begun or ended. */
  look(): void {
    if (this.#inUse()) {
      if (this.#timer !== null) clearTimeout(this.#timer);
      this.#timer = null;
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      if (!this.#inUse()) this.#retire();
    }, this.#wait);
  }
}
