/** The Log pane: the end of the newest run's log, older parts on demand, followed while the run goes on and its last line is in view. */
import { html, nothing } from "lit";
import { bytesText } from "../../extension/protocol/format.ts";
import { advance, readEarlier, readEnd } from "../../extension/protocol/log-reading.ts";
import { type LogWindow, textOf, withoutEnd, withoutStart } from "../../extension/protocol/log-window.ts";
import { ENDED, type Run } from "../../extension/protocol/run.ts";
import type { FromResults } from "../../extension/protocol/webview/results.ts";
import { Pane } from "./pane.ts";

/** How often a running run's log is read, in milliseconds. */
const FOLLOW = 750;
const AFTER_FAILURE = 5000;
/** Bytes read at once. */
const AT_ONCE = 131_072;
/** Characters kept of a log that is followed, and of one that is read. */
const MOST = 200_000;
const MOST_READ = 1_000_000;
/** Pixels from the bottom within which the last line counts as in view. */
const NEAR = 24;

export class Log extends Pane {
  post!: (message: FromResults) => void;
  #run: number | null = null;
  #startedAt: number | null = null;
  #window: LogWindow | null = null;
  /** {@link #window} as it is shown. */
  #shown = "";
  #reading = false;
  /** All that the run wrote has been read. */
  #final = false;
  /** Newer text was dropped for older; nothing is followed until the reader goes back to the end. */
  #detached = false;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #atEnd = true;
  /** Pixels below the place that stays where it is when older text comes above it. */
  #below: number | null = null;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#run = null;
  }

  protected override render() {
    const run = this.#newest();
    if (run === undefined) return this.hint(this.line === null ? "Put the cursor on a row to see its log." : "It has not been run yet.");
    const window = this.#run === run.id ? this.#window : null;
    return html`<div class="log-head">
        <span
          >run ${run.id} · seed ${run.seed} · <span class=${run.state === "failed" ? "bad" : "dim"}>${run.failure ?? run.state}</span></span
        >
        <span class="spacer"></span>
        <button class="plain-button link" @click=${() => this.post({ type: "openLog", run: run.id })}>Open in editor</button>
      </div>
      ${run.reason === null ? nothing : html`<p class="hint bad">${run.reason}</p>`}${this.problem === null ? nothing : this.failed(this.problem)}
      ${window === null ? (this.problem === null ? this.waiting("Reading the log") : nothing) : this.#text(window, run)}`;
  }

  protected override willUpdate(): void {
    this.#atEnd = this.#isAtEnd();
  }

  protected override updated(): void {
    const run = this.#newest();
    if (run === undefined) return;
    if (run.id !== this.#run || run.startedAt !== this.#startedAt) {
      if (run.id !== this.#run) this.#window = null;
      this.#run = run.id;
      this.#startedAt = run.startedAt;
      this.#reading = false;
      this.#atEnd = true;
      void this.#end(run);
    } else if (this.#window !== null && !this.#final) this.#follow(run);
    const pre = this.querySelector("pre");
    if (pre === null) return;
    if (this.#below !== null) pre.scrollTop = pre.scrollHeight - this.#below;
    else if (this.#atEnd && !this.#detached) pre.scrollTop = pre.scrollHeight;
    this.#below = null;
  }

  #text(window: LogWindow, run: Run) {
    return html`${
      window.from > 0
        ? html`<div class="log-more">
            <button class="plain-button link" ?disabled=${this.#reading} @click=${() => void this.#earlier()}>Load earlier</button>
            <span class="dim">${bytesText(window.from)} before this</span>
          </div>`
        : nothing
    }${
      this.#shown === ""
        ? this.hint(run.endedAt === null ? "Nothing written yet." : "The log is empty.")
        : html`<pre class="log" tabindex="0" aria-label="Log of run ${run.id}">${this.#shown}</pre>`
    }${
      this.#detached
        ? html`<div class="log-more">
            <button class="plain-button link" @click=${() => void this.#end(run)}>Go to the end</button>
            <span class="dim">${bytesText(window.size - window.next)} after this</span>
          </div>`
        : nothing
    }`;
  }

  #newest(): Run | undefined {
    if (this.line?.kind === "run") return this.line.run;
    if (this.line?.kind === "baseline") return this.results.baselineRuns.at(-1);
    return this.line?.kind === "idea" ? this.line.row.runs.at(-1) : undefined;
  }

  #isAtEnd(): boolean {
    const pre = this.querySelector("pre");
    return pre === null || pre.scrollHeight - pre.scrollTop - pre.clientHeight < NEAR;
  }

  async #end(run: Run): Promise<void> {
    this.#detached = false;
    this.#final = false;
    await this.settle(async () => {
      const ended = ENDED.has(run.state);
      const window = await readEnd(this.ask.log(run.id), AT_ONCE);
      if (this.#run === run.id) this.#show(window, ended);
    });
  }

  /** Reads on soon, unless the reader is further up; once more after the run has ended, for its last words. */
  #follow(run: Run): void {
    if (this.#timer !== null) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        const window = this.#window;
        if (window === null || this.#run !== run.id) return;
        if (this.#detached || !this.#isAtEnd()) {
          this.#follow(run);
          return;
        }
        void this.settle(async () => {
          const newest = this.#newest();
          const ended = newest !== undefined && ENDED.has(newest.state);
          const now = await advance(window, this.ask.log(run.id), AT_ONCE);
          if (this.#run === run.id && this.#window === window) this.#show(withoutStart(now, MOST, MOST / 2), ended);
        });
      },
      this.problem === null ? FOLLOW : AFTER_FAILURE,
    );
  }

  #show(window: LogWindow, ended: boolean): void {
    this.#window = window;
    this.#shown = textOf(window);
    this.#final = ended && window.next >= window.size;
  }

  async #earlier(): Promise<void> {
    const window = this.#window;
    const run = this.#run;
    if (window === null || run === null) return;
    this.#reading = true;
    await this.settle(async () => {
      const more = await readEarlier(window, this.ask.log(run), AT_ONCE);
      if (this.#run !== run || this.#window !== window) return;
      const pre = this.querySelector("pre");
      if (pre !== null) this.#below = pre.scrollHeight - pre.scrollTop;
      this.#show(more, this.#final);
      this.requestUpdate();
      await this.updateComplete;
      // What goes at the end moves nothing that is in view.
      const kept = withoutEnd(more, MOST_READ);
      if (kept === more || this.#window !== more) return;
      this.#detached = true;
      this.#show(kept, this.#final);
    });
    this.#reading = false;
    this.requestUpdate();
  }
}

customElements.define("proving-ground-log", Log);
