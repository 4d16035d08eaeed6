/** Fills the ideator's prompts: what a model is told about the environment, the code and earlier experiments. */
import type { Strategy } from "../../protocol/idea.ts";
import type { Manifest } from "../../protocol/manifest.ts";
import type { Message } from "../models/language-model.ts";
import type { Prompts } from "../models/prompts.ts";
import type { KnownBaseline, Trajectory } from "./trajectory.ts";
import { describeTrajectory, fenced, number } from "./trajectory.ts";

/** A file of the environment at the commit that ideas are written on. */
export interface ContextFile {
  /** Relative to the environment's folder. */
  path: string;
  text: string;
}

export interface PromptFacts {
  manifest: Manifest;
  baseline: KnownBaseline;
  files: readonly ContextFile[];
  /** Idea whose implementation the files are; null for the baseline. */
  base: number | null;
  strategy: Strategy;
  /** Experiments to build on, for exploit; experiments to differ from, for explore. */
  trajectories: readonly Trajectory[];
  /** Titles not to be proposed again, oldest first. */
  avoid: readonly string[];
  instructions: string;
  count: number;
}

/** Titles listed as already proposed; the newest win. */
const LISTED_TITLES = 200;

/** @throws ProvingGroundError "usage" when an overridden prompt has an unknown placeholder */
export async function composeMessages(prompts: Prompts, facts: PromptFacts): Promise<Message[]> {
  const { manifest, baseline, strategy, trajectories } = facts;
  const told = trajectories.map((trajectory) => describeTrajectory(trajectory, manifest, baseline)).join("\n\n");
  const values = {
    title: manifest.title,
    objective: manifest.objective.trim(),
    metric: metricInWords(manifest),
    budget: budgetInWords(manifest),
    baseline: baselineInWords(manifest, baseline),
    rules: list([...manifest.rules, "No new packages; the evaluation and the names of what is logged stay as they are."]),
    editable: paths(manifest.files.editable),
    protected: paths(manifest.files.protected),
    files: facts.files.map(numbered).join("\n\n"),
    origin: facts.base === null ? "This is the unchanged code." : `This is the code of experiment #${facts.base}; ideas are written on it.`,
    avoid: list(facts.avoid.slice(-LISTED_TITLES)),
    instructions: facts.instructions.trim() === "" ? "" : `The researcher adds:\n\n${quoted(facts.instructions.trim())}`,
    count: facts.count === 1 ? "one idea" : `${facts.count} ideas`,
    answer: await prompts.render("ideator-answer", {}),
    ...(strategy === "exploit" ? { parents: told } : {}),
    ...(strategy === "explore" ? { tried: told } : {}),
  };
  return [
    { role: "system", content: await prompts.render("ideator-system", {}) },
    { role: "user", content: await prompts.render(strategy, values) },
  ];
}

/** A file with its name and its lines numbered from 1. */
export function numbered({ path, text }: ContextFile): string {
  const lines = text.replace(/\n$/, "").split("\n");
  const width = String(lines.length).length;
  const body = lines.map((line, index) => `${String(index + 1).padStart(width)} | ${line}`).join("\n");
  return `### ${path}\n\n${fenced("", body)}`;
}

function metricInWords({ metric }: Manifest): string {
  const { name, title, unit, direction, plausible, target } = metric;
  const meaning = [title, unit === undefined ? undefined : `in ${unit}`].filter((part) => part !== undefined).join(", ");
  const bounds = [
    plausible?.min === undefined ? undefined : `below ${number(plausible.min)}`,
    plausible?.max === undefined ? undefined : `above ${number(plausible.max)}`,
  ].filter((part) => part !== undefined);
  return [
    `${name}${meaning === "" ? "" : ` (${meaning})`}`,
    direction === "minimize" ? "lower is better" : "higher is better",
    ...(target === undefined ? [] : [`worth reaching: ${number(target)}`]),
    ...(bounds.length === 0 ? [] : [`a result ${bounds.join(" or ")} is discarded as implausible`]),
  ].join("; ");
}

function budgetInWords({ budget, resources }: Manifest): string {
  const machine =
    resources.gpus > 0
      ? `${resources.gpus} GPU${resources.gpus > 1 ? "s" : ""}`
      : `${resources.cpus} CPU core${resources.cpus > 1 ? "s" : ""}`;
  const memory = resources.gpu_memory === undefined ? "" : ` with ${number(resources.gpu_memory)} GiB each`;
  const clock =
    budget === undefined ? "" : `${number(budget.seconds)} seconds of ${budget.clock === "cpu" ? "CPU work" : "training time"}; `;
  return `${clock}${machine}${memory}; ended after ${number(resources.timeout)} seconds at the latest`;
}

function baselineInWords({ metric }: Manifest, { value, published }: KnownBaseline): string {
  if (value === null) return "not measured yet";
  return `${metric.name} ${number(value)}${published ? " (published figure)" : ""}`;
}

function list(entries: readonly string[]): string {
  return entries.length === 0 ? "(nothing yet)" : entries.map((entry) => `- ${entry.trim().replace(/\s+/g, " ")}`).join("\n");
}

function paths(globs: readonly string[]): string {
  return globs.length === 0 ? "nothing further" : globs.map((glob) => `\`${glob}\``).join(", ");
}

function quoted(text: string): string {
  return text
    .split("\n")
    .map((line) => `> ${line}`)
    .join("\n");
}
