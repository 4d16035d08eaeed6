/** Runs that failed between two states of a lab, in words: pure. */
import type { Snapshot } from "../../protocol/lab.ts";
import { messageOf } from "../../protocol/message.ts";
import { ProvingGroundError } from "../../protocol/errors.ts";

export interface Failure {
  run: number;
  kind: string;
  title: string;
  reason: string | null;
}

export function newFailures(before: Snapshot, after: Snapshot): Failure[] {
  if (before.runs === after.runs) return [];
  const known = new Map(before.runs.map((run) => [run.id, run.state]));
  return after.runs
    .filter((run) => run.state === "failed" && known.has(run.id) && known.get(run.id) !== "failed")
    .map((run) => ({
      run: run.id,
      kind: run.failure ?? "failed",
      title: run.idea === null ? "the baseline" : (after.ideas.find((idea) => idea.id === run.idea)?.title ?? `#${run.idea}`),
      reason: run.reason,
    }));
}

/** One sentence for one failure; a count and the first reason for several of a kind. */
export function failureText(failures: readonly Failure[]): string {
  const [first, second] = failures;
  if (first === undefined) return "";
  const what = second === undefined ? `Run #${first.run} of “${first.title}” failed` : `${failures.length} runs failed`;
  return messageOf(new ProvingGroundError("internal", `${what}: ${first.reason ?? first.kind}`));
}
