/** Whether a target answers: once it does not, it is tried again, ever more slowly, and the human is told once each way. */
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Notice } from "../../protocol/methods.ts";
import type { After } from "./clock.ts";

export interface ContactOptions {
  /** Name of the target, as it is shown. */
  title: string;
  after: After;
  /** Milliseconds since 1970. */
  clock: () => number;
  /** Looks whether the target answers. @throws while it does not */
  attempt: () => Promise<void>;
  /** It went, or came back. */
  changed: () => void;
  /** Runs on it that have not ended. */
  runs: () => number;
  onNotice: (notice: Notice) => void;
  onError: (cause: unknown) => void;
}

/** Milliseconds before the second, third … attempt. */
const FIRST = 1000;
const LONGEST = 60_000;
/** Attempts before a human is told: what is over within seconds is nobody's concern. */
const PATIENT = 4;

/** Whether a cause says that a target did not answer. */
export function isUnreachable(cause: unknown): boolean {
  return cause instanceof ProvingGroundError && cause.code === "unreachable";
}

export class Contact {
  readonly #options: ContactOptions;
  #why: string | null = null;
  #since: number | null = null;
  #failures = 0;
  #told = false;
  #cancel: (() => void) | null = null;
  readonly #waiting: (() => void)[] = [];
  #closed = false;

  constructor(options: ContactOptions) {
    this.#options = options;
  }

  /** Why the target is not there, in words; null while it answers. */
  get lost(): string | null {
    return this.#why;
  }

  /** Since when it is not there, in milliseconds since 1970; null while it answers. */
  get since(): number | null {
    return this.#since;
  }

  /** The target did not answer. */
  fail(cause: unknown): void {
    if (this.#closed) return;
    const first = this.#why === null;
    this.#why = inWords(cause);
    if (!first) return;
    this.#since = this.#options.clock();
    this.#failures = 0;
    this.#options.changed();
    this.#again(FIRST);
  }

  /** Tries now instead of waiting for the next attempt. */
  async tryNow(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    await this.#attempt();
  }

  /** Resolves when the target answers, or nobody tries any more. */
  whenBack(): Promise<void> {
    if (this.#why === null || this.#closed) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Whether nobody tries any more: the target was let go, or is set up anew. */
  get closed(): boolean {
    return this.#closed;
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
    this.#release();
  }

  #again(delay: number): void {
    this.#cancel = this.#options.after(delay, () => {
      this.#cancel = null;
      this.#attempt().catch(this.#options.onError);
    });
  }

  async #attempt(): Promise<void> {
    const { attempt, changed, title, runs, onNotice } = this.#options;
    try {
      await attempt();
    } catch (cause) {
      if (this.#closed) return;
      if (this.#why === null) {
        this.fail(cause);
        return;
      }
      this.#why = inWords(cause);
      this.#failures++;
      if (this.#failures >= PATIENT && !this.#told) {
        this.#told = true;
        const there = runs();
        const open = there === 0 ? "" : ` What comes of the ${there === 1 ? "run" : `${there} runs`} there is read when it answers again.`;
        const what = `${title} does not answer`;
        // Where it is called as its host is, that is what the cause begins with.
        const said = this.#why.toLowerCase().startsWith(what.toLowerCase()) ? this.#why : `${what}. ${this.#why}`;
        onNotice({ level: "warning", message: `${said}${open}` });
      }
      if (this.#cancel === null) this.#again(Math.min(LONGEST, FIRST * 2 ** this.#failures));
      return;
    }
    if (this.#closed || this.#why === null) return;
    this.#why = null;
    this.#since = null;
    if (this.#told) onNotice({ level: "info", message: `${title} answers again.` });
    this.#told = false;
    changed();
    this.#release();
  }

  #release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** What a target's name can stand before: it is the message's first word already. */
function inWords(cause: unknown): string {
  const { message, hint } = ProvingGroundError.from(cause);
  return `${message}${/[.!?]$/.test(message) ? "" : "."}${hint === undefined ? "" : ` ${hint}`}`;
}
