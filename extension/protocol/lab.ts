/** What a subscriber sees of a lab: one snapshot, then numbered changes. */
import * as z from "zod";
import { Environment } from "./environment.ts";
import { Idea } from "./idea.ts";
import { Run, Target } from "./run.ts";
import { Search } from "./search.ts";

export const Snapshot = z.object({
  /** Number of the last change that the snapshot contains. */
  seq: z.int(),
  environments: z.array(Environment),
  ideas: z.array(Idea),
  runs: z.array(Run),
  targets: z.array(Target),
  /** Chosen parents for the next epoch, by environment. */
  parents: z.record(z.string(), z.array(z.int())),
  searches: z.array(Search),
});
export type Snapshot = z.infer<typeof Snapshot>;

/** One changed entity, whole: applying a change twice does no harm. */
export const Change = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("environments"), environments: z.array(Environment) }),
  z.object({ kind: z.literal("idea"), idea: Idea }),
  z.object({ kind: z.literal("run"), run: Run }),
  z.object({ kind: z.literal("targets"), targets: z.array(Target) }),
  z.object({ kind: z.literal("parents"), environment: z.string(), ideas: z.array(z.int()) }),
  z.object({ kind: z.literal("search"), search: Search }),
]);
export type Change = z.infer<typeof Change>;

/** Changes of one transaction. A gap in `seq` means: ask for a new snapshot. */
export const Delta = z.object({ seq: z.int(), changes: z.array(Change) });
export type Delta = z.infer<typeof Delta>;

/**
 * The snapshot after a delta. Pure; entities that did not change keep their identity.
 * @returns the new snapshot, or null when the delta does not follow on the snapshot
 */
export function applyDelta(snapshot: Snapshot, delta: Delta): Snapshot | null {
  if (delta.seq <= snapshot.seq) return snapshot;
  if (delta.seq !== snapshot.seq + 1) return null;
  let { environments, ideas, runs, targets, parents, searches } = snapshot;
  const ideaChanges = new Map<number, Idea>();
  const runChanges = new Map<number, Run>();
  for (const change of delta.changes) {
    switch (change.kind) {
      case "environments":
        environments = change.environments;
        break;
      case "idea":
        ideaChanges.set(change.idea.id, change.idea);
        break;
      case "run":
        runChanges.set(change.run.id, change.run);
        break;
      case "targets":
        targets = change.targets;
        break;
      case "parents":
        parents = { ...parents, [change.environment]: change.ideas };
        break;
      case "search":
        searches = upsert(searches, new Map([[change.search.id, change.search]]), (search) => search.id);
        break;
    }
  }
  ideas = upsert(ideas, ideaChanges, (idea) => idea.id);
  runs = upsert(runs, runChanges, (run) => run.id);
  return { seq: delta.seq, environments, ideas, runs, targets, parents, searches };
}

function upsert<K, V>(list: V[], changes: Map<K, V>, key: (value: V) => K): V[] {
  if (changes.size === 0) return list;
  const rest = new Map(changes);
  const next = list.map((value) => {
    const changed = rest.get(key(value));
    if (changed === undefined) return value;
    rest.delete(key(value));
    return changed;
  });
  return rest.size === 0 ? next : [...next, ...rest.values()];
}
