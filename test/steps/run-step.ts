/** Runs the commands of one step, showing their output as it comes and keeping it for the closing lines. */
import { spawn } from "node:child_process";
import { countsOf, type Outcome, type Runner, summaryOf } from "./outcome.ts";

export interface StepCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Whose closing lines to read where it is not the step's. */
  readonly runner?: Runner;
}

export interface Step {
  readonly name: string;
  /** Takes long, and is part of no run that does not name it. */
  readonly whenAsked?: true;
  /** The commands, made when the step's turn comes; anything they need is installed then. */
  commands(): Promise<readonly StepCommand[]>;
  /** Its commands keep one processor busy each and run beside each other; what each says is shown when it has ended. */
  readonly atOnce?: true;
  /** Whose closing lines to read. A step with a runner that counted no test has failed. */
  readonly runner?: Runner;
}

interface Ended {
  readonly code: number;
  readonly output: string;
}

async function runShown(step: StepCommand, root: string, shown: "as it comes" | "at its end"): Promise<Ended> {
  const color = process.stdout.isTTY ? { FORCE_COLOR: "1" } : {};
  const child = spawn(step.command, step.args, {
    cwd: step.cwd ?? root,
    env: { ...process.env, ...color, ...step.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const pieces: Buffer[] = [];
  for (const [from, to] of [[child.stdout, process.stdout] as const, [child.stderr, process.stderr] as const]) {
    from.on("data", (piece: Buffer) => {
      pieces.push(piece);
      if (shown === "as it comes") to.write(piece);
    });
  }
  return await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      const output = Buffer.concat(pieces);
      if (shown === "at its end") process.stdout.write(output);
      resolve({ code: code ?? 1, output: output.toString() });
    });
  });
}

async function* ended(commands: readonly StepCommand[], step: Step, root: string): AsyncGenerator<{ code: number; summary: string[] }> {
  const done = step.atOnce === true ? await Promise.all(commands.map((command) => runShown(command, root, "at its end"))) : [];
  for (const [index, command] of commands.entries()) {
    const { code, output } = done[index] ?? (await runShown(command, root, "as it comes"));
    const runner = command.runner ?? step.runner;
    yield { code, summary: runner === undefined ? [] : summaryOf(runner, output) };
  }
}

/** Runs a step to its end, all its commands even when one fails; never rejects. */
export async function runStep(step: Step, root: string, now: () => number): Promise<Outcome> {
  const start = now();
  const summary: string[] = [];
  let failed = false;
  try {
    for await (const { code, summary: lines } of ended(await step.commands(), step, root)) {
      if (code !== 0) failed = true;
      summary.push(...lines);
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    failed = true;
  }
  const counts = countsOf(summary);
  if (step.runner !== undefined && counts.passed + counts.failed === 0) failed = true;
  const state = failed || counts.failed > 0 ? "failed" : "passed";
  return { name: step.name, state, seconds: (now() - start) / 1000, summary, ...counts };
}
