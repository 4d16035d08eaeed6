/** What every command gets: a lab when it asks for one, somewhere to print, and the choice between text and JSON. */
import { InvalidArgumentError, type Command } from "commander";
import type { EngineConnection } from "../protocol/connect.ts";
import type { ProgressReport } from "../protocol/methods.ts";
import type { Output } from "./output.ts";

export interface Context {
  output: Output;
  /** Set to 1 by a command that was carried out and has bad news. */
  exitCode: number;
  /** Opens the lab of the current folder; the same one however often it is asked for. */
  lab(): Promise<EngineConnection>;
  /** Ends long requests on Ctrl-C. */
  signal: AbortSignal;
}

/** Prints a result: `value` as JSON under --json, else `text`. */
export function print(context: Context, command: Command, value: unknown, text: string): void {
  const { json } = command.optsWithGlobals<{ json?: boolean }>();
  context.output.out(json === true ? JSON.stringify(value, null, 2) : text);
}

/** Progress goes to standard error, so that standard output stays the result. */
export function progressOf(context: Context, command: Command): (progress: ProgressReport) => void {
  if (command.optsWithGlobals<{ json?: boolean }>().json === true) return () => undefined;
  let last = "";
  return (progress) => {
    const line = progress.total === undefined ? progress.message : `${progress.message} (${progress.done ?? 0} of ${progress.total})`;
    if (line !== last && progress.message !== "") context.output.err(line);
    last = line;
  };
}

/** Adds the options that every command has; returns it for chaining. */
export function leaf(command: Command): Command {
  return command.option("--json", "print JSON");
}

export function integer(text: string): number {
  const value = Number(text.replace(/^#/, ""));
  if (!Number.isInteger(value)) throw new InvalidArgumentError("must be a whole number.");
  return value;
}

export function integers(text: string, before: number[] = []): number[] {
  return [...before, ...text.split(",").map(integer)];
}

export function share(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError("must be between 0 and 1.");
  return value;
}
