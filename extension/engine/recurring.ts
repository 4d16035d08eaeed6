/** Work that is asked for again and again and done one round at a time: whatever is asked for during a round makes one more. */

export class Recurring {
  readonly #work: () => Promise<void>;
  readonly #failed: (cause: unknown) => void;
  readonly #done: () => void;
  #state: "idle" | "working" | "asked again" = "idle";

  /**
   * @param failed hears of a round that failed
   * @param done called after every round, when nothing more was asked for
   */
  constructor(work: () => Promise<void>, failed: (cause: unknown) => void, done: () => void = () => undefined) {
    this.#work = work;
    this.#failed = failed;
    this.#done = done;
  }

  get busy(): boolean {
    return this.#state !== "idle";
  }

  /** Begins a round once the caller's own turn is over. */
  ask(): void {
    if (this.busy) {
      this.#state = "asked again";
      return;
    }
    this.#state = "working";
    setImmediate(() => {
      this.#work()
        .catch(this.#failed)
        .finally(() => {
          const again = this.#state === "asked again";
          this.#state = "idle";
          if (again) this.ask();
          else this.#done();
        })
        .catch(this.#failed);
    });
  }
}
