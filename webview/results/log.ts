/** The Log pane: the end of the newest run's log, older parts on demand, followed while the run goes on. */
import { html, nothing } from "lit";
import type { Run } from "../../extension/protocol/run.ts";
import type { FromResults } from "../../extension/protocol/webview/results.ts";
import { append, prepend, readable, SLICE, tailFrom } from "./log-text.ts";
import type { LogWindow } from "./log-text.ts";
import { count } from "./numbers.ts";
import { Pane } from "./pane.ts";

/** How often a running run's log is read, in milliseconds. */
const FOLLOW = 1000;

export class Log extends Pane {
  post!: (message: FromResults) => void;
  #run: number | null = null;
  #window: LogWindow | null = null;
  #reading = false;
  #final = false;
  #timer: ReturnType<typeof setTimeout> | null = null;

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
    const pre = this.querySelector("pre");
    this.#atEnd = pre === null || pre.scrollHeight - pre.scrollTop - pre.clientHeight < 24;
  }
  #atEnd = true;

  protected override updated(): void {
    const run = this.#newest();
    if (run === undefined) return;
    if (run.id !== this.#run) {
      this.#run = run.id;
      this.#window = null;
      this.#final = false;
      this.#reading = false;
      this.#atEnd = true;
      void this.#start(run);
    } else if (this.#window !== null && !this.#final) this.#follow(run);
    const pre = this.querySelector("pre");
    if (pre !== null && this.#atEnd) pre.scrollTop = pre.scrollHeight;
  }

  #text(window: LogWindow, run: Run) {
    const text = readable(window.text);
    return html`${
      window.from > 0
        ? html`<div class="log-more">
            <button class="plain-button link" ?disabled=${this.#reading} @click=${() => void this.#earlier()}>Load earlier</button>
            <span class="dim">${count(Math.ceil(window.from / 1024), "KiB", "KiB")} before this</span>
          </div>`
        : nothing
    }${
      text === ""
        ? this.hint(run.endedAt === null ? "Nothing written yet." : "The log is empty.")
        : html`<pre class="log" tabindex="0" aria-label="Log of run ${run.id}">${text}</pre>`
    }`;
  }

  #newest(): Run | undefined {
    if (this.line?.kind === "run") return this.line.run;
    if (this.line?.kind === "baseline") return this.results.baselineRuns.at(-1);
    return this.line?.kind === "idea" ? this.line.row.runs.at(-1) : undefined;
  }

  async #start(run: Run): Promise<void> {
    await this.settle(async () => {
      const ended = run.endedAt !== null;
      let slice = await this.ask.log(run.id, 0);
      if (slice.next < slice.size) slice = await this.ask.log(run.id, tailFrom(slice.size));
      if (this.#run !== run.id) return;
      this.#window = slice;
      this.#final = ended && slice.next >= slice.size;
    });
  }

  /** Reads on in a second; once more after the run has ended, for its last words. */
  #follow(run: Run): void {
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.settle(async () => {
        const window = this.#window;
        if (window === null || this.#run !== run.id) return;
        const ended = this.#newest()?.endedAt !== null;
        const slice = await this.ask.log(run.id, window.next);
        if (this.#run !== run.id) return;
        this.#window = append(this.#window ?? window, slice);
        this.#final = ended && slice.next >= slice.size;
      });
    }, FOLLOW);
  }

  async #earlier(): Promise<void> {
    const window = this.#window;
    const run = this.#run;
    if (window === null || run === null) return;
    this.#reading = true;
    await this.settle(async () => {
      const slice = await this.ask.log(run, Math.max(0, window.from - SLICE));
      if (this.#run === run && this.#window !== null) this.#window = prepend(this.#window, slice);
    });
    this.#reading = false;
    this.requestUpdate();
  }
}

customElements.define("proving-ground-log", Log);
