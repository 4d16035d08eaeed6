/** The table: a tree grid of which only the visible rows exist; the keyboard moves a cursor, not the focus. */
import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from "@tanstack/virtual-core";
import { html, nothing } from "lit";
import type { PropertyValues, TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { FrameElement } from "../shared/frame-element.ts";
import { baselineCell, ideaCell, runCell } from "./cells.ts";
import type { Results } from "./collect.ts";
import { leastWidthOf, tracksOf } from "./columns.ts";
import type { ColumnSpec } from "./columns.ts";
import { gridKey } from "./grid-keys.ts";
import { headings } from "./headings.ts";
import type { GridActions } from "./grid-actions.ts";
import { isExpandable } from "./lines.ts";
import type { Line } from "./lines.ts";
import { decimalsFor } from "./numbers.ts";
import type { Sort } from "./table-model.ts";

const HEAD = 30;

export class Grid extends FrameElement {
  static override properties = {
    lines: { attribute: false },
    results: { attribute: false },
    columns: { attribute: false },
    widths: { attribute: false },
    sort: { attribute: false },
    ticked: { attribute: false },
    current: { attribute: false },
  };
  declare lines: Line[];
  declare results: Results;
  declare columns: readonly ColumnSpec[];
  declare widths: Readonly<Record<string, number>>;
  declare sort: Sort;
  declare ticked: ReadonlySet<number>;
  declare current: string | null;
  actions!: GridActions;

  /** Lines whose keys and sizes the virtualizer knows; replaced only when their order changes, since it measures all anew then. */
  #known: readonly Line[] = [];
  #size: (index: number) => number = () => 0;
  #keyOf = (index: number): string | number => index;
  readonly #virtualizer = new Virtualizer<HTMLElement, HTMLElement>(this.#options());
  #unmount: (() => void) | null = null;

  #options() {
    return {
      count: this.#known.length,
      getScrollElement: () => this.querySelector<HTMLElement>(".grid"),
      estimateSize: this.#size,
      getItemKey: this.#keyOf,
      scrollToFn: elementScroll,
      observeElementRect,
      observeElementOffset,
      onChange: () => this.requestUpdate(),
      overscan: 6,
      scrollMargin: HEAD,
      scrollPaddingStart: HEAD,
      initialRect: { width: 900, height: 700 },
    };
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#unmount?.();
    this.#unmount = null;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("lines") && !sameOrder(this.#known, this.lines)) {
      const lines = this.lines;
      this.#known = lines;
      this.#size = (index) => estimate(lines[index]);
      this.#keyOf = (index) => lines[index]?.key ?? index;
    }
    this.#virtualizer.setOptions(this.#options());
  }

  protected override updated(changed: PropertyValues<this>): void {
    this.#unmount ??= this.#virtualizer._didMount();
    this.#virtualizer._willUpdate();
    if (changed.has("widths") || changed.has("columns")) this.#virtualizer.measure();
    for (const row of this.querySelectorAll<HTMLElement>(".line")) this.#virtualizer.measureElement(row);
  }

  protected override render() {
    const least = leastWidthOf(this.columns, this.widths);
    const tracks = tracksOf(this.columns, this.widths);
    const items = this.#virtualizer.getVirtualItems();
    const decimals = decimalsFor(this.results.reference.mean ?? this.results.summary.best?.idea.metric ?? null);
    return html`<div
      class="grid"
      role="treegrid"
      tabindex="0"
      aria-label="Ideas and runs"
      aria-multiselectable="true"
      aria-rowcount=${this.lines.length + 1}
      aria-colcount=${this.columns.length + 1}
      aria-activedescendant=${this.current === null ? nothing : `line-${this.current}`}
      .style=${`--tracks:${tracks};--least:${least}px`}
      @keydown=${this.#key}
      @click=${this.#click}
      @dblclick=${this.#doubleClick}
    >
      ${headings(this.columns, this.results, this.sort, this.#allTicked(), this.actions)}
      <div class="lines" role="rowgroup" .style=${`height:${this.#virtualizer.getTotalSize()}px`}>
        ${repeat(
          items,
          (item) => item.key,
          (item) => {
            const line = this.lines[item.index];
            return line === undefined ? nothing : this.#line(line, item.index, item.start - HEAD, decimals);
          },
        )}
      </div>
    </div>`;
  }

  #line(line: Line, index: number, top: number, decimals: number): TemplateResult {
    const ticked = line.kind === "idea" && this.ticked.has(line.row.idea.id);
    const current = line.key === this.current;
    const expandable = isExpandable(line, this.results);
    const open = (line.kind === "idea" || line.kind === "baseline") && line.expanded;
    return html`<div
      class="line ${line.kind} ${ticked ? "ticked" : ""} ${current ? "current" : ""}"
      id="line-${line.key}"
      role="row"
      data-index=${index}
      data-key=${line.key}
      aria-rowindex=${index + 2}
      aria-level=${line.kind === "run" ? 2 : 1}
      aria-selected=${line.kind === "idea" ? String(ticked) : nothing}
      aria-expanded=${expandable ? String(open) : nothing}
      .style=${`transform:translateY(${top}px)`}
    >
      ${
        line.kind === "group"
          ? html`<div class="cell whole" role="gridcell" aria-colspan=${this.columns.length + 1}>
              ${line.label} <span class="dim">${line.count}</span>
            </div>`
          : [
              html`<div class="cell check" role="gridcell">
                ${
                  line.kind === "idea"
                    ? html`<span
                        class="box"
                        role="checkbox"
                        aria-checked=${String(ticked)}
                        aria-label="Choose #${line.row.idea.id}"
                      ></span>`
                    : nothing
                }${expandable ? html`<span class="twistie ${open ? "open" : ""}" title="Runs">›</span>` : nothing}
              </div>`,
              ...this.columns.map((column) => this.#cell(column, line, decimals)),
            ]
      }
    </div>`;
  }

  #cell(column: ColumnSpec, line: Exclude<Line, { kind: "group" }>, decimals: number): TemplateResult {
    const content =
      line.kind === "idea"
        ? ideaCell(column.id, line.row, this.results, decimals)
        : line.kind === "run"
          ? runCell(column.id, line.run, this.results, decimals)
          : baselineCell(column.id, this.results, decimals);
    const style = column.id === "idea" ? "words" : column.numeric ? "number" : "";
    return html`<div class="cell ${style}" role="gridcell">${content}</div>`;
  }

  #allTicked(): boolean {
    return this.ticked.size > 0 && this.lines.every((line) => line.kind !== "idea" || this.ticked.has(line.row.idea.id));
  }

  /** Brings a line into view. */
  show(key: string): void {
    const index = this.lines.findIndex((line) => line.key === key);
    if (index >= 0) this.#virtualizer.scrollToIndex(index, { align: "auto" });
  }

  readonly #key = (event: KeyboardEvent): void => {
    // Headings and grips have keys of their own.
    if ((event.target as HTMLElement).closest(".grid") !== event.target) return;
    const page = Math.max(1, Math.floor((this.querySelector(".grid")?.clientHeight ?? 400) / 48) - 1);
    if (gridKey(event, this.lines, this.current, page, this.results, this.actions)) event.preventDefault();
  };

  readonly #click = (event: MouseEvent): void => {
    const line = this.#lineAt(event);
    if (line === undefined || line.kind === "group") return;
    const target = event.target as HTMLElement;
    if (target.closest(".twistie") !== null && (line.kind === "idea" || line.kind === "baseline")) {
      this.actions.expand(line.key, !line.expanded);
      return;
    }
    const tick = line.kind === "idea" && (target.closest(".check") !== null || event.ctrlKey || event.metaKey || event.shiftKey);
    if (tick) this.actions.tick(line.key, event.shiftKey);
    else this.actions.moveTo(line.key);
  };

  readonly #doubleClick = (event: MouseEvent): void => {
    const line = this.#lineAt(event);
    if (line !== undefined && (event.target as HTMLElement).closest(".check,.twistie") === null) this.actions.open(line);
  };

  #lineAt(event: MouseEvent): Line | undefined {
    const row = (event.target as HTMLElement).closest<HTMLElement>(".line");
    return row === null ? undefined : this.lines[Number(row.dataset.index)];
  }
}

function sameOrder(before: readonly Line[], after: readonly Line[]): boolean {
  return before.length === after.length && before.every((line, index) => line.key === after[index]?.key);
}

/** Close to the measured height, so that the scroll bar does not jump. */
function estimate(line: Line | undefined): number {
  if (line?.kind !== "idea") return 29;
  return line.row.idea.title.length > 44 ? 65 : 47;
}

customElements.define("proving-ground-grid", Grid);
