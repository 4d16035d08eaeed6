/** `proving-ground`: the lab from a terminal. Exit codes: 0 done, 1 failed, 2 wrong usage. */
import { Command, CommanderError } from "commander";
import type { EngineConnection } from "../protocol/connect.ts";
import { ProvingGroundError } from "../protocol/errors.ts";
import { addEnvironmentCommands } from "./commands/environments.ts";
import { addIdeaCommands } from "./commands/ideas.ts";
import { addLabCommands } from "./commands/lab.ts";
import { addPatchCommands } from "./commands/patch.ts";
import { addRunCommands } from "./commands/runs.ts";
import type { Context } from "./context.ts";
import { openLab } from "./lab.ts";
import { describe, type Output } from "./output.ts";

declare const PROVING_GROUND_VERSION: string;

/** @returns the exit code */
async function main(arguments_: readonly string[], output: Output): Promise<number> {
  const interrupt = new AbortController();
  process.once("SIGINT", () => {
    interrupt.abort(new ProvingGroundError("cancelled", "interrupted"));
  });
  let lab: Promise<EngineConnection> | null = null;
  const context: Context = {
    output,
    exitCode: 0,
    signal: interrupt.signal,
    lab: () => (lab ??= openLab(process.cwd(), () => undefined)),
  };
  const program = new Command("proving-ground")
    .description("AI research that is grounded in execution")
    .version(PROVING_GROUND_VERSION)
    .exitOverride()
    .showHelpAfterError("(add --help for the options)");
  addEnvironmentCommands(program, context);
  addIdeaCommands(program, context);
  addRunCommands(program, context);
  addLabCommands(program, context);
  addPatchCommands(program, context);
  try {
    await program.parseAsync(arguments_);
    return context.exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
    const error = ProvingGroundError.from(thrown);
    if (arguments_.includes("--json")) output.out(JSON.stringify({ error: error.toData() }, null, 2));
    else output.err(describe(error));
    return error.code === "usage" ? 2 : 1;
  } finally {
    await (lab as Promise<EngineConnection> | null)?.then(
      (connection) => connection.dispose(),
      () => undefined, // it was reported when it was asked for
    );
  }
}

process.exitCode = await main(process.argv, {
  out: (text) => void process.stdout.write(`${text}\n`),
  err: (text) => void process.stderr.write(`${text}\n`),
});
