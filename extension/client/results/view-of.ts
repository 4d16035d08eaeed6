/** The part of a lab that one environment's results show: pure. */
import type { Change, Delta, Snapshot } from "../../protocol/lab.ts";

/** The snapshot with one environment's ideas and runs; all environments stay, because the panel can change to them. */
export function snapshotOf(snapshot: Snapshot, environment: string): Snapshot {
  return {
    ...snapshot,
    ideas: snapshot.ideas.filter((idea) => idea.environment === environment),
    runs: snapshot.runs.filter((run) => run.environment === environment),
  };
}

/** The delta without other environments' ideas and runs. Its number stays, so that the panel sees no gap. */
export function deltaOf(delta: Delta, environment: string): Delta {
  const concerns = (change: Change) => {
    if (change.kind === "idea") return change.idea.environment === environment;
    return change.kind !== "run" || change.run.environment === environment;
  };
  return { seq: delta.seq, changes: delta.changes.filter(concerns) };
}
