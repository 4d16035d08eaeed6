/** `ideas pin`, `ban`, `unmark`, `admit`, `rebase`: what ideas are to a search. */
import { InvalidArgumentError, type Command } from "commander";
import type { Idea } from "../../protocol/idea.ts";
import { ideasAdmit, ideasMark, ideasRebase } from "../../protocol/methods.ts";
import { integer, integers, leaf, print, type Context } from "../context.ts";

const BASELINE = "baseline";

/** @param tableOf how ideas are printed */
export function addMarkCommands(group: Command, context: Context, tableOf: (ideas: readonly Idea[]) => string): void {
  const marking = [
    ["pin", "pinned", "make them parents of every epoch of every search"],
    ["ban", "banned", "make them parents of none"],
    ["unmark", null, "leave it to searches again whether they are parents"],
  ] as const;
  for (const [name, mark, description] of marking) {
    leaf(group.command(name).argument("<idea...>", "numbers", integers).description(description)).action(
      async (ideas: number[], _options: object, command: Command) => {
        const marked = await (await context.lab()).request(ideasMark, { ideas, mark });
        print(context, command, marked, tableOf(marked));
      },
    );
  }

  leaf(
    group
      .command("admit")
      .argument("<idea...>", "numbers", integers)
      .description("let them pass the gate of their search that each waits at"),
  ).action(async (ideas: number[], _options: object, command: Command) => {
    const admitted = await (await context.lab()).request(ideasAdmit, { ideas });
    print(context, command, admitted, tableOf(admitted));
  });

  leaf(
    group
      .command("rebase")
      .argument("<idea>", "number", integer)
      .requiredOption("--base <idea>", "idea whose code it is written on, or baseline", base)
      .description("write a draft on another idea's code, or on the baseline"),
  ).action(async (idea: number, options: { base: number | typeof BASELINE }, command: Command) => {
    const asked = { idea, base: options.base === BASELINE ? null : options.base };
    const rebased = await (await context.lab()).request(ideasRebase, asked);
    print(context, command, rebased, tableOf([rebased]));
  });
}

function base(text: string): number | typeof BASELINE {
  if (text === BASELINE) return BASELINE;
  if (!/^#?\d{1,15}$/.test(text)) throw new InvalidArgumentError("It must be the number of an idea, or baseline.");
  return Number(text.replace("#", ""));
}
