/** Runs the commands of one step, showing their output as it comes and keeping it for the closing lines. */
import { spawn } from "node:child_process";
import { countsOf, type Outcome, type Runner, summaryOf } from "./outcome.ts";

export interface StepCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Step {
  readonly name: string;
  /** Takes long, and is part of no run that does not name it. */
  readonly whenAsked?: true;
  /** The commands, made when the step's turn comes; anything they need is installed then. */
  commands(): Promise<readonly StepCommand[]>;
  /** Whose closing lines to read. A step with a runner that counted no test has failed. */
  readonly runner?: Runner;
}

interface Ended {
  readonly code: number;
  readonly output: string;
}

async function runShown(step: StepCommand, root: string): Promise<Ended> {
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
      to.write(piece);
    });
  }
  return await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      resolve({ code: code ?? 1, output: Buffer.concat(pieces).toString() });
    });
  });
}

/** Runs a step to its end, all its commands even when one fails; never rejects. */
export async function runStep(step: Step, root: string, now: () => number): Promise<Outcome> {
  const start = now();
  const summary: string[] = [];
  let failed = false;
  try {
    for (const command of await step.commands()) {
      const { code, output } = await runShown(command, root);
      if (code !== 0) failed = true;
      if (step.runner !== undefined) summary.push(...summaryOf(step.runner, output));
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
