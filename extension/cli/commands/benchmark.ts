/** `benchmark`: models side by side as ideators and implementers, over the same ideas. */
import type { Command } from "commander";
import { benchmarkStart, labSubscribe, resultsAnalysis } from "../../protocol/methods.ts";
import { benchmarksText } from "../analysis.ts";
import { integer, integers, leaf, print, samples, type Context } from "../context.ts";
import { chooseEnvironment } from "../lab.ts";
import { capped, capsFrom, type CapOptions } from "../search-options.ts";
import { searchTable, untilSearchesEnded } from "../searches.ts";

interface BenchmarkOptions extends CapOptions {
  env?: string;
  ideators: string[];
  implementers: string[];
  n: number;
  samples: number;
  seeds?: number[];
  seed?: number;
  wait?: true;
}

const names = (text: string, before: string[] = []) => [
  ...before,
  ...text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== ""),
];

export function addBenchmarkCommand(program: Command, context: Context): void {
  leaf(
    capped(
      program
        .command("benchmark")
        .requiredOption("--ideators <model,…>", "models that write ideas", names)
        .requiredOption("--implementers <model,…>", "models that write the code; each gets the same ideas", names)
        .option("--n <n>", "ideas of each ideator", integer, 50)
        .option("--env <name>", "environment")
        .option("--samples <n>", "answers at once for one implementation", samples, 1)
        .option("--seeds <n,…>", "seeds that every implementation is run with", integers)
        .option("--seed <n>", "seed of every draw", integer),
    )
      .option("--wait", "tell what happens until all have ended, then compare them")
      .description("compare models: completion, average and best of the same ideas; caps are for all pairs together"),
  ).action(async (options: BenchmarkOptions, command: Command) => {
    const lab = await context.lab();
    const { name: environment } = await chooseEnvironment(lab, options.env);
    const { ideators, implementers, n: count, samples: each, seeds, seed } = options;
    const begun = await lab.request(benchmarkStart, {
      ...{ environment, ideators, implementers, count, samples: each, caps: capsFrom(options) },
      ...(seeds === undefined ? {} : { seeds }),
      ...(seed === undefined ? {} : { seed }),
    });
    if (options.wait !== true) {
      print(context, command, begun, searchTable(begun, await lab.request(labSubscribe, {})));
      return;
    }
    await untilSearchesEnded(
      lab,
      begun.map(({ id }) => id),
      context,
    );
    const analysis = await lab.request(resultsAnalysis, { environment });
    const mine = analysis.benchmarks.filter(({ benchmark }) => benchmark === begun[0]?.benchmark);
    print(context, command, mine, benchmarksText({ ...analysis, benchmarks: mine }));
  });
}
