/** Ideas of one search written down once more for another, which has them implemented by another model. */
import type { Search } from "../../protocol/search.ts";
import type { Store } from "../store/store.ts";

/**
 * Takes over what the other search has written and this one does not have yet, in order.
 * @returns whether no more will come
 */
export function takeOver(store: Store, from: number, into: Search): boolean {
  const source = store.searches.get(from);
  const written = store.ideas.writtenFor(from);
  // A human's own idea may have joined meanwhile.
  const taken = store.ideas.ofSearch(into.id).filter((idea) => idea.source !== "human").length;
  const missing = written.slice(taken);
  if (missing.length > 0) {
    store.ideas.add(
      "search",
      missing.map((id) => {
        const { text, knobs, base } = store.ideas.record(id);
        const { source: author, model, strategy, kind, parents } = store.ideas.get(id);
        const epoch = into.firstEpoch;
        return {
          ...{ environment: into.environment, epoch, source: author, model, strategy, text, kind, knobs, base, parents },
          seed: null,
          search: into.id,
        };
      }),
    );
  }
  return source.state === "ended" || written.length >= source.plan.size * source.plan.epochs;
}
