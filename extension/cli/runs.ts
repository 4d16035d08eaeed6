/** Runs in the terminal: their table, and waiting for them to end. */
import type { EngineConnection } from "../protocol/connect.ts";
import { applyDelta, type Snapshot } from "../protocol/lab.ts";
import { labDelta, labSubscribe } from "../protocol/methods.ts";
import { ENDED, type Run } from "../protocol/run.ts";
import type { Context } from "./context.ts";
import { clip, table } from "./output.ts";

export function runTable(runs: readonly Run[]): string {
  const rows = runs.map((run) => [
    run.id,
    run.idea === null ? "baseline" : `#${run.idea}`,
    run.seed,
    run.state,
    run.metric ?? run.live?.value ?? null,
    run.startedAt === null || run.endedAt === null ? null : Number(((run.endedAt - run.startedAt) / 1000).toFixed(1)),
    clip(run.reason ?? "", 80),
  ]);
  return table(["run", "idea", "seed", "state", "metric", "seconds", "note"], rows, "no runs");
}

/** Resolves with the runs as they ended; says each state change on standard error, and sets exit code 1 when one failed. */
export async function awaitRuns(lab: EngineConnection, runs: readonly Run[], context: Context): Promise<Run[]> {
  const wanted = new Set(runs.map((run) => run.id));
  const said = new Map<number, string>();
  return new Promise((resolve, reject) => {
    let snapshot: Snapshot | null = null;
    const look = () => {
      const now = snapshot?.runs.filter((run) => wanted.has(run.id)) ?? [];
      for (const run of now) {
        if (said.get(run.id) !== run.state) context.output.err(`run ${run.id} ${run.state}`);
        said.set(run.id, run.state);
      }
      if (now.length < wanted.size || !now.every((run) => ENDED.has(run.state))) return;
      if (now.some((run) => run.state !== "succeeded")) context.exitCode = 1;
      resolve(now);
    };
    const subscribe = () => {
      lab.request(labSubscribe, {}).then((fresh) => {
        snapshot = fresh;
        look();
      }, reject);
    };
    context.signal.addEventListener("abort", () => reject(context.signal.reason as Error), { once: true });
    lab.onClose(() => reject(new Error("the engine ended while runs were awaited; they go on: `proving-ground runs list`")));
    lab.onNotification(labDelta, (delta) => {
      if (snapshot === null) return;
      snapshot = applyDelta(snapshot, delta);
      if (snapshot === null) subscribe();
      else look();
    });
    subscribe();
  });
}
