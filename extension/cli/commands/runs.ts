/** `run` and `runs`: executing implementations, the queue, and one run in detail. */
import type { Command } from "commander";
import * as methods from "../../protocol/methods.ts";
import type { Curve, Run } from "../../protocol/run.ts";
import { integer, integers, leaf, print, type Context } from "../context.ts";
import { ofEnvironment } from "../lab.ts";
import { facts, table } from "../output.ts";
import { awaitRuns, runTable, untilEnded, wallTime } from "../runs.ts";
import { addLogCommand } from "./log.ts";

export function addRunCommands(program: Command, context: Context): void {
  leaf(
    program
      .command("run")
      .argument("<idea...>", "numbers", integers)
      .option("--seeds <n,…>", "seeds to run", integers)
      .option("--wait", "wait until the runs have ended")
      .description("execute implementations"),
  ).action(async (ideas: number[], options: { seeds?: number[]; wait?: boolean }, command: Command) => {
    const lab = await context.lab();
    const queued = await lab.request(methods.runsEnqueue, { ideas, ...(options.seeds === undefined ? {} : { seeds: options.seeds }) });
    const runs = options.wait === true ? await awaitRuns(lab, queued, context) : queued;
    print(context, command, runs, runTable(runs));
  });
  addQueue(program.command("runs").description("the queue and what came out of it"), context);
}

function addQueue(group: Command, context: Context): void {
  leaf(group.command("list").option("--env <name>", "only of this environment").description("list runs")).action(
    async (options: { env?: string }, command: Command) => {
      const snapshot = await (await context.lab()).request(methods.labSubscribe, {});
      const wanted = ofEnvironment(snapshot.runs, snapshot, options.env);
      print(context, command, wanted, runTable(wanted));
    },
  );

  leaf(group.command("show").argument("<run>", "number", integer).description("show a run and its readings")).action(
    async (run: number, _options: object, command: Command) => {
      const lab = await context.lab();
      const [curve] = await lab.request(methods.runCurves, { runs: [run] });
      const { runs } = await lab.request(methods.labSubscribe, {});
      const found = runs.find((candidate) => candidate.id === run) ?? null;
      print(context, command, { run: found, curve }, found === null ? "" : runText(found, curve));
    },
  );

  addLogCommand(group, context);

  leaf(group.command("stop").argument("<run...>", "numbers", integers).description("end runs, with all they started")).action(
    async (runs: number[], _options: object, command: Command) => {
      const lab = await context.lab();
      const stopped = await untilEnded(lab, await lab.request(methods.runsStop, { runs }), context);
      print(context, command, stopped, runTable(stopped));
    },
  );

  leaf(
    group
      .command("retry")
      .argument("<run...>", "numbers", integers)
      .option("--wait", "wait until the runs have ended")
      .description("queue the same code and seed again"),
  ).action(async (runs: number[], options: { wait?: boolean }, command: Command) => {
    const lab = await context.lab();
    const queued = await lab.request(methods.runsRetry, { runs });
    const shown = options.wait === true ? await awaitRuns(lab, queued, context) : queued;
    print(context, command, shown, runTable(shown));
  });
}

function runText(run: Run, curve: Curve | undefined): string {
  const about = facts([
    ["run", run.id],
    ["idea", run.idea === null ? "baseline" : `#${run.idea}`],
    ["environment", run.environment],
    ["commit", run.commit],
    ["seed", run.seed],
    ["target", run.target],
    ["state", run.failure === null ? run.state : `${run.state} (${run.failure})`],
    ["metric", run.metric],
    ["seconds", wallTime(run)],
    ["note", run.reason],
  ]);
  const readings = curve?.values.map((value, i) => [curve.x[i] ?? null, value]) ?? [];
  return `${about}\n\n${table([curve?.axis ?? "step", "value"], readings, "no readings yet")}`;
}
