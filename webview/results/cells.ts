/** What stands in each cell of the table. */
import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { kindText, repetitionText } from "../../extension/protocol/repetition.ts";
import { stateText } from "../../extension/protocol/run.ts";
import type { Run } from "../../extension/protocol/run.ts";
import type { IdeaRow, Results } from "./collect.ts";
import { toneOf } from "./collect.ts";
import { count, difference, seconds, value } from "./numbers.ts";

type Cell = TemplateResult | string;

/** The cell of an idea in a column. */
export function ideaCell(column: string, row: IdeaRow, results: Results, decimals: number): Cell {
  const { idea } = row;
  switch (column) {
    case "idea":
      return title(row, results);
    case "source":
      return html`<span title=${idea.model ?? idea.source}>${idea.source}</span>`;
    case "epoch":
      return String(idea.epoch);
    case "parents":
      return idea.parents.length === 0 ? html`<span class="dim">–</span>` : idea.parents.map((id) => `#${id}`).join(" ");
    case "metric":
      return metric(row, decimals);
    case "delta":
      return delta(row, results, decimals);
    case "kind":
      return kind(row);
    case "status":
      return status(row);
    case "time":
      return seconds(idea.seconds ?? row.runs.findLast((run) => run.state === "running")?.live?.seconds ?? null);
    default:
      return "";
  }
}

/** The cell of the baseline in a column. */
export function baselineCell(column: string, results: Results, decimals: number): Cell {
  const { reference, baselineRuns } = results;
  switch (column) {
    case "idea":
      return html`<span class="name">Baseline</span>`;
    case "metric":
      return html`${value(reference.mean, decimals)}${spread(reference.deviation, decimals)}`;
    case "delta":
      return reference.mean === null ? "–" : "0";
    case "status":
      if (baselineRuns.some((run) => run.state === "running")) return html`<span class="active">running</span>`;
      return reference.measured ? count(reference.seeds, "seed") : "published";
    default:
      return "";
  }
}

/** The cell of one run in a column; `row` is null for a run of the baseline. */
export function runCell(column: string, run: Run, results: Results, decimals: number): Cell {
  const mean = results.reference.mean;
  const change = run.metric === null || mean === null ? null : run.metric - mean;
  switch (column) {
    case "idea":
      return html`<span>run ${run.id} · seed ${run.seed} · ${run.target}</span>${
          run.reason === null
            ? nothing
            : html`<div class="summary ${run.state === "failed" ? "bad" : ""}" title=${run.reason}>${run.reason}</div>`
        }`;
    case "metric":
      return run.metric === null && run.live?.value != null
        ? html`<span class="active">${value(run.live.value, decimals)}</span>`
        : value(run.metric, decimals);
    case "delta":
      return html`<span class=${run.idea === null ? "" : toneOf(change, results.reference)}
        >${run.idea === null ? "" : difference(change, decimals)}</span
      >`;
    case "status":
      return html`<span class=${runTone(run)}>${run.failure ?? stateText(run)}</span>`;
    case "time":
      return seconds(run.startedAt === null || run.endedAt === null ? (run.live?.seconds ?? null) : (run.endedAt - run.startedAt) / 1000);
    default:
      return "";
  }
}

/** The diff's word; a question mark where a model that judged too has another one. */
function kind({ idea }: IdeaRow): Cell {
  const short = idea.kind === null ? "" : idea.kind === "algorithmic" ? "algo" : "hyper";
  const doubted = idea.judged !== null && idea.judged !== idea.kind;
  return html`<span title=${kindText(idea) ?? ""}>${short}${doubted ? " ?" : ""}</span>`;
}

function title(row: IdeaRow, results: Results): Cell {
  const { idea } = row;
  const earlier = results.byId.get(idea.repeats?.idea ?? 0)?.idea ?? null;
  const repetition = repetitionText(idea, earlier, results.reference.metric);
  const note = idea.problem ?? idea.summary;
  // Before the title, whose end may not fit.
  return html`<div class="title" title=${idea.title}>
      <span class="dim">#${idea.id}</span> ${
        results.parents.includes(idea.id) ? html`<span class="badge" title="The next epoch builds on this">parent</span> ` : nothing
      }${idea.mark === null ? nothing : html`<span class="badge" title=${MARKED[idea.mark]}>${idea.mark}</span> `}${idea.title}${
        repetition === null
          ? nothing
          : html` <span class="badge quiet" title=${`It ${repetition}.`}>repeats #${idea.repeats?.idea ?? ""}</span>`
      }
    </div>
    ${note === "" ? nothing : html`<div class="summary ${idea.problem === null || idea.status === "stopped" ? "" : "bad"}" title=${note}>${note}</div>`}`;
}

const MARKED = { pinned: "A parent of every epoch of every search", banned: "Never a parent in any search" };

function metric(row: IdeaRow, decimals: number): Cell {
  if (row.idea.metric === null && row.live !== null) {
    return html`<span class="active" title="Newest reading of a run under way">${value(row.live, decimals)}</span>`;
  }
  if (row.idea.metric === null) return html`<span class="dim">–</span>`;
  return html`<span class=${row.tone === "unsure" ? "" : row.tone}
    >${value(row.idea.metric, decimals)}${spread(row.deviation, decimals)}</span
  >`;
}

/** Without its leading zero, because it stands beside the value it belongs to. */
function spread(deviation: number | null, decimals: number): Cell {
  return deviation === null ? "" : html`<span class="spread"> ± ${value(deviation, decimals).replace(/^0\./, ".")}</span>`;
}

function delta(row: IdeaRow, results: Results, decimals: number): Cell {
  if (row.delta === null) return html`<span class="dim">–</span>`;
  const unsure = row.tone === "unsure";
  const why = unsure ? `Within the baseline's own spread over seeds, ± ${value(results.reference.deviation, decimals)}` : "";
  return html`<span class=${row.tone} title=${why}>${difference(row.delta, decimals)}${unsure ? " ?" : ""}</span>`;
}

function status({ idea, runs }: IdeaRow): Cell {
  const tones: Partial<Record<typeof idea.status, string>> = {
    "in review": "unsure",
    "not implemented": "bad",
    failed: "bad",
    running: "active",
    implementing: "active",
    draft: "dim",
    rejected: "dim",
    stopped: "dim",
  };
  const failure = idea.status === "failed" ? runs.at(-1)?.failure : null;
  if (idea.status === "stopped" && idea.problem !== null) return html`<span class="dim" title=${idea.problem}>stopped early</span>`;
  const text = idea.status === "done" && idea.seeds > 1 ? `done ×${idea.seeds}` : (failure ?? idea.status);
  const why = idea.problem ?? (idea.status === "done" ? count(idea.seeds, "finished run") : idea.status);
  return html`<span class=${tones[idea.status] ?? ""} title=${why}>${text}</span>`;
}

function runTone(run: Run): string {
  if (run.state === "failed") return "bad";
  if (run.state === "running" || run.state === "starting") return "active";
  return run.state === "succeeded" ? "" : "dim";
}
