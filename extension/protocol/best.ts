/** The best of some ideas by their measured metric: pure. */
import type { Idea } from "./idea.ts";
import type { Manifest } from "./manifest.ts";

/** Of equals the first; ideas that were put aside do not count. Null where none has a result. */
export function bestIdea(ideas: readonly Idea[], direction: Manifest["metric"]["direction"]): Idea | null {
  const sign = direction === "minimize" ? 1 : -1;
  let best: Idea | null = null;
  for (const idea of ideas) {
    if (idea.metric === null || idea.status === "rejected") continue;
    if (best?.metric == null || sign * (idea.metric - best.metric) < 0) best = idea;
  }
  return best;
}
