/** One line on a lab: what runs, what waits, what is best. Pure. */
import type { ValidEnvironment } from "../../protocol/environment.ts";
import type { Snapshot } from "../../protocol/lab.ts";
import { metricText } from "../../protocol/format.ts";

/** `2 running · 5 queued · best 1.842`; parts that are nothing are left out. */
export function statusText(snapshot: Snapshot, environment: ValidEnvironment): string {
  const mine = snapshot.runs.filter((run) => run.environment === environment.name);
  const running = mine.filter((run) => run.state === "running" || run.state === "starting").length;
  const queued = mine.filter((run) => run.state === "queued").length;
  const best = bestOf(snapshot, environment);
  const parts = [
    ...(running > 0 ? [`${running} running`] : []),
    ...(queued > 0 ? [`${queued} queued`] : []),
    ...(best === null ? [] : [`best ${metricText(best)}`]),
  ];
  return parts.length > 0 ? parts.join(" · ") : environment.name;
}

/** Best mean metric among the ideas, in the metric's own direction. */
export function bestOf(snapshot: Snapshot, environment: ValidEnvironment): number | null {
  const values = snapshot.ideas.flatMap((idea) =>
    idea.environment === environment.name && idea.metric !== null && idea.status !== "rejected" ? [idea.metric] : [],
  );
  if (values.length === 0) return null;
  return environment.manifest.metric.direction === "minimize" ? Math.min(...values) : Math.max(...values);
}
