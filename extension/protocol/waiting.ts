/** What waits for a human, as one list: the side bar and the terminal show the same. Pure. */
import { counted } from "./format.ts";
import type { Environment } from "./environment.ts";
import type { Idea } from "./idea.ts";
import type { Snapshot } from "./lab.ts";
import type { Run } from "./run.ts";
import { searchName } from "./search-text.ts";
import { waitsAt } from "./search.ts";
import type { Search } from "./search.ts";

export type Waiting =
  /** An idea at a gate. `repeated` is the earlier idea that it nearly repeats. */
  | { kind: "idea"; gate: "ideas" | "diffs" | "runs"; idea: Idea; repeated: Idea | null }
  /** A search that goes on when its human has looked at the parents of the next epoch; `chosen` or pinned by the human so far. */
  | { kind: "parents"; search: Search; chosen: number }
  /** A search that something keeps from going on. */
  | { kind: "held up"; search: Search; why: string }
  /** A search that is paused and says why. */
  | { kind: "paused"; search: Search; why: string }
  /** A result outside the plausible range: nothing was learnt from it, and nothing has been done about it yet. */
  | { kind: "quarantined"; run: Run; idea: Idea | null; why: string };

/** What holds up most comes first: whole searches, then ideas in the order of the gates, then what only wants to be looked at. */
const GATES = ["diffs", "ideas", "runs"] as const;

/** @param environment only what waits in it; null for the whole lab */
export function waitingIn(snapshot: Snapshot, environment: string | null = null): Waiting[] {
  const mine = <T extends { environment: string }>(all: readonly T[]) =>
    environment === null ? all : all.filter((one) => one.environment === environment);
  const ideas = mine(snapshot.ideas);
  const byId = new Map(snapshot.ideas.map((idea) => [idea.id, idea]));
  const searches = new Map(snapshot.searches.map((search) => [search.id, search]));
  const atGates = ideas.flatMap((idea) => {
    const gate = waitsAt(idea, idea.search === null ? null : (searches.get(idea.search) ?? null));
    if (gate === null || gate === "parents") return [];
    return [{ kind: "idea" as const, gate, idea, repeated: byId.get(idea.repeats?.idea ?? -1) ?? null }];
  });
  return [
    ...mine(snapshot.searches).flatMap((search) => ofSearch(search, snapshot)),
    ...GATES.flatMap((gate) => atGates.filter((waiting) => waiting.gate === gate)),
    ...quarantined(mine(snapshot.runs), byId, snapshot.environments),
  ];
}

function ofSearch(search: Search, { ideas, parents }: Snapshot): Waiting[] {
  if (search.state === "paused") return search.reason === null ? [] : [{ kind: "paused", search, why: search.reason }];
  if (search.state === "ended") return [];
  const { environment, waitsFor } = search;
  const pinned = ideas.filter((idea) => idea.environment === environment && idea.mark === "pinned").map(({ id }) => id);
  const chosen = new Set([...(parents[environment] ?? []), ...pinned]).size;
  return [
    ...(search.asksForParents ? [{ kind: "parents" as const, search, chosen }] : []),
    ...(waitsFor === null ? [] : [{ kind: "held up" as const, search, why: waitsFor }]),
  ];
}

/** The newest run of its code and seed, of an idea that has not been put aside. */
function quarantined(runs: readonly Run[], ideas: ReadonlyMap<number, Idea>, environments: readonly Environment[]): Waiting[] {
  const newest = new Map<string, Run>();
  for (const run of runs) {
    const key = `${run.environment}/${run.idea ?? run.commit}/${run.seed}`;
    if ((newest.get(key)?.id ?? 0) < run.id) newest.set(key, run);
  }
  return [...newest.values()].flatMap((run) => {
    const idea = ideas.get(run.idea ?? -1) ?? null;
    if (run.failure !== "implausible" || idea?.status === "rejected") return [];
    return [{ kind: "quarantined" as const, run, idea, why: outside(run, environments) }];
  });
}

/** `0.31 is below 0.38`, where the engine's reason has the value. */
function outside({ environment: name, reason }: Run, environments: readonly Environment[]): string {
  const value = Number(/ was (-?[\d.]+(?:e[+-]?\d+)?), outside the plausible range/i.exec(reason ?? "")?.[1] ?? NaN);
  const found = environments.find((one) => one.name === name);
  const { min, max } = (found?.state === "valid" ? found.manifest.metric.plausible : undefined) ?? {};
  const shown = Number(value.toPrecision(4));
  if (min !== undefined && value < min) return `${shown} is below ${min}`;
  if (max !== undefined && value > max) return `${shown} is above ${max}`;
  return reason ?? "its result is not plausible";
}

export interface WaitingText {
  /** What is asked: `Review`, `Let in`, `Parents of epoch 3`. */
  what: string;
  about: string;
  /** What helps to decide, short; may be empty. */
  detail: string;
}

export function waitingText(waiting: Waiting): WaitingText {
  switch (waiting.kind) {
    case "idea":
      return {
        what: { ideas: "Let in", diffs: "Review", runs: "Run" }[waiting.gate],
        about: waiting.idea.title,
        detail: detailOf(waiting),
      };
    case "parents": {
      const { search, chosen } = waiting;
      return {
        what: `Parents of epoch ${search.epoch + 2}`,
        about: `${chosen} chosen, go on?`,
        detail: searchName(search),
      };
    }
    case "held up":
      return { what: "Waits", about: waiting.why, detail: searchName(waiting.search) };
    case "paused":
      return { what: "Paused", about: waiting.why, detail: searchName(waiting.search) };
    case "quarantined":
      return { what: "Quarantined", about: waiting.why, detail: waiting.idea?.title ?? "Baseline" };
  }
}

function detailOf({ gate, idea, repeated }: Extract<Waiting, { kind: "idea" }>): string {
  if (gate !== "ideas") return idea.change === null ? "" : `+${idea.change.added} −${idea.change.removed}`;
  return idea.repeats === null ? "" : `like #${repeated?.id ?? idea.repeats.idea}`;
}

export function environmentOf(waiting: Waiting): string {
  switch (waiting.kind) {
    case "idea":
      return waiting.idea.environment;
    case "quarantined":
      return waiting.run.environment;
    default:
      return waiting.search.environment;
  }
}

/** Stays the same for as long as it is the same thing that waits. */
export function waitingKey(waiting: Waiting): string {
  switch (waiting.kind) {
    case "idea":
      return `${waiting.gate}/${waiting.idea.id}`;
    case "quarantined":
      return `quarantined/${waiting.run.id}`;
    case "parents":
      return `parents/${waiting.search.id}/${waiting.search.epoch}`;
    default:
      return `${waiting.kind}/${waiting.search.id}`;
  }
}

/** `2 reviews, 1 idea to let in`: how many of what, in the order of the list. */
export function waitingSummary(list: readonly Waiting[]): string {
  const counts = Map.groupBy(list, (waiting) => (waiting.kind === "idea" ? waiting.gate : waiting.kind));
  const words: Record<Exclude<Waiting["kind"], "idea"> | "ideas" | "diffs" | "runs", (count: number) => string> = {
    diffs: (count) => counted(count, "review"),
    ideas: (count) => `${counted(count, "idea")} to let in`,
    runs: (count) => `${counted(count, "idea")} to run`,
    parents: (count) => (count === 1 ? "the parents of an epoch" : `the parents of ${count} epochs`),
    "held up": (count) => `${counted(count, "search", "searches")} that cannot go on`,
    paused: (count) => counted(count, "paused search", "paused searches"),
    quarantined: (count) => counted(count, "quarantined result"),
  };
  return [...counts].map(([kind, of]) => words[kind](of.length)).join(", ");
}
