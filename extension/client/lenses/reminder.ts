/** Reminds the editor of what it was told of and did not come for: pure but for its clock. */

/** Milliseconds until each reminder; whoever does not come after the last one does not want to. */
const PAUSES = [500, 1000, 2000, 4000, 8000];

export class Reminder {
  readonly #remind: () => void;
  readonly #later: (act: () => void, milliseconds: number) => { dispose(): void };
  readonly #owed = new Set<string>();
  #next: { dispose(): void } | null = null;

  /**
   * @param remind says again that there is something new
   * @param later calls `act` after so many milliseconds unless it is disposed of before
   */
  constructor(remind: () => void, later: (act: () => void, milliseconds: number) => { dispose(): void }) {
    this.#remind = remind;
    this.#later = later;
  }

  /** The editor was just told that these are new; they are the only ones that it is reminded of from now on. */
  told(keys: Iterable<string>): void {
    this.#owed.clear();
    for (const key of keys) this.#owed.add(key);
    this.#wait(0);
  }

  /** Whether the editor was told and has not come yet. */
  owes(key: string): boolean {
    return this.#owed.has(key);
  }

  /** The editor came for this one. */
  came(key: string): void {
    this.#owed.delete(key);
    if (this.#owed.size === 0) this.dispose();
  }

  dispose(): void {
    this.#next?.dispose();
    this.#next = null;
  }

  #wait(reminders: number): void {
    this.dispose();
    const pause = PAUSES[reminders];
    if (pause === undefined || this.#owed.size === 0) return;
    this.#next = this.#later(() => {
      this.#remind();
      this.#wait(reminders + 1);
    }, pause);
  }
}
