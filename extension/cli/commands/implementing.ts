/** `implement`, `diff` and `approve`: from an idea to a commit. */
import type { Command } from "commander";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Idea } from "../../protocol/idea.ts";
import * as methods from "../../protocol/methods.ts";
import { hunksOf, undecided } from "../../protocol/review.ts";
import { integer, integers, leaf, print, progressOf, samples, type Context } from "../context.ts";
import { table } from "../output.ts";
import { ideaTable } from "./ideas.ts";

export function addImplementingCommands(program: Command, context: Context): void {
  leaf(
    program
      .command("implement")
      .argument("<idea...>", "numbers", integers)
      .option("--model <id>", "model that writes the code")
      .option("--samples <n>", "answers written at the same time; the first that applies and passes the checks wins", samples, 1)
      .option("--note <text>", "a remark for the model, on what to do differently")
      .option("--replace", "also proposals that were worked on by hand")
      .description("turn ideas into proposals"),
  ).action(async (ideas: number[], options: { model?: string; samples: number; note?: string; replace?: true }, command: Command) => {
    const asked = {
      ideas,
      model: options.model ?? null,
      samples: options.samples,
      replace: options.replace ?? false,
      ...(options.note === undefined ? {} : { note: options.note }),
    };
    const results = await (
      await context.lab()
    ).request(methods.implement, asked, { signal: context.signal, onProgress: progressOf(context, command) });
    if (results.some((result) => result.status === "not implemented")) context.exitCode = 1;
    const rows = results.map((result) => [`#${result.idea}`, result.status, result.reason ?? ""]);
    print(context, command, results, table(["idea", "status", "reason"], rows, "nothing to implement"));
  });

  leaf(
    program
      .command("repair")
      .argument("<idea>", "number", integer)
      .option("--model <id>", "model that writes the code; else the one that wrote it before")
      .description("hand an idea whose run failed back to a model, as a new idea"),
  ).action(async (idea: number, options: { model?: string }, command: Command) => {
    const lab = await context.lab();
    const written = await lab.request(
      methods.ideasRepair,
      { idea, model: options.model ?? null },
      { signal: context.signal, onProgress: progressOf(context, command) },
    );
    if (written.status !== "in review") context.exitCode = 1;
    print(context, command, written, ideaTable([written]));
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
      if (diff === "") context.output.err("no change yet");
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
      .option("--judge <model>", "model that is asked afterwards which kind of change it is")
      .description("commit proposals"),
  ).action(async (ideas: number[], options: { reject?: string[]; all?: boolean; judge?: string }, command: Command) => {
    const lab = await context.lab();
    const approved: Idea[] = [];
    for (const idea of ideas) {
      const request = {
        idea,
        reject: options.reject ?? [],
        undecided: options.all === true ? "accept" : "refuse",
        judge: options.judge ?? null,
      } as const;
      approved.push(
        await lab.request(methods.proposalApprove, request).catch((cause: unknown) => {
          throw inTerminal(ProvingGroundError.from(cause), idea, approved);
        }),
      );
    }
    print(context, command, approved, ideaTable(approved));
  });
}

/** The error with what to do about it here, and what was done before it. */
function inTerminal(error: ProvingGroundError, idea: number, approved: readonly Idea[]): ProvingGroundError {
  const hint =
    error.code === "undecided-hunks"
      ? `\`proving-ground diff ${idea} --hunks\` lists them: leave some out with --reject, take the rest with --all.`
      : error.hint;
  const before = approved.length === 0 ? [] : [`Approved before it: ${approved.map(({ id }) => `#${id}`).join(", ")}.`];
  const said = [...(hint === undefined ? [] : [hint]), ...before].join(" ");
  return new ProvingGroundError(error.code, error.message, { ...(said === "" ? {} : { hint: said }), cause: error });
}
