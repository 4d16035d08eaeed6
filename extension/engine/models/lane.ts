/** One provider's lane: so many requests at the same time, and none at all for as long as the provider asks for a pause. */
import type { Surroundings } from "./surroundings.ts";

/** Requests that waited for the same pause begin up to this much later, in milliseconds, so that they do not all come at once. */
const SPREAD = 1_000;

export class Lane {
  readonly #surroundings: Pick<Surroundings, "now" | "pause" | "random">;
  readonly #waiting: (() => void)[] = [];
  #width: number;
  #inside = 0;
  #closedUntil = 0;

  /** @param width requests at the same time */
  constructor(width: number, surroundings: Pick<Surroundings, "now" | "pause" | "random">) {
    this.#width = width;
    this.#surroundings = surroundings;
  }

  /** Changes how many may be inside; those that are stay. */
  setWidth(width: number): void {
    this.#width = width;
    this.#admit();
  }

  /**
   * Waits for a place, and for the end of a pause.
   * @returns gives the place back; may be called more than once
   * @throws the signal's reason when it fires before that
   */
  async enter(signal: AbortSignal): Promise<() => void> {
    await this.#place(signal);
    let inside = true;
    const leave = () => {
      if (!inside) return;
      inside = false;
      this.#inside--;
      this.#admit();
    };
    try {
      const { now, pause, random } = this.#surroundings;
      for (let left = this.#closedUntil - now(); left > 0; left = this.#closedUntil - now()) {
        await pause(left + random() * Math.min(SPREAD, left / 4), signal);
      }
      return leave;
    } catch (thrown) {
      leave();
      throw thrown;
    }
  }

  /** Lets nobody enter for so many milliseconds. Requests under way go on. */
  holdOff(milliseconds: number): void {
    this.#closedUntil = Math.max(this.#closedUntil, this.#surroundings.now() + milliseconds);
  }

  async #place(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#inside < this.#width) {
      this.#inside++;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(signal.reason as Error);
      };
      this.#waiting.push(enter);
      signal.addEventListener("abort", leave, { once: true });
    });
  }

  #admit(): void {
    while (this.#inside < this.#width) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#inside++;
      next();
    }
  }
}
