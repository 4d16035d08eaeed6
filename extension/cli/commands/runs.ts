/** `run` and `runs`: executing implementations, the queue, and one run in detail. */
import type { Command } from "commander";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Snapshot } from "../../protocol/lab.ts";
import * as methods from "../../protocol/methods.ts";
import type { Curve, Run } from "../../protocol/run.ts";
import { ANY, asTarget, integer, integers, leaf, print, type Context } from "../context.ts";
import { ofEnvironment } from "../lab.ts";
import { facts, table } from "../output.ts";
import { awaitRuns, printForecasts, runTable, untilEnded, wallTime } from "../runs.ts";
import { addLogCommand } from "./log.ts";

export function addRunCommands(program: Command, context: Context): void {
  leaf(
    program
      .command("run")
      .argument("<idea...>", "numbers", integers)
      .option("--seeds <n,…>", "seeds to run", integers)
      .option("--target <name>", `target that they are queued for, or ${ANY}: whichever has room first`)
      .option("--dry-run", "say what it would take, and queue nothing")
      .option("--wait", "wait until the runs have ended")
      .description("execute implementations"),
  ).action(async (ideas: number[], options: { seeds?: number[]; target?: string; dryRun?: boolean; wait?: boolean }, command: Command) => {
    const lab = await context.lab();
    const { seeds, target } = options;
    if (options.dryRun === true) {
      const known = await lab.request(methods.labSubscribe, {});
      const each = Map.groupBy(ideas, (id) => environmentOf(known, id));
      const wanted = new Map([...each].map(([name, { length }]) => [name, length * (seeds?.length ?? 1)]));
      await printForecasts(lab, wanted, target, context, command);
      return;
    }
    const queued = await lab.request(methods.runsEnqueue, { ideas, target: asTarget(target), ...(seeds === undefined ? {} : { seeds }) });
    const runs = options.wait === true ? await awaitRuns(lab, queued, context) : queued;
    print(context, command, runs, runTable(runs));
  });
  addQueue(program.command("runs").description("the queue and what came out of it"), context);
}

function environmentOf({ ideas }: Snapshot, id: number): string {
  const idea = ideas.find((one) => one.id === id);
  if (idea !== undefined) return idea.environment;
  throw new ProvingGroundError("unknown-idea", `there is no idea #${id}`, { hint: "`proving-ground ideas list` shows them." });
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
  addOrder(group, context);

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
      .option("--target <name>", `another target than before, or ${ANY}: whichever has room first`)
      .option("--wait", "wait until the runs have ended")
      .description("queue the same code and seed again"),
  ).action(async (runs: number[], options: { target?: string; wait?: boolean }, command: Command) => {
    const lab = await context.lab();
    const { target } = options;
    const queued = await lab.request(methods.runsRetry, { runs, ...(target === undefined ? {} : { target: asTarget(target) }) });
    const shown = options.wait === true ? await awaitRuns(lab, queued, context) : queued;
    print(context, command, shown, runTable(shown));
  });
}

function addOrder(group: Command, context: Context): void {
  leaf(
    group
      .command("move")
      .argument("<run...>", "numbers of queued runs", integers)
      .option("--before <run>", "put them before this queued run", integer)
      .option("--last", "put them at the end of the queue")
      .option("--target <name>", `queue them for this target, or ${ANY}`)
      .description("change the place in the queue, or the target, of queued runs"),
  ).action(async (runs: number[], options: { before?: number; last?: boolean; target?: string }, command: Command) => {
    const { before, last, target } = options;
    if (before === undefined && last !== true && target === undefined) {
      throw new ProvingGroundError("usage", "nothing says where they are to go", { hint: "Add --before, --last or --target." });
    }
    const lab = await context.lab();
    if (target !== undefined) await lab.request(methods.runsMove, { runs, target: asTarget(target) });
    if (before !== undefined || last === true) await lab.request(methods.runsReorder, { runs, before: before ?? null });
    const snapshot = await lab.request(methods.labSubscribe, {});
    const queued = snapshot.runs.filter(({ state }) => state === "queued").sort((a, b) => a.position - b.position || a.id - b.id);
    print(context, command, queued, runTable(queued));
  });

  leaf(group.command("why").argument("<run>", "number", integer).description("say why a run waits")).action(
    async (run: number, _options: object, command: Command) => {
      const { reasons } = await (await context.lab()).request(methods.runsWhy, { run });
      print(context, command, reasons, reasons.length === 0 ? "it does not wait" : reasons.join("\n"));
    },
  );
}

function runText(run: Run, curve: Curve | undefined): string {
  const about = facts([
    ["run", run.id],
    ["idea", run.idea === null ? "baseline" : `#${run.idea}`],
    ["environment", run.environment],
    ["commit", run.commit],
    ["seed", run.seed],
    ["target", run.target ?? run.asked ?? "any"],
    ["contained", run.startedAt === null ? null : (run.contained ?? "no")],
    ["state", run.failure === null ? run.state : `${run.state} (${run.failure})`],
    ["metric", run.metric],
    ["seconds", wallTime(run)],
    ["note", run.reason],
  ]);
  const readings = curve?.values.map((value, i) => [curve.x[i] ?? null, value]) ?? [];
  return `${about}\n\n${table([curve?.axis ?? "step", "value"], readings, "no readings yet")}`;
}
