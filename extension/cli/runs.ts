/** Runs in the terminal: their table, and waiting for them to end. */
import type { Command } from "commander";
import type { EngineConnection } from "../protocol/connect.ts";
import { ProvingGroundError } from "../protocol/errors.ts";
import { ENDED, type Run, stateText } from "../protocol/run.ts";
import { runsForecastText } from "../protocol/forecast-text.ts";
import { runsForecast } from "../protocol/methods.ts";
import { asTarget, print, type Context } from "./context.ts";
import { awaitInLab } from "./follow.ts";
import { clip, clock, table } from "./output.ts";

export function runTable(runs: readonly Run[]): string {
  const rows = runs.map((run) => [
    run.id,
    run.idea === null ? "baseline" : `#${run.idea}`,
    run.seed,
    run.target ?? run.asked ?? "any",
    stateText(run),
    run.metric ?? run.live?.value ?? null,
    wallTime(run),
    clip(run.reason ?? "", 80),
  ]);
  return table(["run", "idea", "seed", "target", "state", "metric", "seconds", "note"], rows, "no runs");
}

/** Says what runs would take. @param wanted how many of which environment @param target as the user named it */
export async function printForecasts(
  lab: EngineConnection,
  wanted: ReadonlyMap<string, number>,
  target: string | undefined,
  context: Context,
  command: Command,
): Promise<void> {
  const asked = [...wanted].map(([environment, runs]) => lab.request(runsForecast, { environment, runs, target: asTarget(target) }));
  const forecasts = await Promise.all(asked);
  const lines = forecasts.flatMap((forecast) => [
    runsForecastText(forecast, Date.now(), clock),
    ...forecast.warnings.map((warning) => `warning: ${warning}`),
  ]);
  print(context, command, forecasts, lines.join("\n"));
}

/** Seconds from start to end, to a tenth; null while it has not ended. */
export function wallTime(run: Run): number | null {
  return run.startedAt === null || run.endedAt === null ? null : Number(((run.endedAt - run.startedAt) / 1000).toFixed(1));
}

/** As `untilEnded`; sets exit code 1 when one did not succeed. */
export async function awaitRuns(lab: EngineConnection, runs: readonly Run[], context: Context): Promise<Run[]> {
  const ended = await untilEnded(lab, runs, context);
  if (ended.some((run) => run.state !== "succeeded")) context.exitCode = 1;
  return ended;
}

/**
 * Resolves with the runs as they ended, in the order given; says each change of state on standard error.
 * @throws ProvingGroundError `cancelled` on Ctrl-C, `engine-unreachable` when the engine ends first
 */
export async function untilEnded(lab: EngineConnection, runs: readonly Run[], context: Context): Promise<Run[]> {
  const said = new Map<number, string>();
  const say = (run: Run) => {
    if (said.get(run.id) !== run.state) context.output.err(`run ${run.id} ${run.state}${run.reason === null ? "" : `: ${run.reason}`}`);
    said.set(run.id, run.state);
  };
  const numbers = runs.map((run) => run.id).join(" ");
  return awaitInLab(lab, context, {
    look: (snapshot) => {
      const known = new Map(snapshot.runs.map((run) => [run.id, run]));
      const now = runs.flatMap((run) => known.get(run.id) ?? []);
      now.forEach(say);
      return now.length === runs.length && now.every((run) => ENDED.has(run.state)) ? now : null;
    },
    interrupted: `The runs go on; \`proving-ground runs stop ${numbers}\` ends them.`,
    engineEnded,
  });
}

/** What is said when the engine ends under a command that waits for runs. */
export function engineEnded(): ProvingGroundError {
  return new ProvingGroundError("engine-unreachable", "the engine ended while runs were waited for", {
    hint: "They go on without it; `proving-ground runs list` starts it again and shows them.",
  });
}
