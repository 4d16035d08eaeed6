/** One line on a lab: its search, what runs, what waits, what is best. Pure. */
import { bestIdea } from "../../protocol/best.ts";
import type { ValidEnvironment } from "../../protocol/environment.ts";
import type { Snapshot } from "../../protocol/lab.ts";
import { stageText } from "../../protocol/search-text.ts";
import { metricText } from "../../protocol/format.ts";

/** `epoch 3 of 10 · 2 running · 5 queued · best 1.842`; parts that are nothing are left out. */
export function statusText(snapshot: Snapshot, environment: ValidEnvironment): string {
  const mine = snapshot.runs.filter((run) => run.environment === environment.name);
  const running = mine.filter((run) => run.state === "running" || run.state === "starting").length;
  const queued = mine.filter((run) => run.state === "queued").length;
  const best = bestOf(snapshot, environment);
  const search = snapshot.searches.findLast((one) => one.environment === environment.name && one.state !== "ended");
  const parts = [
    ...(search === undefined ? [] : [`${stageText(search)}${search.state === "paused" ? ", paused" : ""}`]),
    ...(running > 0 ? [`${running} running`] : []),
    ...(queued > 0 ? [`${queued} queued`] : []),
    ...(best === null ? [] : [`best ${metricText(best)}`]),
  ];
  return parts.length > 0 ? parts.join(" · ") : environment.name;
}

/** `gpu-box does not answer`, for targets where runs are; empty when all that matter do. */
export function awayText({ targets }: Pick<Snapshot, "targets">): string {
  const away = targets.filter(({ awaySince, runs }) => awaySince !== null && runs > 0).map(({ title }) => title);
  if (away.length === 0) return "";
  return `${away.length > 2 ? `${away.length} targets` : away.join(" and ")} ${away.length === 1 ? "does" : "do"} not answer`;
}

/** Best mean metric among the ideas, in the metric's own direction. */
export function bestOf(snapshot: Snapshot, environment: ValidEnvironment): number | null {
  const mine = snapshot.ideas.filter((idea) => idea.environment === environment.name);
  return bestIdea(mine, environment.manifest.metric.direction)?.metric ?? null;
}
