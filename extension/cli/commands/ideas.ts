/** `ideas`, `implement`, `diff` and `approve`: from a thought to a commit. */
import { readFile } from "node:fs/promises";
import { text as readStream } from "node:stream/consumers";
import type { Command } from "commander";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Idea, IdeaText } from "../../protocol/idea.ts";
import { printIdea, parseIdea } from "../../protocol/idea-markdown.ts";
import * as methods from "../../protocol/methods.ts";
import { OPERATORS } from "../../protocol/model.ts";
import { hunksOf, undecided } from "../../protocol/review.ts";
import { integer, integers, leaf, print, progressOf, type Context } from "../context.ts";
import { chooseEnvironment } from "../lab.ts";
import { clip, remarks, table } from "../output.ts";

export function ideaTable(ideas: readonly Idea[]): string {
  const rows = ideas.map((idea) => [
    `#${idea.id}`,
    idea.epoch,
    idea.source,
    idea.kind ?? null,
    idea.status,
    idea.metric,
    clip(idea.title, 60),
    clip(idea.problem ?? "", 60),
  ]);
  return table(["idea", "epoch", "source", "kind", "status", "metric", "title", "problem"], rows, "no ideas");
}

export function addIdeaCommands(program: Command, context: Context): void {
  const group = program.command("ideas").description("ideas of this repository");
  addWriting(group, context);
  addReading(group, context);
  addImplementing(program, context);
}

function addWriting(group: Command, context: Context): void {
  leaf(
    group
      .command("generate")
      .option("--env <name>", "environment")
      .option("-n, --count <n>", "how many", integer, 6)
      .option("--source <model>", "model id, or operators, which need none", OPERATORS)
      .option("--about <text>", "what they should be about", "")
      .option("--seed <n>", "seed of every draw", integer)
      .description("have ideas written"),
  ).action(async (options: { env?: string; count: number; source: string; about: string; seed?: number }, command: Command) => {
    const lab = await context.lab();
    const environment = await chooseEnvironment(lab, options.env);
    const generated = await lab.request(
      methods.ideasGenerate,
      {
        environment: environment.name,
        count: options.count,
        source: options.source,
        instructions: options.about,
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
      .description("write an idea"),
  ).action(
    async (
      options: { env?: string; title?: string; description: string; changes: string; file?: string; on?: number },
      command: Command,
    ) => {
      const text: IdeaText =
        options.file === undefined
          ? { title: options.title ?? "", description: options.description, changes: options.changes }
          : parseIdea(await read(options.file));
      if (text.title === "")
        throw new ProvingGroundError("usage", "an idea needs a title", { hint: "Give --title, or --file with a `# Title`." });
      const lab = await context.lab();
      const environment = await chooseEnvironment(lab, options.env);
      const base = options.on ?? null;
      const idea = await lab.request(methods.ideasAdd, { environment: environment.name, text, base, parents: base === null ? [] : [base] });
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
    const edited = await (await context.lab()).request(methods.ideasEdit, { idea, text: parseIdea(await read(options.file)) });
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
      const { ideas } = await (await context.lab()).request(methods.labSubscribe, {});
      const wanted = ideas.filter((idea) => options.env === undefined || idea.environment === options.env);
      print(context, command, wanted, ideaTable(wanted));
    },
  );

  leaf(group.command("show").argument("<idea>", "number", integer).description("show an idea and its attempts")).action(
    async (idea: number, _options: object, command: Command) => {
      const detail = await (await context.lab()).request(methods.ideasGet, { idea });
      const attempts = table(
        ["attempt", "by", "outcome", "reason"],
        detail.attempts.map((attempt) => [attempt.number, attempt.by, attempt.outcome ?? "under way", clip(attempt.reason ?? "", 100)]),
        "not implemented yet",
      );
      print(context, command, detail, `${ideaTable([detail.idea])}\n\n${printIdea(detail.text)}\n${attempts}`);
    },
  );
}

function addImplementing(program: Command, context: Context): void {
  leaf(
    program
      .command("implement")
      .argument("<idea...>", "numbers", integers)
      .option("--model <id>", "model that writes the code")
      .description("turn ideas into proposals"),
  ).action(async (ideas: number[], options: { model?: string }, command: Command) => {
    const results = await (
      await context.lab()
    ).request(
      methods.implement,
      { ideas, model: options.model ?? null },
      { signal: context.signal, onProgress: progressOf(context, command) },
    );
    if (results.some((result) => result.status === "not implemented")) context.exitCode = 1;
    const rows = results.map((result) => [`#${result.idea}`, result.status, result.reason ?? ""]);
    print(context, command, results, table(["idea", "status", "reason"], rows, "nothing to implement"));
  });

  leaf(
    program
      .command("diff")
      .argument("<idea>", "number", integer)
      .option("--hunks", "list the hunks with their ids instead")
      .description("show an idea's change"),
  ).action(async (idea: number, options: { hunks?: boolean }, command: Command) => {
    const lab = await context.lab();
    if (options.hunks !== true) {
      const { diff } = await lab.request(methods.ideaDiff, { idea });
      print(context, command, { diff }, diff);
      return;
    }
    const proposal = await lab.request(methods.proposalGet, { idea });
    const hunks = proposal.files.flatMap((file) => hunksOf(file));
    const open = new Set(undecided(proposal.decisions, hunks).map((hunk) => hunk.id));
    const rows = hunks.map((hunk) => [
      hunk.id,
      hunk.path,
      hunk.proposedStart + 1,
      `+${hunk.proposedLines.length} −${hunk.baseLines.length}`,
      open.has(hunk.id) ? "undecided" : "accepted",
    ]);
    print(context, command, hunks, table(["hunk", "file", "line", "size", "decision"], rows, "no hunks"));
  });

  leaf(
    program
      .command("approve")
      .argument("<idea...>", "numbers", integers)
      .option("--reject <hunk...>", "hunks to leave out (see diff --hunks)")
      .option("--all", "accept hunks nobody has decided on")
      .description("commit proposals"),
  ).action(async (ideas: number[], options: { reject?: string[]; all?: boolean }, command: Command) => {
    const lab = await context.lab();
    const approved: Idea[] = [];
    for (const idea of ideas) {
      approved.push(
        await lab.request(methods.proposalApprove, {
          idea,
          reject: options.reject ?? [],
          undecided: options.all === true ? "accept" : "refuse",
        }),
      );
    }
    print(context, command, approved, ideaTable(approved));
  });
}

async function read(file: string): Promise<string> {
  return file === "-" ? readStream(process.stdin) : readFile(file, "utf8");
}
