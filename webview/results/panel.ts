/** The results panel: holds the lab as it is, the arrangement and the selection, and hands them to the parts that show them. */
import { html, nothing } from "lit";
import { applyDelta } from "../../extension/protocol/lab.ts";
import type { Snapshot } from "../../extension/protocol/lab.ts";
import type { Ask, FromResults, ToResults } from "../../extension/protocol/webview/results.ts";
import { FrameElement } from "../shared/frame-element.ts";
import { editorApi, listen, Questions } from "../shared/host.ts";
import { nameFields } from "../shared/toolkit.ts";
import { actionsFor } from "./actions.ts";
import { asker } from "./ask.ts";
import { collector, ideaKey } from "./collect.ts";
import type { IdeaRow, Results } from "./collect.ts";
import { COLUMNS, columnsFor } from "./columns.ts";
import { banners, emptyState, noMatch } from "./notices.ts";
import { footer } from "./footer.ts";
import type { GridActions } from "./grid-actions.ts";
import type { Grid } from "./grid.ts";
import { header } from "./header.ts";
import { linesOf } from "./lines.ts";
import type { Line } from "./lines.ts";
import { readMessage } from "./messages.ts";
import { arranged } from "./persisted.ts";
import type { Arranged } from "./persisted.ts";
import { chosenIds, prune, tick, tickAll } from "./selection.ts";
import type { Selection } from "./selection.ts";
import { splitter } from "./splitter.ts";
import { nextSort, TableModel, usualSort } from "./table-model.ts";
import type { Sort } from "./table-model.ts";
import { tabs } from "./tabs.ts";
import { toolbar } from "./toolbar.ts";

export class ResultsPanel extends FrameElement {
  readonly #api = editorApi();
  readonly #questions = new Questions<Ask>((id, ask) => this.#post({ type: "ask", id, ask }));
  readonly #ask = asker(this.#questions);
  readonly #collect = collector();
  readonly #table = new TableModel();
  #arranged: Arranged = arranged(this.#api.getState());
  #snapshot: Snapshot | null = null;
  #environment = "";
  #selection: Selection = { ticked: new Set(), current: null };
  #expanded: ReadonlySet<string> = new Set();
  #offline: string | null = null;
  #busy: string | null = null;
  /** A line to scroll to once it is there. */
  #revealing: string | null = null;

  #results: Results | null = null;
  #lines: Line[] = [];
  /** What the lines were made from. */
  #arrangement: readonly unknown[] = [];
  #columns = COLUMNS;
  #chosen: readonly IdeaRow[] = [];
  #shown = 0;

  override connectedCallback(): void {
    super.connectedCallback();
    listen(window, readMessage, this.#receive);
    this.#post({ type: "ready" });
  }

  readonly #receive = (message: ToResults): void => {
    switch (message.type) {
      case "snapshot":
        this.#snapshot = message.snapshot;
        this.#environment = message.environment;
        break;
      case "delta": {
        if (this.#snapshot === null) return;
        const next = applyDelta(this.#snapshot, message.delta);
        if (next === null) this.#post({ type: "ready" });
        else this.#snapshot = next;
        break;
      }
      case "offline":
        this.#offline = message.message;
        break;
      case "busy":
        this.#busy = message.message;
        break;
      case "reveal":
        this.#reveal(ideaKey(message.idea));
        break;
      case "answer":
        this.#questions.answer(message.id, message.result);
        return;
      case "failure":
        this.#questions.fail(message.id, message.error);
        return;
    }
    this.requestUpdate();
  };

  protected override urgent(): boolean {
    return this.#results === null;
  }

  protected override willUpdate(): void {
    if (this.#snapshot === null) return;
    const results = this.#collect(this.#snapshot, this.#environment);
    this.#results = results;
    this.#selection = prune(this.#selection, (idea) => results.byId.has(idea));
    this.#chosen = sameOr(
      this.#chosen,
      chosenIds(this.#selection).flatMap((id) => results.byId.get(id) ?? []),
    );
    const sort = this.#sort(results);
    const rows = this.#table.rows(results.rows, this.#arranged.filter, sort);
    this.#shown = rows.length;
    const byMetric = sort.column === "metric" || sort.column === "delta" ? (sort.descending ? "descending" : "ascending") : null;
    const arrangement = [rows, results, this.#arranged.grouping, this.#expanded, byMetric];
    if (sameOr(this.#arrangement, arrangement) !== this.#arrangement) {
      this.#arrangement = arrangement;
      this.#lines = linesOf(rows, results, { grouping: this.#arranged.grouping, expanded: this.#expanded, byMetric });
    }
    this.#columns = sameOr(
      this.#columns,
      columnsFor(results.rows).filter((column) => !this.#arranged.hidden.includes(column.id)),
    );
  }

  protected override render() {
    const results = this.#results;
    const notices = banners(this.#offline, this.#busy);
    if (results === null) {
      return html`${notices}
        <div class="progress endless" role="progressbar" aria-label="Loading results"><div></div></div>`;
    }
    if (results.environment === null || results.rows.length === 0) {
      return html`${notices}${results.environment === null ? nothing : header(results, this.#revealIdea)}
      ${emptyState(results, this.#snapshot, (message) => this.#post(message))}`;
    }
    const line = this.#lines.find((one) => one.key === this.#selection.current) ?? null;
    return html`${notices}${header(results, this.#revealIdea)}
      <main class="body" .style=${`--pane:${(this.#arranged.pane * 100).toFixed(1)}%`}>
        <section class="left" aria-label="Table">
          ${toolbar({
            results,
            arranged: this.#arranged,
            environments: this.#snapshot?.environments.map((one) => one.name) ?? [],
            shown: this.#shown,
            ticked: this.#selection.ticked.size,
            arrange: this.#arrange,
            chooseEnvironment: (environment) => this.#post({ type: "chooseEnvironment", environment }),
          })}
          <proving-ground-grid
            .lines=${this.#lines}
            .results=${results}
            .columns=${this.#columns}
            .widths=${this.#arranged.widths}
            .sort=${this.#sort(results)}
            .ticked=${this.#selection.ticked}
            .current=${this.#selection.current}
            .actions=${this.#gridActions}
          ></proving-ground-grid>
          ${this.#shown === 0 ? noMatch(this.#arranged.filter, () => this.#arrange({ filter: "" })) : nothing}
          ${footer(actionsFor(this.#chosen, line, results), (message) => this.#post(message))}
        </section>
        ${splitter(this.#arranged.pane, (pane) => this.#arrange({ pane }))}
        <section class="right" aria-label="Details">
          ${tabs(this.#arranged.tab, (tab) => this.#arrange({ tab }))}
          <div class="pane" id="pane" role="tabpanel" tabindex="-1" aria-labelledby="tab-${this.#arranged.tab}">
            ${this.#pane(results, line)}
          </div>
        </section>
      </main>`;
  }

  protected override updated(): void {
    nameFields(this);
    const key = this.#revealing;
    if (key === null || !this.#lines.some((line) => line.key === key)) return;
    this.#revealing = null;
    const grid = this.querySelector<Grid>("proving-ground-grid");
    void grid?.updateComplete.then(() => grid.show(key));
  }

  #pane(results: Results, line: Line | null) {
    switch (this.#arranged.tab) {
      case "compare":
        return html`<proving-ground-compare
          .ask=${this.#ask}
          .results=${results}
          .chosen=${this.#chosen}
          .line=${line}
        ></proving-ground-compare>`;
      case "diff":
        return html`<proving-ground-diff
          .ask=${this.#ask}
          .post=${this.#postMessage}
          .results=${results}
          .chosen=${this.#chosen}
          .line=${line}
        ></proving-ground-diff>`;
      case "log":
        return html`<proving-ground-log
          .ask=${this.#ask}
          .post=${this.#postMessage}
          .results=${results}
          .chosen=${this.#chosen}
          .line=${line ?? this.#lines.find((one) => one.key === ideaKey(this.#chosen.at(-1)?.idea.id ?? -1)) ?? null}
        ></proving-ground-log>`;
      case "family":
        return html`<proving-ground-family
          .ask=${this.#ask}
          .reveal=${this.#revealKey}
          .results=${results}
          .chosen=${this.#chosen}
          .line=${line}
        ></proving-ground-family>`;
      case "analysis":
        return html`<proving-ground-analysis
          .ask=${this.#ask}
          .reveal=${this.#revealIdea}
          .results=${results}
          .searches=${this.#snapshot?.searches ?? []}
        ></proving-ground-analysis>`;
    }
  }

  readonly #gridActions: GridActions = {
    moveTo: (key) => {
      this.#select({ ...this.#selection, current: key });
      this.#revealing = key;
    },
    tick: (key, range) => {
      this.#select(tick(this.#selection, this.#lines, key, range));
      this.#revealing = key;
    },
    tickAll: (ticked) => this.#select(tickAll(this.#selection, this.#lines, ticked)),
    expand: (key, open) => {
      const expanded = new Set(this.#expanded);
      if (open) expanded.add(key);
      else expanded.delete(key);
      this.#expanded = expanded;
      this.requestUpdate();
    },
    open: (line) => {
      if (line.kind === "idea") this.#post({ type: "openIdea", idea: line.row.idea.id });
      else if (line.kind === "run") this.#post({ type: "openLog", run: line.run.id });
    },
    sortBy: (column) => {
      if (this.#results === null) return;
      this.#arrange({ sort: nextSort(column, this.#sort(this.#results), this.#results.reference) });
    },
    resize: (column, width) => {
      const others = Object.entries(this.#arranged.widths).filter(([id]) => id !== column);
      this.#arrange({ widths: Object.fromEntries(width === null ? others : [...others, [column, width]]) });
    },
  };

  #sortBefore: Sort | null = null;
  #sort(results: Results): Sort {
    const wanted = this.#arranged.sort ?? usualSort(results.reference);
    if (this.#sortBefore?.column !== wanted.column || this.#sortBefore.descending !== wanted.descending) this.#sortBefore = wanted;
    return this.#sortBefore;
  }

  readonly #arrange = (change: Partial<Arranged>): void => {
    this.#arranged = { ...this.#arranged, ...change };
    this.#api.setState(this.#arranged);
    this.requestUpdate();
  };

  #select(selection: Selection): void {
    this.#selection = selection;
    this.requestUpdate();
  }

  readonly #revealIdea = (idea: number): void => this.#reveal(ideaKey(idea));
  readonly #revealKey = (key: string): void => this.#reveal(key);

  /** Puts the cursor on a line and scrolls to it; a filter that hides it is cleared. */
  #reveal(key: string): void {
    if (this.#results !== null && !this.#lines.some((line) => line.key === key)) this.#arrange({ filter: "" });
    this.#select({ ...this.#selection, current: key });
    this.#revealing = key;
  }

  readonly #postMessage = (message: FromResults): void => this.#post(message);

  #post(message: FromResults): void {
    this.#api.postMessage(message);
  }
}

/** The earlier list where the new one holds the same things, so that nothing is drawn again for it. */
function sameOr<T>(before: readonly T[], after: readonly T[]): readonly T[] {
  return before.length === after.length && before.every((one, index) => one === after[index]) ? before : after;
}

customElements.define("proving-ground-results", ResultsPanel);
