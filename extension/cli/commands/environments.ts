/** `env`: list, check, set up and measure the baseline of environments. */
import type { Command } from "commander";
import type { Environment } from "../../protocol/environment.ts";
import { environmentsBaseline, environmentsCheck, environmentsList, environmentsSetup } from "../../protocol/methods.ts";
import { ANY, asTarget, integers, leaf, print, progressOf, type Context } from "../context.ts";
import { baselineText, chooseEnvironment } from "../lab.ts";
import { table, type Cell } from "../output.ts";
import { awaitRuns, printForecasts, runTable } from "../runs.ts";

interface BaselineOptions {
  seeds?: number[];
  target?: string;
  dryRun?: boolean;
  wait?: boolean;
}

export function addEnvironmentCommands(program: Command, context: Context): void {
  const group = program.command("env").description("research environments of this repository");

  leaf(group.command("list").description("list environments and their baselines")).action(async (_options: object, command: Command) => {
    const environments = await (await context.lab()).request(environmentsList, {});
    print(
      context,
      command,
      environments,
      table(["name", "folder", "metric", "baseline", "state"], environments.map(row), "no environment.yaml in this repository"),
    );
  });

  leaf(group.command("check").argument("[name]").description("check manifest, files, knobs and baseline")).action(
    async (name: string | undefined, _options: object, command: Command) => {
      const lab = await context.lab();
      const environments = name === undefined ? (await lab.request(environmentsList, {})).map((environment) => environment.name) : [name];
      const checked = await Promise.all(environments.map((environment) => lab.request(environmentsCheck, { environment })));
      const problems = checked.flatMap((check) => check.problems);
      if (problems.length > 0 || environments.length === 0) context.exitCode = 1;
      const text = problems
        .map((problem) => (problem.hint === undefined ? problem.message : `${problem.message}\n    ${problem.hint}`))
        .join("\n");
      const fine = environments.length === 0 ? "no environment.yaml in this repository" : `${environments.join(", ")}: no problems`;
      print(context, command, problems, text === "" ? fine : text);
    },
  );

  leaf(group.command("setup").argument("[name]").description("run the setup command where it has not been run")).action(
    async (name: string | undefined, _options: object, command: Command) => {
      const lab = await context.lab();
      const environment = await chooseEnvironment(lab, name);
      const done = await lab.request(
        environmentsSetup,
        { environment: environment.name },
        { signal: context.signal, onProgress: progressOf(context, command) },
      );
      print(context, command, done, done.folder ?? `${environment.name} needs no setup`);
    },
  );

  leaf(
    group
      .command("baseline")
      .argument("[name]")
      .option("--seeds <n,…>", "seeds to run", integers)
      .option("--target <name>", `target that they are queued for, or ${ANY}: whichever has room first`)
      .option("--dry-run", "say what it would take, and queue nothing")
      .option("--wait", "wait until the runs have ended")
      .description("run the unchanged code"),
  ).action(async (name: string | undefined, options: BaselineOptions, command: Command) => {
    const lab = await context.lab();
    const environment = await chooseEnvironment(lab, name);
    if (options.dryRun === true) {
      const wanted = new Map([[environment.name, options.seeds?.length ?? 1]]);
      await printForecasts(lab, wanted, options.target, context, command);
      return;
    }
    const queued = await lab.request(environmentsBaseline, {
      environment: environment.name,
      target: asTarget(options.target),
      ...(options.seeds === undefined ? {} : { seeds: options.seeds }),
    });
    const runs = options.wait === true ? await awaitRuns(lab, queued, context) : queued;
    print(context, command, runs, runTable(runs));
  });
}

function row(environment: Environment): Cell[] {
  if (environment.state === "broken") {
    const [first, ...others] = environment.problems;
    const more = others.length === 0 ? "" : `; ${others.length} more: env check`;
    return [environment.name, environment.directory, null, null, `broken: ${first?.message ?? "its manifest"}${more}`];
  }
  const { metric } = environment.manifest;
  const arrow = metric.direction === "minimize" ? "↓" : "↑";
  const state = environment.dirty.length > 0 ? `uncommitted: ${environment.dirty.join(", ")}` : "ready";
  return [environment.name, environment.directory, `${metric.name} ${arrow}`, baselineText(environment), state];
}
