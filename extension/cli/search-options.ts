/** The options of `search start` and `search change`, and the plan that they come to: pure. */
import { InvalidArgumentError, Option, type Command } from "commander";
import type * as z from "zod";
import { ProvingGroundError } from "../protocol/errors.ts";
import { OPERATORS } from "../protocol/model.ts";
import { gatesOf, hasEpochs, hasParents, planProblem } from "../protocol/plan.ts";
import { rangeText, readNumber, type Range } from "../protocol/read-number.ts";
import { UNATTENDED } from "../protocol/search.ts";
import type {
  Algorithm,
  EarlyStop,
  EarlyStopRule,
  Gate,
  Gates,
  PlanChange,
  Priority,
  Repeats,
  SearchCaps,
  SearchPlan,
} from "../protocol/search.ts";
import { ANY, asTarget, integer, integers, samples } from "./context.ts";

/** A plan as it is asked for; without a seed one is drawn. */
export type Plan = Omit<z.input<typeof SearchPlan>, "seed"> & { seed?: number };

export interface CapOptions {
  maxDollars?: number;
  maxTokens?: number;
  maxHours?: number;
  maxMinutes?: number;
}
export interface ChangeOptions extends CapOptions {
  size?: number;
  epochs?: number;
  exploit?: number | typeof SCHEDULE;
  base?: SearchPlan["base"];
  ask?: Gate[];
  repeats?: Repeats;
  instructions?: string;
  target?: string;
  priority?: Priority;
  earlyStop?: EarlyStopRule;
  earlyStopAfter?: number;
}
export interface StartOptions extends ChangeOptions {
  algorithm: Algorithm;
  source: string;
  size: number;
  epochs: number;
  implementer?: string;
  samples: number;
  seeds?: number[];
  seed?: number;
  memory: SearchPlan["memory"];
  judge?: string;
}

/** Stands for the paper's schedule: commander makes an empty text of a null. */
const SCHEDULE = "schedule";

const ALGORITHMS: readonly Algorithm[] = ["evolutionary", "steady state", "best of n", "random"];
const EARLY_STOP_RULES: readonly EarlyStopRule[] = ["off", "median", "parents", "halving"];
const GATES = gatesOf("evolutionary");

/** Options that say what may also be changed later. @param usual sizes where none is given */
export function changeable(command: Command, usual: { size?: number; epochs?: number } = {}): Command {
  return capped(
    command
      .option("--size <n>", "ideas in an epoch", number({ min: 1, max: 200, whole: true }), usual.size)
      .option(
        "--epochs <n>",
        "epochs; without epochs, how many times as many ideas",
        number({ min: 1, max: 1000, whole: true }),
        usual.epochs,
      )
      .option("--exploit <share>", "share that builds on parents, 0 to 1, or schedule, the paper's", exploit)
      .addOption(new Option("--base <what>", "what ideas that build on a parent are written on").choices(["parent", "baseline"]))
      .option("--ask <gates>", `gates at which it waits for you: ${GATES.join(",")}, all or none`, gates),
  )
    .addOption(new Option("--repeats <what>", "what becomes of ideas that nearly repeat an earlier one").choices(["skip", "ask", "keep"]))
    .option("--instructions <text>", "what ideas should be about")
    .option("--target <name>", `target that its runs are queued for, or ${ANY}: whichever has room first`)
    .addOption(new Option("--priority <what>", "its share of the queue beside other searches").choices(["low", "normal", "high"]))
    .addOption(
      new Option(
        "--early-stop <rule>",
        "runs that are stopped early: those worse than the median, far behind baseline or parents, or all but the best half",
      ).choices(EARLY_STOP_RULES),
    )
    .option(
      "--early-stop-after <share>",
      "share of a run before which it is never stopped, 0.05 to 0.95",
      number({ min: 0.05, max: 0.95, whole: false }),
    );
}

/** Options that say what may be used at most. */
export function capped(command: Command): Command {
  return command
    .option("--max-dollars <n>", "cap on US dollars for models; 0 is none", number({ min: 0, max: Infinity, whole: false }))
    .option("--max-tokens <n>", "cap on tokens, in and out together", number({ min: 0, max: Infinity, whole: true }))
    .option(
      "--max-hours <n>",
      "cap on GPU hours, or on hours of runs where they need no GPU",
      number({ min: 0, max: Infinity, whole: false }),
    )
    .option("--max-minutes <n>", "cap on minutes of wall time, pauses included", number({ min: 0, max: Infinity, whole: false }));
}

/** Those, with the ones that are fixed once a search has begun. */
export function startable(command: Command): Command {
  return changeable(
    command
      .option("--algorithm <name>", ALGORITHMS.map(withHyphens).join(", "), algorithm, "evolutionary")
      .option("--source <model>", "model that writes ideas, or operators, which need none", OPERATORS)
      .option("--implementer <model>", "model that writes the code; else the one that wrote the idea"),
    { size: 6, epochs: 10 },
  )
    .option("--samples <n>", "answers at once for one implementation", samples, 1)
    .option("--seeds <n,…>", "seeds that every implementation is run with", integers)
    .option("--seed <n>", "seed of every draw", integer)
    .addOption(new Option("--memory <what>", "what it learns from").choices(["environment", "search"]).default("environment"))
    .option("--judge <model>", "model that judges each implementation's kind beside the diff");
}

/**
 * The plan that the options come to.
 * @throws ProvingGroundError `usage` when it could not be started
 */
export function planFrom(options: StartOptions): Plan {
  const { algorithm: chosen, source, size, epochs, implementer = null, judge = null } = options;
  const problem = planProblem(options) ?? unheeded(options);
  if (problem !== null)
    throw new ProvingGroundError("usage", problem, { hint: "`proving-ground search start --help` says what goes together." });
  return {
    ...changeFrom(options, chosen),
    gates: gatesFrom(options.ask ?? []),
    caps: capsFrom(options),
    ...{ algorithm: chosen, source, size, epochs, implementer, judge },
    samples: options.samples,
    ...(options.seeds === undefined ? {} : { seeds: options.seeds }),
    memory: options.memory,
    ...(options.seed === undefined ? {} : { seed: options.seed }),
  };
}

/** What is to be changed, and nothing else. */
export function changeFrom(options: ChangeOptions, algorithm: Algorithm): PlanChange {
  const { size, epochs, exploit: share, base, ask, repeats, instructions, target, priority } = options;
  const caps = capsFrom(options);
  const earlyStop: Partial<EarlyStop> = defined({ rule: options.earlyStop, grace: options.earlyStopAfter });
  const asks =
    ask === undefined ? {} : { gates: Object.fromEntries(gatesOf(algorithm).map((gate) => [gate, ask.includes(gate) ? "ask" : "auto"])) };
  return {
    ...defined({ size, epochs, exploit: share === SCHEDULE ? null : share, base, repeats, instructions, priority }),
    ...(target === undefined ? {} : { target: asTarget(target) }),
    ...asks,
    ...(Object.keys(earlyStop).length === 0 ? {} : { earlyStop }),
    ...(Object.keys(caps).length === 0 ? {} : { caps }),
  };
}

/** What an option says that its algorithm does not heed, one sentence. */
function unheeded({ algorithm: chosen, ask, exploit: share, base }: StartOptions): string | null {
  if (!hasEpochs(chosen) && ask?.includes("parents") === true)
    return `A search by ${chosen} has no epochs, so it cannot ask for their parents.`;
  if (hasParents(chosen) || (share === undefined && base === undefined)) return null;
  return `A search by ${chosen} builds on no parents: --exploit and --base mean nothing to it.`;
}

function gatesFrom(asks: readonly Gate[]): Gates {
  return { ...UNATTENDED, ...Object.fromEntries(asks.map((gate) => [gate, "ask" as const])) };
}

export function capsFrom({ maxDollars, maxTokens, maxHours, maxMinutes }: CapOptions): Partial<SearchCaps> {
  return defined({ dollars: maxDollars, tokens: maxTokens, hours: maxHours, minutes: maxMinutes });
}

function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as ReturnType<typeof defined<T>>;
}

/** `steady state` also as `steady-state`, which needs no quotes. */
export function algorithm(text: string): Algorithm {
  const found = ALGORITHMS.find((one) => withHyphens(one) === withHyphens(text.trim().toLowerCase()));
  if (found === undefined) throw new InvalidArgumentError(`It must be one of ${ALGORITHMS.map(withHyphens).join(", ")}.`);
  return found;
}
const withHyphens = (text: string) => text.replaceAll(" ", "-");

export function gates(text: string): Gate[] {
  if (text === "none") return [];
  if (text === "all") return [...GATES];
  return text.split(",").map((part) => {
    const found = GATES.find((gate) => gate === part.trim());
    if (found === undefined) throw new InvalidArgumentError(`It must be some of ${GATES.join(",")}, or all, or none.`);
    return found;
  });
}

export function exploit(text: string): number | typeof SCHEDULE {
  if (text === SCHEDULE) return SCHEDULE;
  const value = readNumber(text, { min: 0, max: 1, whole: false });
  if (value === null) throw new InvalidArgumentError("It must be between 0 and 1, or schedule.");
  return value;
}

function number(range: Range): (text: string) => number {
  return (text) => {
    const value = readNumber(text, range);
    if (value === null) throw new InvalidArgumentError(`It must be ${rangeText(range)}.`);
    return value;
  };
}
