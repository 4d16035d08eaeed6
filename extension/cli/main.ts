/** `proving-ground`: the lab from a terminal. Exit codes: 0 done, 1 failed, 2 wrong usage. */
import { Command, CommanderError } from "commander";
import type { EngineConnection } from "../protocol/connect.ts";
import { ProvingGroundError } from "../protocol/errors.ts";
import { addBenchmarkCommand } from "./commands/benchmark.ts";
import { addEnvironmentCommands } from "./commands/environments.ts";
import { addIdeaCommands } from "./commands/ideas.ts";
import { addImplementingCommands } from "./commands/implementing.ts";
import { addLabCommands } from "./commands/lab.ts";
import { addPatchCommands } from "./commands/patch.ts";
import { addResultCommands } from "./commands/results.ts";
import { addRunCommands } from "./commands/runs.ts";
import { addSearchCommands } from "./commands/searches.ts";
import { addTargetCommands } from "./commands/targets.ts";
import { addWaitingCommands } from "./commands/waiting.ts";
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
  addImplementingCommands(program, context);
  addRunCommands(program, context);
  addTargetCommands(program, context);
  addSearchCommands(program, context);
  addWaitingCommands(program, context);
  addBenchmarkCommand(program, context);
  addResultCommands(program, context);
  addLabCommands(program, context);
  addPatchCommands(program, context);
  const json = arguments_.includes("--json");
  const fail = (error: ProvingGroundError) => {
    if (json) output.out(JSON.stringify({ error: error.toData() }, null, 2));
    return error.code === "usage" ? 2 : 1;
  };
  try {
    await program.parseAsync(arguments_);
    return context.exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : fail(wrongUsage(thrown)); // it has said so itself
    const error = ProvingGroundError.from(thrown);
    output.err(describe(error));
    return fail(error);
  } finally {
    await (lab as Promise<EngineConnection> | null)?.then(
      (connection) => connection.dispose(),
      () => undefined, // it was reported when it was asked for
    );
  }
}

function wrongUsage(error: CommanderError): ProvingGroundError {
  const message = error.code === "commander.help" ? "a command is missing" : error.message.replace(/^error: /, "").replaceAll("\n", " ");
  return new ProvingGroundError("usage", message, { hint: "--help lists commands and options.", cause: error });
}

/** Whoever reads may have seen enough, as `head` has; anything else that keeps the result from being written is a failure. */
function cannotWrite(cause: NodeJS.ErrnoException): never {
  if (cause.code === "EPIPE") process.exit(0);
  const error = ProvingGroundError.from(cause);
  process.stderr.write(`${describe(error)}\n`);
  process.exit(1);
}

process.stdout.on("error", cannotWrite);
process.stderr.on("error", () => undefined); // then nobody can be told
process.exitCode = await main(process.argv, {
  out: (text) => {
    if (text !== "") process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
  },
  write: (text) =>
    new Promise((resolve) => {
      if (process.stdout.write(text)) resolve();
      else process.stdout.once("drain", resolve);
    }),
  err: (text) => void process.stderr.write(`${text}\n`),
});
