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

/** Whether the result is for a program. */
export function wantsJson(command: Command): boolean {
  return command.optsWithGlobals<{ json?: boolean }>().json === true;
}

/** Prints a result: `value` as JSON under --json, else `text`. */
export function print(context: Context, command: Command, value: unknown, text: string): void {
  context.output.out(wantsJson(command) ? JSON.stringify(value, null, 2) : text);
}

/** Progress goes to standard error, so that standard output stays the result. */
export function progressOf(context: Context, command: Command): (progress: ProgressReport) => void {
  if (wantsJson(command)) return () => undefined;
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

/** A number as it is shown: `12` or `#12`. */
export function integer(text: string): number {
  if (!/^#?-?\d{1,15}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text.replace("#", ""));
}

export function integers(text: string, before: number[] = []): number[] {
  return [...before, ...text.split(",").map(integer)];
}

/** How many ideas one request may ask for. */
export function count(text: string): number {
  const value = integer(text);
  if (value < 1 || value > 100) throw new InvalidArgumentError("It must be between 1 and 100.");
  return value;
}

/** How many answers are written at the same time. */
export function samples(text: string): number {
  const value = integer(text);
  if (value < 1 || value > 20) throw new InvalidArgumentError("It must be between 1 and 20.");
  return value;
}

/** What becomes of ideas that nearly repeat earlier ones. */
export function repeats(text: string): "keep" | "skip" {
  if (text === "keep" || text === "skip") return text;
  throw new InvalidArgumentError("It must be keep or skip.");
}

/** Stands for whichever target has room first. */
export const ANY = "any";

/** A target as it is named on the command line; null for any. */
export const asTarget = (text: string = ANY): string | null => (text === ANY ? null : text);

export function share(text: string): number {
  const value = text.trim() === "" ? NaN : Number(text);
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError("It must be between 0 and 1.");
  return value;
}
