/** `results`: what every idea reached beside the baseline, and what they say together, as tables, JSON or CSV. */
import { Option, type Command } from "commander";
import type { ValidEnvironment } from "../../protocol/environment.ts";
import type { Idea } from "../../protocol/idea.ts";
import { labSubscribe, resultsAnalysis, resultsExport } from "../../protocol/methods.ts";
import { analysisText, benchmarksText } from "../analysis.ts";
import { leaf, print, type Context } from "../context.ts";
import { baselineText, chooseEnvironment } from "../lab.ts";
import { clip, formatDifference, table } from "../output.ts";

export function addResultCommands(program: Command, context: Context): void {
  leaf(
    program
      .command("results")
      .option("--env <name>", "environment")
      .addOption(new Option("--csv", "as CSV, one row per idea and run").conflicts("json"))
      .addOption(
        new Option("--analysis", "what all ideas say together: epochs, failures, kinds, likeness, best of N, expenses").conflicts("csv"),
      )
      .addOption(new Option("--benchmark", "models side by side, as benchmarks measured them").conflicts(["csv", "analysis"]))
      .description("every idea and what it reached, best first"),
  ).action(async (options: { env?: string; csv?: boolean; analysis?: boolean; benchmark?: boolean }, command: Command) => {
    const lab = await context.lab();
    const environment = await chooseEnvironment(lab, options.env);
    if (options.csv === true) {
      const { text } = await lab.request(resultsExport, { environment: environment.name, format: "csv" });
      context.output.out(text);
      return;
    }
    if (options.analysis === true || options.benchmark === true) {
      const analysis = await lab.request(resultsAnalysis, { environment: environment.name });
      if (options.benchmark === true) print(context, command, analysis.benchmarks, benchmarksText(analysis));
      else print(context, command, analysis, analysisText(analysis));
      return;
    }
    const { ideas } = await lab.request(labSubscribe, {});
    const { name, direction } = environment.manifest.metric;
    const ranked = bestFirst(
      ideas.filter((idea) => idea.environment === environment.name),
      direction,
    );
    print(
      context,
      command,
      { environment: environment.name, metric: { name, direction }, baseline: environment.baseline, ideas: ranked },
      `${name}, ${direction === "minimize" ? "lower" : "higher"} is better; baseline ${baselineText(environment) ?? "not measured"}\n\n${rankedTable(ranked, environment)}`,
    );
  });
}

/** Ideas without a result come last, in the order they were written. */
function bestFirst(ideas: readonly Idea[], direction: "minimize" | "maximize"): Idea[] {
  const sign = direction === "minimize" ? 1 : -1;
  const rank = (idea: Idea) => (idea.metric === null ? Infinity : sign * idea.metric);
  return [...ideas].sort((a, b) => (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : a.id - b.id));
}

function rankedTable(ideas: readonly Idea[], { baseline: { mean } }: ValidEnvironment): string {
  const rows = ideas.map((idea) => [
    `#${idea.id}`,
    idea.epoch,
    idea.source,
    idea.kind,
    idea.status,
    idea.metric,
    idea.metric === null || mean === null ? null : formatDifference(idea.metric - mean),
    idea.seeds === 0 ? null : idea.seeds,
    clip(idea.title, 60),
    clip(idea.problem ?? "", 60),
  ]);
  return table(["idea", "epoch", "source", "kind", "status", "metric", "difference", "seeds", "title", "problem"], rows, "no ideas");
}
