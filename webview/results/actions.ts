/** Which actions make sense for the chosen rows: a button is shown only when it works. Pure. */
import type { Mark } from "../../extension/protocol/idea.ts";
import type { FromResults } from "../../extension/protocol/webview/results.ts";
import type { IdeaRow, Results } from "./collect.ts";
import type { Line } from "./lines.ts";
import { count } from "./numbers.ts";

export interface Action {
  label: string;
  title: string;
  message: FromResults;
}

/**
 * @param chosen ticked rows, or the row with the cursor when none is ticked
 * @param current the line with the cursor
 * @returns actions in order of likely use; the first may be shown as the main one
 */
export function actionsFor(chosen: readonly IdeaRow[], current: Line | null, results: Results): Action[] {
  const found: (Action | null)[] = [
    review(chosen),
    parents(chosen, results),
    implement(chosen),
    run(chosen),
    nextEpoch(results),
    clearParents(chosen, results),
    stop(chosen, current),
    retry(chosen, current),
    pin(chosen),
    ban(chosen),
    unmark(chosen),
    baseline(current, results),
  ];
  return found.filter((action) => action !== null);
}

function parents(chosen: readonly IdeaRow[], results: Results): Action | null {
  const ideas = chosen.filter((row) => row.idea.metric !== null && row.idea.commit !== null).map((row) => row.idea.id);
  if (ideas.length === 0 || sameSet(ideas, results.parents)) return null;
  return {
    label: ideas.length === 1 ? "Use as parent" : `Use ${ideas.length} as parents`,
    title: `The next epoch builds on ${ideas.map((id) => `#${id}`).join(", ")}`,
    message: { type: "useAsParents", ideas },
  };
}

function pin(chosen: readonly IdeaRow[]): Action | null {
  const ideas = idsWith(chosen, ({ idea }) => idea.metric !== null && idea.status !== "rejected" && idea.mark !== "pinned");
  return marking(ideas, "Pin", "A parent of every epoch of every search, until the mark is taken away", "pinned");
}

function ban(chosen: readonly IdeaRow[]): Action | null {
  const ideas = idsWith(chosen, ({ idea }) => idea.commit !== null && idea.status !== "rejected" && idea.mark !== "banned");
  return marking(ideas, "Ban", "Never a parent in any search, until the mark is taken away", "banned");
}

function unmark(chosen: readonly IdeaRow[]): Action | null {
  const ideas = idsWith(chosen, ({ idea }) => idea.mark !== null);
  return marking(ideas, "Unmark", "A parent when a search finds it good enough", null);
}

function marking(ideas: number[], verb: string, title: string, mark: Mark | null): Action | null {
  return ideas.length === 0 ? null : { label: labelled(verb, ideas), title, message: { type: "mark", ideas, mark } };
}

function clearParents(chosen: readonly IdeaRow[], results: Results): Action | null {
  if (results.parents.length === 0 || chosen.length > 1) return null;
  return {
    label: results.parents.length === 1 ? "Clear parent" : `Clear ${results.parents.length} parents`,
    title: "The next epoch builds on nothing in particular",
    message: { type: "useAsParents", ideas: [] },
  };
}

function nextEpoch(results: Results): Action | null {
  if (results.environment === null || results.rows.length === 0) return null;
  return {
    label: "Next epoch…",
    title:
      results.parents.length === 0
        ? "Generate ideas from what was tried so far"
        : `Generate ideas from ${results.parents.map((id) => `#${id}`).join(", ")} and from what was tried so far`,
    message: { type: "nextEpoch" },
  };
}

function review(chosen: readonly IdeaRow[]): Action | null {
  const [only, another] = chosen.filter((row) => row.idea.status === "in review");
  if (only === undefined || another !== undefined) return null;
  return { label: "Review", title: `Review the changes of #${only.idea.id}`, message: { type: "review", idea: only.idea.id } };
}

function implement(chosen: readonly IdeaRow[]): Action | null {
  const ideas = idsWith(chosen, (row) => row.idea.status === "draft" || row.idea.status === "not implemented");
  if (ideas.length === 0) return null;
  return { label: labelled("Implement", ideas), title: "Turn into code, to be reviewed", message: { type: "implement", ideas } };
}

function run(chosen: readonly IdeaRow[]): Action | null {
  const ready = chosen.filter((row) => row.idea.commit !== null && !["running", "queued", "rejected"].includes(row.idea.status));
  if (ready.length === 0) return null;
  const ideas = ready.map((row) => row.idea.id);
  const again = ready.every((row) => row.runs.length > 0);
  return {
    label: labelled(again ? "Run again" : "Run", ideas),
    title: again ? "Queue another run" : "Queue a run",
    message: { type: "run", ideas },
  };
}

function stop(chosen: readonly IdeaRow[], current: Line | null): Action | null {
  const runs = runsUnder(chosen, current).filter((one) => one.endedAt === null);
  if (runs.length === 0) return null;
  return {
    label: runs.length === 1 ? "Stop" : `Stop ${count(runs.length, "run")}`,
    title: "Take out of the queue, or end",
    message: { type: "stop", runs: runs.map((one) => one.id) },
  };
}

function retry(chosen: readonly IdeaRow[], current: Line | null): Action | null {
  const runs =
    current?.kind === "run"
      ? runsUnder(chosen, current)
      : chosen.flatMap((row) => (row.idea.status === "failed" || row.idea.status === "stopped" ? row.runs.slice(-1) : []));
  const ended = runs.filter((one) => one.state === "failed" || one.state === "stopped");
  if (ended.length === 0) return null;
  return {
    label: ended.length === 1 ? "Retry" : `Retry ${count(ended.length, "run")}`,
    title: "Queue the same code and seed again",
    message: { type: "retry", runs: ended.map((one) => one.id) },
  };
}

function baseline(current: Line | null, results: Results): Action | null {
  if (results.environment === null) return null;
  const underWay = results.baselineRuns.some((one) => one.endedAt === null);
  if (underWay || (results.reference.measured && current?.kind !== "baseline")) return null;
  return {
    label: results.reference.measured ? "Run baseline again" : "Run baseline",
    title: "Measure the unchanged code",
    message: { type: "runBaseline" },
  };
}

function runsUnder(chosen: readonly IdeaRow[], current: Line | null) {
  return current?.kind === "run" ? [current.run] : chosen.flatMap((row) => row.runs);
}

function idsWith(rows: readonly IdeaRow[], test: (row: IdeaRow) => boolean): number[] {
  return rows.filter(test).map((row) => row.idea.id);
}

function labelled(verb: string, ideas: readonly number[]): string {
  return ideas.length === 1 ? verb : `${verb} ${ideas.length}`;
}

function sameSet(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id) => b.includes(id));
}
