/** The Diff pane: the code of the chosen idea against its base, or of two ideas one below the other. */
import { html as renderDiff } from "diff2html";
import { html, nothing } from "lit";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import type { FromResults } from "../../extension/protocol/webview/results.ts";
import type { IdeaRow } from "./collect.ts";
import { Pane } from "./pane.ts";

/** More ideas than this are not shown below each other. */
const MOST = 4;

export class Diff extends Pane {
  post!: (message: FromResults) => void;
  /** Rendered diffs, by the idea as it was when asked: an idea that changes is asked again. */
  readonly #rendered = new WeakMap<IdeaRow["idea"], string>();
  readonly #asked = new WeakSet<IdeaRow["idea"]>();

  protected override render() {
    const rows = this.#rows();
    if (rows.length === 0) {
      return this.hint(
        this.chosen.length === 0 ? "Put the cursor on an idea to see its code." : "There is no code yet: implement the idea first.",
      );
    }
    return html`${this.problem === null ? nothing : this.failed(this.problem)}${rows.map((row) => this.#diff(row))}`;
  }

  protected override updated(): void {
    for (const { idea } of this.#rows()) {
      if (this.#asked.has(idea)) continue;
      this.#asked.add(idea);
      void this.settle(async () => {
        const diff = await this.ask.diff(idea.id);
        this.#rendered.set(idea, diff.trim() === "" ? "" : rendered(diff));
      });
    }
  }

  #rows(): readonly IdeaRow[] {
    return this.chosen.filter(({ idea }) => idea.commit !== null || idea.status === "in review").slice(0, MOST);
  }

  #diff(row: IdeaRow) {
    const diff = this.#rendered.get(row.idea);
    const { id, title, base, change } = row.idea;
    return html`<section aria-label="Diff of #${id}">
      <div class="diff-head">
        <span class="title">#${id} ${title}</span>
        <span class="dim">on ${base === null ? "baseline" : `#${base}`}</span>
        ${change === null ? nothing : html`<span class="good">+${change.added}</span> <span class="bad">−${change.removed}</span>`}
        <button class="plain-button link" @click=${() => this.post({ type: "openDiff", idea: id })}>Open in editor</button>
      </div>
      ${diff === undefined ? (this.problem === null ? this.waiting("Reading the diff") : nothing) : diff === "" ? this.hint("No lines differ.") : unsafeHTML(diff)}
    </section>`;
  }
}

/** HTML by diff2html, which escapes the diff's text. */
function rendered(diff: string): string {
  return renderDiff(diff, {
    drawFileList: false,
    outputFormat: "line-by-line",
    matching: "lines",
    diffMaxChanges: 5000,
  });
}

customElements.define("proving-ground-diff", Diff);
