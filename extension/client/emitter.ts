/** An event without the editor, for the parts that are tested outside of it. */
export class Emitter<T> {
  readonly #listeners = new Set<(value: T) => void>();

  /** Has the shape of the editor's own events. */
  readonly event = (listener: (value: T) => void): { dispose(): void } => {
    const own = (value: T) => listener(value);
    this.#listeners.add(own);
    return { dispose: () => void this.#listeners.delete(own) };
  };

  fire(value: T): void {
    for (const listener of [...this.#listeners]) listener(value);
  }

  dispose(): void {
    this.#listeners.clear();
  }
}
