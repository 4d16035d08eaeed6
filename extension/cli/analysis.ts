/** The analysis of an environment as text: a table for each thing that is said of its trajectories together. */
import {
  type Agreement,
  type Analysis,
  type Benchmark,
  type Comparison,
  type Estimate,
  metricOf,
  type Scale,
} from "../protocol/analysis.ts";
import { counted } from "../protocol/format.ts";
import { dollarText } from "../protocol/spending.ts";
import { type Cell, clip, formatNumber, table } from "./output.ts";

/** Budgets at which a comparison is printed; all of them are in the JSON. */
const MOST_BUDGETS = 8;

/** A reward with its sign, in the decimals of the scale. */
type RewardText = (reward: number) => string;

/** The whole analysis but for benchmarks, which have a text of their own. */
export function analysisText(analysis: Analysis): string {
  const { comparisons, scale } = analysis;
  const reward = rewardText(scale);
  return [
    `${analysis.environment}: ${scaleText(scale)}`,
    section("Reward by epoch", epochs(analysis, reward)),
    section(completionLine(analysis.completion), `${stages(analysis)}\n\n${failures(analysis)}`),
    section("Kinds of ideas", [kinds(analysis, reward), ...judged(analysis.kinds.judge)].join("\n")),
    section("Likeness of ideas, 0 to 1", likenesses(analysis)),
    ...comparisons.map((one) => section(`Search against best of N: ${nameOf(one)}`, comparison(one, reward))),
    section(`Spent: ${spentLine(analysis.expenses)}`, expenses(analysis)),
  ].join("\n\n");
}

/** Every benchmark with its pairs, newest first. */
export function benchmarksText({ environment, scale, benchmarks }: Analysis): string {
  const head = `${environment}: ${scaleText(scale)}`;
  if (benchmarks.length === 0) return `${head}\n\nno benchmark of models yet: \`proving-ground benchmark --help\` says how one is run`;
  return [
    head,
    ...benchmarks.map((one) => section(`Benchmark ${one.benchmark}${one.ended ? "" : ", under way"}`, pairs(one, rewardText(scale)))),
  ].join("\n\n");
}

function section(title: string, body: string): string {
  return `${title}\n${body}`;
}

function scaleText({ metric, minimize, baseline, measured }: Scale): string {
  const better = `${metric}, ${minimize ? "lower" : "higher"} is better`;
  if (baseline === null) return `${better}; the baseline is not known, a reward is the metric turned so that higher is better`;
  return `${better}; a reward is the gain over the baseline, ${formatNumber(baseline)}${measured ? "" : " (published)"}`;
}

function epochs({ epochs: all, scale }: Analysis, reward: RewardText): string {
  const rows = all.map((one): Cell[] => [
    ...[one.epoch, one.ideas, one.tried, one.valid, known(one.mean, reward), known(one.best, reward)],
    ...[known(one.bestIdea, number), known(one.bestSoFar, reward)],
    known(one.bestSoFar, (best) => metricOf(best, scale)),
  ]);
  return table(["epoch", "ideas", "tried", "completed", "mean", "best", "idea", "so-far", scale.metric], rows, "no ideas");
}

function completionLine({ tried, valid, stopped, open, aside, rejectedAfter, stages: all }: Analysis["completion"]): string {
  const rate = share(all.at(-1)?.share ?? null) ?? "unknown";
  const after = rejectedAfter === 0 ? "" : ` (${rejectedAfter} after they were tried)`;
  const early = stopped === 0 ? "" : ` and ${stopped} stopped early`;
  const rest = [open === 0 ? "" : `; ${open} under way`, aside === 0 ? "" : `; ${aside} put aside${after}`].join("");
  return `Completion: ${valid}${early} of ${tried} tried ideas, ${rate}${rest}`;
}

function stages({ completion }: Analysis): string {
  return table(
    ["stage", "ideas", "share"],
    completion.stages.map((one) => [one.stage, one.ideas, share(one.share)]),
    "",
  );
}

function failures({ completion }: Analysis): string {
  const rows = completion.failures.map((one) => [one.reason, one.stage, one.ideas, one.tries]);
  return table(["failure", "before", "ideas", "tries"], rows, "nothing failed");
}

function kinds({ kinds: { kinds: all, unknown } }: Analysis, reward: RewardText): string {
  const rows = all.map((one): Cell[] => [
    ...[one.kind, one.ideas, percent(one.share), one.tried, one.valid, known(one.mean, reward), known(one.best, reward)],
    known(one.bestIdea, number),
  ]);
  const rest: Cell[][] = unknown === 0 ? [] : [["without code", unknown, ...Array<null>(6).fill(null)]];
  return table(["kind", "ideas", "share", "tried", "completed", "mean", "best", "idea"], [...rows, ...rest], "");
}

function judged(judge: Agreement | null): string[] {
  if (judge === null) return [];
  const kappa = judge.kappa === null ? "kappa unknown" : `kappa ${judge.kappa.toFixed(2)}`;
  return [
    `judged by a model: ${judge.ideas} ideas, ${percent(judge.judgedAlgorithmic)} algorithmic; ${judge.same} as the code says, ${percent(judge.share)}, ${kappa}`,
  ];
}

function likenesses({ similarity: { epochs: all } }: Analysis): string {
  const rows = all.map((one): Cell[] => [
    ...[one.epoch, one.ideas, one.compared, hundredths(one.within), hundredths(one.before)],
    ...[known(one.commonest?.share ?? null, percent), known(one.commonest?.idea ?? null, number)],
    clip(one.commonest?.title ?? "", 50),
  ]);
  return table(["epoch", "ideas", "compared", "within", "to-the-last", "commonest", "idea", "title"], rows, "no ideas");
}

function nameOf({ search, writers, pool, points }: Comparison): string {
  const who = search === null ? "by hand" : `search ${search}`;
  const size = points.at(-1)?.ideas;
  return `${who}, ${writers.join(", ")}${size === undefined ? "" : `, ${size} ideas; ${pool} fresh ones to draw from`}`;
}

function comparison({ points, problem }: Comparison, reward: RewardText): string {
  if (problem !== null) return problem;
  const compared = points.filter(({ expected }) => expected !== null);
  const step = Math.max(1, Math.ceil(compared.length / MOST_BUDGETS));
  const last = compared.length === points.length ? [] : points.slice(-1);
  const shown = [...compared.filter((_, index) => (compared.length - 1 - index) % step === 0), ...last];
  const rows = shown.map(({ ideas, best, expected, reached }): Cell[] => [
    ...[ideas, reward(best), expected && reward(expected.value), interval(expected, reward), known(reached, percent)],
  ]);
  return table(["ideas", "search", "best-of-N", "95-%", "reach-it"], rows, "");
}

function spentLine({ total, calls, unpriced, bounded, gpus, baselineHours, stopped, saved }: Analysis["expenses"]): string {
  const priced = `${bounded ? "at most " : ""}${dollarText(total.dollars)}`;
  const missing = unpriced === 0 ? "" : `, ${unpriced} without a known price`;
  const hours = gpus === 0 ? "hours of runs" : "GPU hours";
  const baseline = rounded(baselineHours) === 0 ? "" : `, ${formatNumber(rounded(baselineHours))} of them for the baseline`;
  const early =
    stopped === 0
      ? ""
      : `; early stopping of ${counted(stopped, "run")} saved ${formatNumber(rounded(saved))} of ${formatNumber(rounded(total.hours + saved))}`;
  return `${priced} for ${calls} calls of models${missing}; ${formatNumber(rounded(total.hours))} ${hours}${baseline}${early}`;
}

function expenses({ expenses: { epochs: all, purposes, gpus } }: Analysis): string {
  const amounts = (dollars: number, tokens: number) => [dollarText(dollars), tokens];
  const byPurpose = table(
    ["purpose", "calls", "dollars", "tokens"],
    purposes.map((one) => [one.purpose, one.calls, ...amounts(one.dollars, one.tokens)]),
    "",
  );
  const byEpoch = table(
    ["epoch", "dollars", "tokens", gpus === 0 ? "hours" : "GPU-hours"],
    all.map(({ epoch, amount }) => [epoch, ...amounts(amount.dollars, amount.tokens), rounded(amount.hours)]),
    "",
  );
  return [byPurpose, byEpoch].filter((text) => text !== "").join("\n\n");
}

function pairs({ pairs: all }: Benchmark, reward: RewardText): string {
  const rows = all.map((one): Cell[] => [
    ...[one.ideator, one.implementer, `${one.ideas} of ${one.planned}`, one.tried, one.valid],
    ...[share(one.completion), estimate(one.mean, reward), estimate(one.best, reward), known(one.bestIdea, number)],
    ...[dollarText(one.spent.dollars), rounded(one.spent.hours)],
  ]);
  return table(["ideator", "implementer", "ideas", "tried", "completed", "rate", "mean", "best", "idea", "dollars", "hours"], rows, "");
}

/** Four significant digits of the baseline: differences smaller than that are hardly ever more than noise. */
function rewardText({ baseline }: Scale): RewardText {
  const decimals = baseline === null || baseline === 0 ? 4 : Math.min(6, Math.max(0, 3 - Math.floor(Math.log10(Math.abs(baseline)))));
  return (reward) => `${reward < 0 ? "−" : "+"}${Math.abs(reward).toFixed(decimals)}`;
}

function estimate(one: Estimate | null, reward: RewardText): string | null {
  if (one === null) return null;
  const range = interval(one, reward);
  return range === null ? reward(one.value) : `${reward(one.value)} (${range})`;
}

function interval(one: Estimate | null, text: (value: number) => string): string | null {
  if (one === null || (one.low === null && one.high === null)) return null;
  return `${one.low === null ? "–" : text(one.low)} to ${one.high === null ? "–" : text(one.high)}`;
}

function share(one: Estimate | null): string | null {
  return one === null ? null : `${percent(one.value)} (${interval(one, percent) ?? ""})`;
}

/** Text of what may be unknown. */
function known<Of, To>(value: Of | null, text: (value: Of) => To): To | null {
  return value === null ? null : text(value);
}

function number(idea: number): string {
  return `#${idea}`;
}

function percent(value: number): string {
  return `${Math.round(100 * value)} %`;
}

function hundredths(value: number | null): number | null {
  return value === null ? null : Number(value.toFixed(2));
}

/** Hours to about four seconds. */
function rounded(hours: number): number {
  return Number(hours.toFixed(3));
}
