/** The table's headings: sorted by a click or Enter, resized by dragging an edge or with Alt and the arrow keys. */
import { html } from "lit";
import type { TemplateResult } from "lit";
import type { Results } from "./collect.ts";
import { IDEA_MIN } from "./columns.ts";
import type { ColumnSpec } from "./columns.ts";
import type { GridActions } from "./grid-actions.ts";
import type { Sort } from "./table-model.ts";

const NARROWEST = 40;
const STEP = 16;

export function headings(
  columns: readonly ColumnSpec[],
  results: Results,
  sort: Sort,
  allTicked: boolean,
  actions: GridActions,
): TemplateResult {
  return html`<div class="head" role="row" aria-rowindex="1">
    <div class="cell check" role="columnheader" aria-label="Choice">
      <button
        class="plain-button box"
        role="checkbox"
        aria-checked=${String(allTicked)}
        aria-label="Choose all shown ideas"
        title="Choose all shown ideas"
        @click=${() => actions.tickAll(!allTicked)}
      ></button>
    </div>
    ${columns.map((column) => heading(column, results, sort, actions))}
  </div>`;
}

function heading(column: ColumnSpec, results: Results, sort: Sort, actions: GridActions): TemplateResult {
  const sorted = sort.column === column.id;
  const title = column.title(results.reference);
  return html`<div
    class="cell ${column.numeric ? "number" : ""}"
    role="columnheader"
    aria-label=${title}
    data-column=${column.id}
    aria-sort=${sorted ? (sort.descending ? "descending" : "ascending") : "none"}
  >
    <button
      class="plain-button sort"
      title="${column.hint(results.reference)}. Click to sort; Alt+← and Alt+→ change the width."
      @click=${() => actions.sortBy(column.id)}
      @keydown=${(event: KeyboardEvent) => resizeByKey(event, column, actions)}
    >
      ${title}${sorted ? html`<span aria-hidden="true"> ${sort.descending ? "↓" : "↑"}</span>` : ""}
    </button>
    <div
      class="grip"
      role="separator"
      aria-orientation="vertical"
      aria-label="Width of ${title}"
      title="Drag to resize, double-click for the usual width"
      @pointerdown=${(event: PointerEvent) => drag(event, column, actions)}
      @dblclick=${() => actions.resize(column.id, null)}
    ></div>
  </div>`;
}

function resizeByKey(event: KeyboardEvent, column: ColumnSpec, actions: GridActions): void {
  if (!event.altKey || (event.key !== "ArrowLeft" && event.key !== "ArrowRight")) return;
  event.preventDefault();
  const cell = (event.currentTarget as HTMLElement).parentElement;
  if (cell !== null) actions.resize(column.id, bounded(column, cell.offsetWidth + (event.key === "ArrowRight" ? STEP : -STEP)));
}

function drag(event: PointerEvent, column: ColumnSpec, actions: GridActions): void {
  const grip = event.currentTarget as HTMLElement;
  const width = grip.parentElement?.offsetWidth ?? NARROWEST;
  const start = event.clientX;
  grip.setPointerCapture(event.pointerId);
  const move = (moved: PointerEvent): void => actions.resize(column.id, bounded(column, width + moved.clientX - start));
  grip.addEventListener("pointermove", move);
  grip.addEventListener("lostpointercapture", () => grip.removeEventListener("pointermove", move), { once: true });
}

function bounded(column: ColumnSpec, width: number): number {
  return Math.round(Math.max(column.id === "idea" ? IDEA_MIN / 2 : NARROWEST, width));
}
