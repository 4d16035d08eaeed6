/** Above the table: filter, grouping, columns, and how much is shown. */
import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { CheckedElement, ValueElement } from "../shared/toolkit.ts";
import type { Results } from "./collect.ts";
import { columnsFor } from "./columns.ts";
import type { Grouping } from "./lines.ts";
import { count } from "./numbers.ts";
import type { Arranged } from "./persisted.ts";

const GROUPINGS: { id: Grouping; label: string; problem: null }[] = [
  { id: "none", label: "No groups", problem: null },
  { id: "epoch", label: "Group: epoch", problem: null },
  { id: "status", label: "Group: status", problem: null },
];

export interface ToolbarState {
  results: Results;
  arranged: Arranged;
  environments: readonly string[];
  shown: number;
  ticked: number;
  arrange: (change: Partial<Arranged>) => void;
  chooseEnvironment: (environment: string) => void;
}

export function toolbar(state: ToolbarState): TemplateResult {
  const { results, arranged, arrange } = state;
  return html`<div class="toolbar" role="toolbar" aria-label="Table">
    ${
      state.environments.length < 2
        ? nothing
        : html`<proving-ground-choice
            class="environment"
            .label=${"Environment"}
            .options=${state.environments.map((id) => ({ id, label: id, problem: null }))}
            .value=${results.name}
            @choose=${(event: CustomEvent<string>) => state.chooseEnvironment(event.detail)}
          ></proving-ground-choice>`
    }
    <vscode-text-field
      class="filter"
      placeholder="Filter: title, summary, status…"
      data-label="Filter"
      .value=${arranged.filter}
      @input=${(event: Event) => arrange({ filter: (event.currentTarget as ValueElement).value })}
      @keydown=${(event: KeyboardEvent) => {
        if (event.key === "Escape") arrange({ filter: "" });
      }}
    ></vscode-text-field>
    <proving-ground-choice
      class="grouping"
      .label=${"Group by"}
      .options=${GROUPINGS}
      .value=${arranged.grouping}
      @choose=${(event: CustomEvent<Grouping>) => arrange({ grouping: event.detail })}
    ></proving-ground-choice>
    <vscode-button appearance="secondary" aria-haspopup="true" aria-controls="columns" @click=${openColumns}>Columns</vscode-button>
    <div id="columns" class="popup" popover role="group" aria-label="Columns">
      ${columnsFor(results.rows)
        .filter((column) => column.hideable)
        .map(
          (column) =>
            html`<vscode-checkbox
              .checked=${!arranged.hidden.includes(column.id)}
              @change=${(event: Event) => arrange({ hidden: toggled(arranged.hidden, column.id, !(event.currentTarget as CheckedElement).checked) })}
              >${column.title(results.reference)}</vscode-checkbox
            >`,
        )}
    </div>
    <span class="spacer"></span>
    <span class="dim amount" role="status">
      ${state.shown === results.rows.length ? count(state.shown, "idea") : `${state.shown} of ${count(results.rows.length, "idea")}`}${
        state.ticked === 0 ? nothing : ` · ${state.ticked} selected`
      }
    </span>
  </div>`;
}

function toggled(list: readonly string[], id: string, present: boolean): string[] {
  return present ? [...list.filter((one) => one !== id), id] : list.filter((one) => one !== id);
}

/** The popup lies in the top layer; it is put below its button by hand, since anchors are not in every supported editor. */
function openColumns(event: Event): void {
  const button = event.currentTarget as HTMLElement;
  const popup = document.getElementById("columns");
  if (popup === null) return;
  const box = button.getBoundingClientRect();
  popup.style.left = `${Math.min(box.left, window.innerWidth - 180)}px`;
  popup.style.top = `${box.bottom + 2}px`;
  popup.togglePopover();
  if (popup.matches(":popover-open")) popup.querySelector<HTMLElement>("vscode-checkbox")?.focus();
}
