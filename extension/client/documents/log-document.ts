/** One run's log as a document: the end of the log, which goes along with it, or earlier parts where the reader went. */
import { advance, readEarlier, readEnd, readLater, type ReadLog } from "../../protocol/log-reading.ts";
import { type LogWindow, textOf, withoutEnd, withoutStart } from "../../protocol/log-window.ts";
import { runLog } from "../../protocol/methods.ts";
import { ENDED } from "../../protocol/run.ts";
import type { Lab } from "../engine/lab.ts";
import { editsTo } from "./log-edits.ts";

/** Bytes of a growing log that are read at once. More than what an editor compares: text that is new as a whole is not worth it. */
const AT_ONCE = 131_072;
/** Bytes of an ended log that are shown at first, and of an earlier part. */
const PART = 1_048_576;
/** Characters of a followed log above which its oldest lines go, and what is left of it then. */
const MOST = 96_000;
const LEAST = 64_000;
/** Characters of a log that is read. */
const MOST_READ = 4_194_304;

export class LogDocument {
  readonly lab: Lab;
  readonly run: number;
  readonly #read: ReadLog;
  #window: LogWindow | null = null;
  #startedAt: number | null = null;
  #text = "";
  #turn: Promise<unknown> = Promise.resolve();
  /** The run has ended and all it wrote has been read. */
  #complete = false;
  #detached = false;

  constructor(lab: Lab, run: number) {
    this.lab = lab;
    this.run = run;
    this.#read = (from, limit) => lab.link.request(runLog, { run, from, limit });
  }

  /** Text of the part that is shown. */
  get text(): string {
    return this.#text;
  }

  /** Bytes before the part, after it as far as is known, and in all. */
  get place(): { before: number; after: number; size: number } {
    const { from, next, size } = this.#window ?? { from: 0, next: 0, size: 0 };
    return { before: from, after: Math.max(0, size - next), size };
  }

  /** Whether the part ends before the log, because the reader went back: it does not follow then. */
  get detached(): boolean {
    return this.#detached;
  }

  /** Whether there may be more to read at the log's end than was read. */
  get grows(): boolean {
    return !this.#complete || this.#hasBegunAgain;
  }

  /** Reads the end of the log as it is now. @returns the texts to show one after the other */
  toEnd(): Promise<string[]> {
    return this.#inTurn(() => this.#toEnd());
  }

  /**
   * Reads on where the part ends with the log.
   * @param whole keeps the oldest lines, because somebody reads there
   * @returns the texts to show one after the other
   */
  follow(whole: boolean): Promise<string[]> {
    return this.#inTurn(async () => {
      const window = this.#window;
      if (window === null || this.#hasBegunAgain) return this.#toEnd();
      const ended = this.#hasEnded;
      const kept = whole ? withoutStart(window, MOST_READ) : withoutStart(window, MOST, LEAST);
      const now = await advance(kept, this.#read, AT_ONCE);
      this.#complete = ended && now.next >= now.size;
      // What ended stays as it is shown: nothing comes that it would have to make room for.
      if (now.next === window.next && now.from === kept.from) return this.#show({ ...window, size: now.size }, "");
      return this.#show(now, kept === window ? "" : textOf(kept));
    });
  }

  /** Reads what lies before the part. @returns the texts to show, and how many lines are above what was the first */
  earlier(): Promise<{ texts: string[]; lines: number }> {
    return this.#inTurn(async () => {
      if (this.#window === null) return { texts: [], lines: 0 };
      const before = linesOf(this.#text);
      const now = await readEarlier(this.#window, this.#read, PART);
      const lines = linesOf(textOf(now)) - before;
      const kept = withoutEnd(now, MOST_READ);
      this.#detached ||= kept !== now;
      return { texts: this.#show(kept, ""), lines };
    });
  }

  /** Reads what lies after the part. @returns the texts to show, and how many lines went above what was the first */
  later(): Promise<{ texts: string[]; lines: number }> {
    return this.#inTurn(async () => {
      if (this.#window === null) return { texts: [], lines: 0 };
      const now = await readLater(this.#window, this.#read, PART);
      const grown = linesOf(textOf(now));
      this.#detached = now.next < now.size;
      const texts = this.#show(withoutStart(now, MOST_READ), "");
      return { texts, lines: grown - linesOf(this.#text) };
    });
  }

  async #toEnd(): Promise<string[]> {
    const ended = this.#hasEnded;
    this.#startedAt = this.lab.run(this.run)?.startedAt ?? null;
    const now = await readEnd(this.#read, ended ? PART : AT_ONCE);
    this.#complete = ended && now.next >= now.size;
    this.#detached = false;
    return this.#show(now, "");
  }

  #show(window: LogWindow, between: string): string[] {
    const before = this.#text;
    this.#window = window;
    this.#text = textOf(window);
    return editsTo(before, this.#text, between);
  }

  get #hasEnded(): boolean {
    const run = this.lab.run(this.run);
    return run === null || ENDED.has(run.state);
  }

  /** A run that was lost and begins again writes a new log. */
  get #hasBegunAgain(): boolean {
    const run = this.lab.run(this.run);
    return run !== null && run.startedAt !== null && run.startedAt !== this.#startedAt;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

const linesOf = (text: string) => text.split("\n").length;
