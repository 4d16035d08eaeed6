/** `waiting`: what waits for a human, the same list as in the editor, with the command that answers it. */
import type { Command } from "commander";
import { labSubscribe } from "../../protocol/methods.ts";
import { environmentOf, waitingIn, waitingText, type Waiting } from "../../protocol/waiting.ts";
import { leaf, print, type Context } from "../context.ts";
import { ofEnvironment } from "../lab.ts";
import { clip, table } from "../output.ts";

export function addWaitingCommands(program: Command, context: Context): void {
  leaf(
    program.command("waiting").option("--env <name>", "only in this environment").description("what waits for you, and what answers it"),
  ).action(async (options: { env?: string }, command: Command) => {
    const snapshot = await (await context.lab()).request(labSubscribe, {});
    const all = waitingIn(snapshot).map((waiting) => ({ ...waiting, environment: environmentOf(waiting) }));
    const wanted = ofEnvironment(all, snapshot, options.env);
    print(context, command, wanted, waitingTable(wanted));
  });
}

export function waitingTable(list: readonly Waiting[]): string {
  const rows = list.map((waiting) => {
    const { what, about, detail } = waitingText(waiting);
    return [what, clip(about, 60), clip(detail, 40), answerTo(waiting)];
  });
  return table(["what", "about", "detail", "answer"], rows, "nothing waits for you");
}

/** What to type. */
function answerTo(waiting: Waiting): string {
  switch (waiting.kind) {
    case "idea":
      return waiting.gate === "diffs" ? `diff ${waiting.idea.id}; approve ${waiting.idea.id}` : `ideas admit ${waiting.idea.id}`;
    case "parents":
      return `search go-on ${waiting.search.id}`;
    case "paused":
      return `search resume ${waiting.search.id}`;
    case "held up":
      return `search show ${waiting.search.id}`;
    case "quarantined":
      return `runs log ${waiting.run.id}`;
  }
}
