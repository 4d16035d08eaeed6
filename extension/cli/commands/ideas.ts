/** `ideas`: having them written, writing, reading, editing and rejecting them. */
import type { Command } from "commander";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Idea, IdeaDetail, IdeaText } from "../../protocol/idea.ts";
import { printIdea, parseIdea } from "../../protocol/idea-markdown.ts";
import * as methods from "../../protocol/methods.ts";
import { OPERATORS } from "../../protocol/model.ts";
import { costText } from "../../protocol/spending.ts";
import { kindText } from "../../protocol/repetition.ts";
import { count, integer, integers, leaf, print, progressOf, repeats, type Context } from "../context.ts";
import { readInput } from "../input.ts";
import { chooseEnvironment, ofEnvironment } from "../lab.ts";
import { addMarkCommands } from "./marks.ts";
import { agreementText, kindCell, type Known, repeatsCell, repeatsText } from "../novelty.ts";
import { clip, facts, plain, remarks, table } from "../output.ts";

/** @param known what is known of the ideas that these repeat */
export function ideaTable(ideas: readonly Idea[], known: Known = { ideas, environments: [] }): string {
  // Only where one of them repeats another: lines are long enough.
  const repeating = ideas.some((idea) => idea.repeats !== null);
  const rows = ideas.map((idea) => [
    `#${idea.id}`,
    idea.epoch,
    idea.source,
    kindCell(idea),
    idea.status,
    idea.metric,
    clip(idea.title, 60),
    ...(repeating ? [clip(repeatsCell(idea, known) ?? "", 60)] : []),
    clip(idea.problem ?? "", 60),
  ]);
  const headings = ["idea", "epoch", "source", "kind", "status", "metric", "title", ...(repeating ? ["repeats"] : []), "problem"];
  return table(headings, rows, "no ideas");
}

export function addIdeaCommands(program: Command, context: Context): void {
  const group = program.command("ideas").description("ideas of this repository");
  addWriting(group, context);
  addReading(group, context);
  addMarkCommands(group, context, ideaTable);
}

interface GenerateOptions {
  env?: string;
  count: number;
  source: string;
  about: string;
  seed?: number;
  repeats: "keep" | "skip";
}

function addWriting(group: Command, context: Context): void {
  leaf(
    group
      .command("generate")
      .option("--env <name>", "environment")
      .option("-n, --count <n>", "how many", count, 6)
      .option("--source <model>", "model id, or operators, which need none", OPERATORS)
      .option("--about <text>", "what they should be about", "")
      .option("--seed <n>", "seed of every draw", integer)
      .option("--repeats <what>", "keep or skip ideas that nearly repeat earlier ones", repeats, "keep")
      .description("have ideas written"),
  ).action(async (options: GenerateOptions, command: Command) => {
    const lab = await context.lab();
    const environment = await chooseEnvironment(lab, options.env);
    const generated = await lab.request(
      methods.ideasGenerate,
      {
        environment: environment.name,
        count: options.count,
        source: options.source,
        instructions: options.about,
        repeats: options.repeats,
        ...(options.seed === undefined ? {} : { seed: options.seed }),
      },
      { signal: context.signal, onProgress: progressOf(context, command) },
    );
    for (const remark of remarks(generated)) context.output.err(remark);
    print(context, command, generated, ideaTable(generated.ideas));
  });

  leaf(
    group
      .command("add")
      .option("--env <name>", "environment")
      .option("--title <text>", "title")
      .option("--description <text>", "why it should help", "")
      .option("--changes <text>", "planned code changes", "")
      .option("--file <path>", "the idea as Markdown; - reads standard input")
      .option("--on <idea>", "idea whose implementation it is written on", integer)
      .option("--search <number>", "search that it joins: it is implemented and run as the search's own", integer)
      .description("write an idea"),
  ).action(
    async (
      options: { env?: string; title?: string; description: string; changes: string; file?: string; on?: number; search?: number },
      command: Command,
    ) => {
      const text: IdeaText =
        options.file === undefined
          ? { title: options.title ?? "", description: options.description, changes: options.changes }
          : parseIdea(await readInput(options.file));
      if (text.title === "")
        throw new ProvingGroundError("usage", "an idea needs a title", { hint: "Give --title, or --file with a `# Title`." });
      const lab = await context.lab();
      const environment = await chooseEnvironment(lab, options.env);
      const base = options.on ?? null;
      const parents = base === null ? [] : [base];
      const search = options.search ?? null;
      const idea = await lab.request(methods.ideasAdd, { environment: environment.name, text, base, parents, search });
      print(context, command, idea, ideaTable([idea]));
    },
  );

  leaf(
    group
      .command("edit")
      .argument("<idea>", "number", integer)
      .requiredOption("--file <path>", "the idea as Markdown; - reads standard input")
      .description("replace an idea's text"),
  ).action(async (idea: number, options: { file: string }, command: Command) => {
    const edited = await (await context.lab()).request(methods.ideasEdit, { idea, text: parseIdea(await readInput(options.file)) });
    print(context, command, edited, ideaTable([edited]));
  });

  leaf(
    group
      .command("reject")
      .argument("<idea...>", "numbers", integers)
      .option("--restore", "take the rejection back")
      .description("put ideas aside"),
  ).action(async (ideas: number[], options: { restore?: boolean }, command: Command) => {
    const rejected = await (await context.lab()).request(methods.ideasReject, { ideas, restore: options.restore === true });
    print(context, command, rejected, ideaTable(rejected));
  });
}

function addReading(group: Command, context: Context): void {
  leaf(group.command("list").option("--env <name>", "only of this environment").description("list ideas")).action(
    async (options: { env?: string }, command: Command) => {
      const snapshot = await (await context.lab()).request(methods.labSubscribe, {});
      const wanted = ofEnvironment(snapshot.ideas, snapshot, options.env);
      const agreement = agreementText(wanted);
      print(context, command, wanted, `${ideaTable(wanted, snapshot)}${agreement === null ? "" : `\n\n${agreement}`}`);
    },
  );

  leaf(group.command("show").argument("<idea>", "number", integer).description("show an idea and its attempts")).action(
    async (idea: number, _options: object, command: Command) => {
      const lab = await context.lab();
      const detail = await lab.request(methods.ideasGet, { idea });
      print(context, command, detail, ideaText(detail, await repeatsText(lab, detail.idea)));
    },
  );
}

function ideaText({ idea, text, attempts }: IdeaDetail, repeated: string | null): string {
  const about = facts([
    ["idea", `#${idea.id}`],
    ["environment", idea.environment],
    ["epoch", idea.epoch],
    ["source", idea.model ?? idea.source],
    ["strategy", idea.strategy],
    ["kind", kindText(idea)],
    ["repeats", repeated === null ? null : plain(repeated)],
    ["parents", idea.parents.map((parent) => `#${parent}`).join(" ")],
    ["written on", idea.base === null ? "the baseline" : `#${idea.base}`],
    ["search", idea.search],
    ["mark", idea.mark],
    ["status", idea.status],
    ["problem", idea.problem],
    ["metric", idea.metric],
    ["seeds", idea.seeds === 0 ? null : idea.seeds],
    ["commit", idea.commit],
    [
      "change",
      idea.change === null
        ? null
        : `${idea.change.files} ${idea.change.files === 1 ? "file" : "files"}, +${idea.change.added} −${idea.change.removed}`,
    ],
  ]);
  const tried = table(
    ["attempt", "sample", "answer", "by", "outcome", "seconds", "in", "out", "cost", "note", "reason"],
    attempts.map(({ id, sample, number, by, outcome, startedAt, endedAt, usage, cost, note, reason }) => [
      id,
      sample,
      number,
      by,
      outcome ?? "under way",
      endedAt === null ? null : Math.round((endedAt - startedAt) / 100) / 10,
      usage?.inputTokens ?? null,
      usage?.outputTokens ?? null,
      cost === null ? null : costText(cost),
      clip(note ?? "", 40),
      reason ?? "",
    ]),
    "not implemented yet",
  );
  return `${about}\n\n${printIdea(text)}\n${tried}`;
}
