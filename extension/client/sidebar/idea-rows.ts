/** Ideas as tree rows, by epoch or by status: pure. */
import type { Environment, ValidEnvironment } from "../../protocol/environment.ts";
import type { Idea, IdeaStatus, Mark } from "../../protocol/idea.ts";
import { kindText, repetitionText } from "../../protocol/repetition.ts";
import { searchName } from "../../protocol/search-text.ts";
import { waitsAt } from "../../protocol/search.ts";
import type { Search } from "../../protocol/search.ts";
import { capitalised, counted, durationText, metricText } from "../../protocol/format.ts";
import { OUTCOME_WORDS } from "../outcome-words.ts";
import { escapeMarkdown, shortened } from "./rows.ts";
import type { GroupRow, Icon, IdeaRow, Row } from "./rows.ts";

export type Grouping = "epoch" | "status";

/** In the order in which groups and rows are shown: what waits for the human first, what is over last. */
const ORDER: readonly IdeaStatus[] = [
  "in review",
  "implementing",
  "running",
  "queued",
  "approved",
  "done",
  "draft",
  "not implemented",
  "stopped",
  "failed",
  "rejected",
];

const ICONS: Record<IdeaStatus, Icon> = {
  draft: { id: "circle-outline" },
  implementing: { id: "loading~spin", color: "charts.blue" },
  "not implemented": { id: "error", color: "testing.iconErrored" },
  "in review": { id: "git-pull-request", color: "charts.yellow" },
  approved: { id: "pass", color: "charts.blue" },
  queued: { id: "clock", color: "testing.iconQueued" },
  running: { id: "loading~spin", color: "charts.blue" },
  done: { id: "pass-filled", color: "testing.iconPassed" },
  failed: { id: "error", color: "testing.iconFailed" },
  stopped: { id: "debug-stop", color: "testing.iconSkipped" },
  rejected: { id: "circle-slash", color: "disabledForeground" },
};

const MARKS: Record<Mark, Icon> = {
  pinned: { id: "pinned", color: "charts.yellow" },
  banned: { id: "circle-slash", color: "charts.orange" },
};
const MARKED: Record<Mark, string> = {
  pinned: "pinned: a parent of every epoch",
  banned: "banned: never a parent",
};

/**
 * What can be done with an idea now; menus test these words.
 * @param search that it belongs to; without it nothing is known of gates
 */
export function actionsOn(idea: Idea, search: Search | null = null): Set<IdeaAction> {
  const actions = new Set<IdeaAction>(["duplicate"]);
  const committed = idea.commit !== null;
  const add = (action: IdeaAction, possible: boolean) => possible && actions.add(action);
  const resting = !["implementing", "queued", "running", "rejected"].includes(idea.status);
  add("implement", !committed && (idea.status === "draft" || idea.status === "not implemented"));
  add("again", idea.status === "in review");
  // A note is for a model; operators' ideas are edited exactly.
  add("retry", idea.source !== "operator" && !committed && (idea.status === "not implemented" || idea.status === "in review"));
  add("attempts", idea.attempts > 0);
  add("review", idea.status === "in review");
  add("repair", idea.status === "failed" && idea.source !== "operator");
  add("run", committed && resting);
  add("edit", !committed && idea.status !== "implementing");
  add("reject", resting);
  add("restore", idea.status === "rejected");
  add("parent", idea.metric !== null && idea.status !== "rejected");
  add("diff", committed || idea.status === "in review");
  const gate = waitsAt(idea, search);
  add("admit", gate === "ideas" || gate === "runs");
  add("rebase", idea.status === "draft");
  add("pin", actions.has("parent") && idea.mark !== "pinned");
  add("ban", committed && idea.status !== "rejected" && idea.mark !== "banned");
  add("unmark", idea.mark !== null);
  return actions;
}
export type IdeaAction =
  | "implement"
  | "again"
  | "retry"
  | "attempts"
  | "repair"
  | "review"
  | "run"
  | "edit"
  | "reject"
  | "restore"
  | "duplicate"
  | "parent"
  | "diff"
  | "admit"
  | "rebase"
  | "pin"
  | "ban"
  | "unmark";

/** What rows say of other things than their idea. */
interface Surroundings {
  lab: string;
  environment: ValidEnvironment | null;
  parents: ReadonlySet<number>;
  searches: ReadonlyMap<number, Search>;
  ideas: ReadonlyMap<number, Idea>;
}

/**
 * Groups of rows.
 * @param lab key of the lab the ideas are in
 * @param parents ideas chosen for the next epoch, marked
 */
export function ideaRows(
  lab: string,
  ideas: readonly Idea[],
  environment: Environment | null,
  grouping: Grouping,
  parents: ReadonlySet<number>,
  searches: readonly Search[] = [],
): Row[] {
  const valid = environment?.state === "valid" ? environment : null;
  const surroundings: Surroundings = {
    lab,
    environment: valid,
    parents,
    searches: new Map(searches.map((search) => [search.id, search])),
    ideas: new Map(ideas.map((idea) => [idea.id, idea])),
  };
  const mine = ideas.filter((idea) => idea.environment === environment?.name);
  const groups = Map.groupBy(mine, (idea) => (grouping === "epoch" ? idea.epoch : ORDER.indexOf(idea.status)));
  const keys = [...groups.keys()].sort((a, b) => (grouping === "epoch" ? b - a : a - b));
  return keys.map((key): GroupRow => {
    const members = (groups.get(key) ?? []).toSorted(byInterest(valid));
    const label = grouping === "epoch" ? `Epoch ${key}` : capitalised(ORDER[key] ?? "");
    return {
      kind: "group",
      id: `${lab}/${environment?.name ?? ""}/${grouping}/${key}`,
      label,
      description: grouping === "epoch" ? epochSummary(members) : String(members.length),
      tooltip: "",
      icon: null,
      context: "group",
      children: members.map((idea) => ideaRow(idea, surroundings)),
    };
  });
}

function ideaRow(idea: Idea, surroundings: Surroundings): IdeaRow {
  const { lab, parents, searches } = surroundings;
  const isParent = parents.has(idea.id);
  const search = searches.get(idea.search ?? -1) ?? null;
  const actions = actionsOn(idea, search);
  const words = [isParent ? "parent" : "", descriptionOf(idea), idea.mark ?? "", actions.has("admit") ? "waits for you" : ""];
  return {
    kind: "idea",
    lab,
    idea: idea.id,
    id: `${lab}/idea/${idea.id}`,
    label: shortened(idea.title, 28),
    description: words.filter((part) => part !== "").join(" · "),
    tooltip: tooltipOf(idea, search, surroundings),
    icon: idea.mark !== null ? MARKS[idea.mark] : isParent ? { id: "star-full", color: "charts.yellow" } : ICONS[idea.status],
    context: ["idea", ...[...actions].sort()].join(" "),
  };
}

function descriptionOf(idea: Idea): string {
  if (idea.metric !== null && idea.status !== "running" && idea.status !== "queued") return metricText(idea.metric);
  if (idea.outcome !== null) return `${idea.status}: ${OUTCOME_WORDS[idea.outcome]}`;
  if (idea.status === "stopped" && idea.problem !== null) return "stopped early";
  if (idea.problem !== null) return `${idea.status}: ${idea.problem}`;
  if (idea.status === "draft" && idea.repeats !== null) return `draft · repeats #${idea.repeats.idea}`;
  return idea.status;
}

function tooltipOf(idea: Idea, search: Search | null, { environment, ideas }: Surroundings): string {
  const kind = kindText(idea);
  const facts = [
    `#${idea.id} · ${idea.status}${kind === null ? "" : ` · ${kind}`} · by ${idea.model ?? idea.source}, ${idea.strategy}`,
    search === null ? "" : `in ${searchName(search)}${search.state === "ended" ? ", which has ended" : ""}`,
    idea.mark === null ? "" : MARKED[idea.mark],
    repetitionText(idea, ideas.get(idea.repeats?.idea ?? -1) ?? null, environment?.manifest.metric.name ?? null) ?? "",
    idea.repairs === null ? "" : `another try at #${idea.repairs}, whose run failed`,
    idea.parents.length === 0 ? "" : `builds on ${idea.parents.map((id) => `#${id}`).join(", ")}`,
    idea.base === null ? "" : `written on the code of #${idea.base}`,
    idea.change === null ? "" : `${counted(idea.change.files, "file")}, +${idea.change.added} −${idea.change.removed} lines`,
    idea.metric === null ? "" : metricFacts(idea, environment),
    idea.outcome === null ? "" : `${OUTCOME_WORDS[idea.outcome]}; ${counted(idea.attempts, "attempt")} so far`,
    idea.problem ?? "",
  ];
  return [`**${escapeMarkdown(idea.title)}**`, escapeMarkdown(idea.summary), ...facts.map(escapeMarkdown)]
    .filter((part) => part !== "")
    .join("\n\n");
}

function metricFacts(idea: Idea, environment: ValidEnvironment | null): string {
  const name = environment?.manifest.metric.name ?? "metric";
  const baseline = environment?.baseline.mean ?? null;
  const change = baseline === null || idea.metric === null ? "" : ` (${signed(idea.metric - baseline)} against the baseline)`;
  const time = idea.seconds === null ? "" : ` in ${durationText(idea.seconds)}`;
  return `${name} ${metricText(idea.metric)}${change} over ${counted(idea.seeds, "seed")}${time}`;
}

/** Rows in order of status; within one, better results first, then older first. */
function byInterest(environment: ValidEnvironment | null): (a: Idea, b: Idea) => number {
  const sign = environment?.manifest.metric.direction === "maximize" ? -1 : 1;
  return (a, b) => {
    const status = ORDER.indexOf(a.status) - ORDER.indexOf(b.status);
    if (status !== 0) return status;
    if (a.metric !== null && b.metric !== null && a.metric !== b.metric) return sign * (a.metric - b.metric);
    return a.id - b.id;
  };
}

function epochSummary(ideas: readonly Idea[]): string {
  const done = ideas.filter((idea) => idea.metric !== null).length;
  return done === 0 ? counted(ideas.length, "idea") : `${counted(ideas.length, "idea")}, ${done} measured`;
}

const signed = (value: number) => `${value > 0 ? "+" : "−"}${metricText(Math.abs(value))}`;
