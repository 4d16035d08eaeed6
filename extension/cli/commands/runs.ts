/** `run`, `runs` and `results`: executing implementations and reading what came out. */
import type { Command } from "commander";
import type { EngineConnection } from "../../protocol/connect.ts";
import * as methods from "../../protocol/methods.ts";
import { ENDED } from "../../protocol/run.ts";
import { integer, integers, leaf, print, type Context } from "../context.ts";
import { chooseEnvironment } from "../lab.ts";
import { table } from "../output.ts";
import { awaitRuns, runTable } from "../runs.ts";
import { ideaTable } from "./ideas.ts";

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
  addResults(program, context);
}

function addQueue(group: Command, context: Context): void {
  leaf(group.command("list").option("--env <name>", "only of this environment").description("list runs")).action(
    async (options: { env?: string }, command: Command) => {
      const { runs } = await (await context.lab()).request(methods.labSubscribe, {});
      const wanted = runs.filter((run) => options.env === undefined || run.environment === options.env);
      print(context, command, wanted, runTable(wanted));
    },
  );

  leaf(group.command("show").argument("<run>", "number", integer).description("show a run and its readings")).action(
    async (run: number, _options: object, command: Command) => {
      const lab = await context.lab();
      const [curve] = await lab.request(methods.runCurves, { runs: [run] });
      const { runs } = await lab.request(methods.labSubscribe, {});
      const found = runs.filter((candidate) => candidate.id === run);
      const readings = curve?.values.map((value, i) => [curve.x[i] ?? null, value]) ?? [];
      print(
        context,
        command,
        { run: found[0], curve },
        `${runTable(found)}\n\n${table([curve?.axis ?? "step", "value"], readings, "no readings yet")}`,
      );
    },
  );

  group
    .command("log")
    .argument("<run>", "number", integer)
    .option("-f, --follow", "until the run has ended")
    .option("--json", "print JSON")
    .description("print a run's log")
    .action(async (run: number, options: { follow?: boolean }, command: Command) => {
      const lab = await context.lab();
      let from = await drain(lab, run, 0, command, context);
      if (options.follow !== true) return;
      for await (const ended of changesOf(lab, run, context.signal)) {
        from = await drain(lab, run, from, command, context);
        if (ended) return;
      }
    });

  for (const [name, request, description] of [
    ["stop", methods.runsStop, "stop runs"],
    ["retry", methods.runsRetry, "queue the same code and seed again"],
  ] as const) {
    leaf(group.command(name).argument("<run...>", "numbers", integers).description(description)).action(
      async (runs: number[], _options: object, command: Command) => {
        const changed = await (await context.lab()).request(request, { runs });
        print(context, command, changed, runTable(changed));
      },
    );
  }
}

function addResults(program: Command, context: Context): void {
  leaf(
    program
      .command("results")
      .option("--env <name>", "environment")
      .option("--csv", "as CSV")
      .description("every idea and what it reached, best first"),
  ).action(async (options: { env?: string; csv?: boolean }, command: Command) => {
    const lab = await context.lab();
    const environment = await chooseEnvironment(lab, options.env);
    if (options.csv === true) {
      const { text } = await lab.request(methods.resultsExport, { environment: environment.name, format: "csv" });
      context.output.out(text.trimEnd());
      return;
    }
    const { ideas } = await lab.request(methods.labSubscribe, {});
    const sign = environment.manifest.metric.direction === "minimize" ? 1 : -1;
    const ranked = ideas
      .filter((idea) => idea.environment === environment.name)
      .sort((a, b) => sign * ((a.metric ?? sign * Infinity) - (b.metric ?? sign * Infinity)) || a.id - b.id);
    print(
      context,
      command,
      { baseline: environment.baseline, ideas: ranked },
      `baseline ${environment.baseline.mean ?? "not measured"}\n${ideaTable(ranked)}`,
    );
  });
}

/** Prints a log from an offset to its present end; @returns the offset after it */
async function drain(lab: EngineConnection, run: number, from: number, command: Command, context: Context): Promise<number> {
  let at = from;
  for (;;) {
    const slice = await lab.request(methods.runLog, { run, from: at });
    if (slice.text === "") return slice.next;
    if (command.opts<{ json?: boolean }>().json === true) context.output.out(JSON.stringify(slice));
    else process.stdout.write(slice.text);
    at = slice.next;
  }
}

/** Yields on each change of a run; true, and last, when it has ended. */
async function* changesOf(lab: EngineConnection, run: number, signal: AbortSignal): AsyncGenerator<boolean> {
  let wake: () => void = () => undefined;
  const news: boolean[] = [];
  lab.onNotification(methods.labDelta, ({ changes }) => {
    for (const change of changes) if (change.kind === "run" && change.run.id === run) news.push(ENDED.has(change.run.state));
    wake();
  });
  signal.addEventListener("abort", () => wake(), { once: true });
  const { runs } = await lab.request(methods.labSubscribe, {});
  const found = runs.find((candidate) => candidate.id === run);
  news.push(found === undefined || ENDED.has(found.state));
  while (!signal.aborted) {
    const next = news.shift();
    if (next === undefined) await new Promise<void>((resolve) => (wake = resolve));
    else {
      yield next;
      if (next) return;
    }
  }
}
