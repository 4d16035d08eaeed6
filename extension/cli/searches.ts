/** Searches in the terminal: their table, one in detail, what happens in one as it happens, and waiting for its end. */
import { bestIdea } from "../protocol/best.ts";
import type { EngineConnection } from "../protocol/connect.ts";
import { ProvingGroundError } from "../protocol/errors.ts";
import type { Idea } from "../protocol/idea.ts";
import { hasParents } from "../protocol/plan.ts";
import type { Snapshot } from "../protocol/lab.ts";
import type { Search } from "../protocol/search.ts";
import { asksText, capTexts, earlyStopText, planText, progressText, spentTexts, stageText } from "../protocol/search-text.ts";
import { waitingIn, waitingKey, waitingText, type Waiting } from "../protocol/waiting.ts";
import type { Context } from "./context.ts";
import { awaitInLab } from "./follow.ts";
import { clip, facts, formatNumber, table } from "./output.ts";

export function searchTable(searches: readonly Search[], snapshot: Snapshot): string {
  const rows = searches.map((search) => [
    search.id,
    search.environment,
    search.plan.algorithm,
    search.state,
    progressText(search),
    bestOf(search, snapshot)?.metric ?? null,
    clip(search.reason ?? search.waitsFor ?? "", 70),
  ]);
  return table(["search", "environment", "algorithm", "state", "progress", "best", "note"], rows, "no searches");
}

/** @param now milliseconds since 1970 */
export function searchText(search: Search, snapshot: Snapshot, now: number): string {
  const { plan } = search;
  const gpus = gpusOf(search, snapshot);
  const best = bestOf(search, snapshot);
  return facts([
    ["search", search.id],
    ["environment", search.environment],
    ["algorithm", plan.algorithm],
    ["plan", `${planText(plan)} by ${plan.source}`],
    ["exploit", hasParents(plan.algorithm) ? (plan.exploit ?? "as the paper's schedule") : null],
    ["written on", hasParents(plan.algorithm) ? `the ${plan.base}` : null],
    ["asks before", asksText(plan.gates) || "nothing"],
    ["early stopping", earlyStopText(plan.earlyStop)],
    ["caps", capTexts(plan.caps, gpus).join(", ") || "none"],
    ["state", search.state],
    ["progress", progressText(search)],
    ["used", spentTexts(search, gpus, now).join(", ")],
    ["best", best === null ? null : `${formatNumber(best.metric ?? 0)}, #${best.id} ${best.title}`],
    ["waits for", search.waitsFor],
    ["note", search.reason],
  ]);
}

/** The search's best idea; null before its first result. */
export function bestOf({ id, environment: name }: Search, { ideas, environments }: Snapshot): Idea | null {
  const environment = environments.find((one) => one.name === name);
  const direction = environment?.state === "valid" ? environment.manifest.metric.direction : "minimize";
  return bestIdea(
    ideas.filter((idea) => idea.search === id),
    direction,
  );
}

/** GPUs of one of its runs. */
function gpusOf({ environment: name }: Pick<Search, "environment">, { environments }: Snapshot): number {
  const environment = environments.find((one) => one.name === name);
  return environment?.state === "valid" ? environment.manifest.resources.gpus : 0;
}

/** What happened in a search between two states of its lab, one line each; all that is so far where nothing was known before. */
export function happenings(id: number, before: Snapshot | null, after: Snapshot): string[] {
  const search = after.searches.find((one) => one.id === id);
  if (search === undefined) return [];
  const old = before?.searches.find((one) => one.id === id);
  const known = new Map(before?.ideas.map((idea) => [idea.id, idea.status]));
  const asked = new Set(before === null ? [] : waitingIn(before, search.environment).map(waitingKey));
  return [
    ...(old?.state === search.state ? [] : [search.reason === null ? search.state : `${search.state}: ${search.reason}`]),
    ...(old !== undefined && stageText(old) === stageText(search) ? [] : [progressText(search)]),
    ...(search.waitsFor === null || old?.waitsFor === search.waitsFor ? [] : [`waits: ${search.waitsFor}`]),
    ...after.ideas.filter((idea) => idea.search === id && known.get(idea.id) !== idea.status).map(ideaLine),
    ...waitingIn(after, search.environment)
      .filter((one) => isOf(one, id) && !asked.has(waitingKey(one)))
      .map((one) => `waits for you: ${lineOf(one)}`),
  ];
}

function ideaLine({ id, title, status, metric, problem }: Idea): string {
  const result = status === "done" && metric !== null ? `: ${formatNumber(metric)}` : problem === null ? "" : `: ${clip(problem, 120)}`;
  return `#${id} ${clip(title, 60)} · ${status}${result}`;
}

function isOf(waiting: Waiting, search: number): boolean {
  if (waiting.kind === "idea") return waiting.idea.search === search;
  return waiting.kind === "parents" && waiting.search.id === search;
}

function lineOf(waiting: Waiting): string {
  const { what, about } = waitingText(waiting);
  return `${what}: ${about}`;
}

/**
 * Resolves with the lab once the searches have ended; says what happens in them on standard error, a line each.
 * @throws ProvingGroundError `cancelled` on Ctrl-C, `engine-unreachable` when the engine ends first
 */
export async function untilSearchesEnded(lab: EngineConnection, ids: readonly number[], context: Context): Promise<Snapshot> {
  let shown: Snapshot | null = null;
  return awaitInLab(lab, context, {
    look: (snapshot) => {
      for (const id of ids) {
        const whose = ids.length === 1 ? "" : `search ${id}: `;
        for (const line of happenings(id, shown, snapshot)) context.output.err(whose + line);
      }
      shown = snapshot;
      const mine = snapshot.searches.filter((search) => ids.includes(search.id));
      return mine.length === ids.length && mine.every(({ state }) => state === "ended") ? snapshot : null;
    },
    interrupted: `What was begun goes on; ${ids.map((id) => `\`proving-ground search stop ${id}\``).join(", ")} ends it.`,
    engineEnded: () =>
      new ProvingGroundError("engine-unreachable", "the engine ended while searches were waited for", {
        hint: "`proving-ground search list` starts it again, and they go on.",
      }),
  });
}
