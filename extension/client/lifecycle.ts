/** Ownership of disposables, and contributions that fail alone. */
import type { Disposable } from "vscode";

/** Owns disposables; one that is added after disposal is disposed at once. */
export class Disposables implements Disposable {
  #owned: { dispose(): unknown }[] | null = [];

  get disposed(): boolean {
    return this.#owned === null;
  }

  add<T extends { dispose(): unknown }>(disposable: T): T {
    if (this.#owned === null) disposable.dispose();
    else this.#owned.push(disposable);
    return disposable;
  }

  dispose(): void {
    const owned = this.#owned ?? [];
    this.#owned = null;
    for (const disposable of owned.toReversed()) disposable.dispose();
  }
}

/** Adds one part of the extension; what it registers belongs to the owner. */
export type Contribution = (owner: Disposables) => void;

/**
 * Runs every contribution; the failure of one leaves the others standing.
 * @param failed called with the name and the error of each that failed
 */
export function contributeEach(
  owner: Disposables,
  contributions: Readonly<Record<string, Contribution>>,
  failed: (name: string, error: unknown) => void,
): void {
  for (const [name, contribute] of Object.entries(contributions)) {
    const own = new Disposables();
    try {
      contribute(own);
      owner.add(own);
    } catch (error) {
      own.dispose();
      failed(name, error);
    }
  }
}
