/** Reads the closing lines of vitest, pytest and Playwright, and says in a table how every step went. */
import { stripVTControlCharacters } from "node:util";

export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** How one step of the test command went. */
export interface Outcome extends Counts {
  readonly name: string;
  readonly state: "passed" | "failed" | "not run";
  readonly seconds: number;
  /** The runners' own closing lines. */
  readonly summary: readonly string[];
}

export type Runner = "vitest" | "pytest" | "playwright";

const summaryLine: Record<Runner, RegExp> = {
  vitest: /^\s*Tests\s+\d+ (failed|passed)/,
  pytest: /^=+ .*\b\d+ (passed|failed|errors?)\b.* in [\d.]+s.*=+$/,
  playwright: /^\s+\d+ (passed|failed|flaky|interrupted|did not run|skipped)\b/,
};

const failures = /(\d+) (?:failed|errors?|flaky|interrupted|did not run)\b/g;
const passes = /(\d+) passed\b/g;

const sum = (line: string, pattern: RegExp): number => [...line.matchAll(pattern)].reduce((total, match) => total + Number(match[1]), 0);

/** The closing lines of a runner in what it printed. */
export function summaryOf(runner: Runner, output: string): string[] {
  const lines = stripVTControlCharacters(output).split(/\r?\n/);
  return lines.filter((line) => summaryLine[runner].test(line)).map((line) => line.trim());
}

/** Tests counted in closing lines; a test that did not get its turn or passed only at a second try counts as failed. */
export function countsOf(summary: readonly string[]): Counts {
  return {
    passed: summary.reduce((total, line) => total + sum(line, passes), 0),
    failed: summary.reduce((total, line) => total + sum(line, failures), 0),
  };
}

/**
 * What is printed at the end: a table, the runners' own closing lines, and the sum. A step that failed without a failed test
 * (a linter, a build, a runner that crashed) counts as one failure, so that the last line never says 0 wrongly.
 */
export function report(outcomes: readonly Outcome[]): string {
  const width = Math.max(...outcomes.map((outcome) => outcome.name.length));
  const rows = outcomes.map((outcome) => {
    const time = outcome.state === "not run" ? "" : `${outcome.seconds.toFixed(1)} s`;
    const counts = outcome.passed + outcome.failed === 0 ? "" : `${outcome.passed} passed, ${outcome.failed} failed`;
    return `  ${outcome.name.padEnd(width)}  ${outcome.state.padEnd(7)}  ${time.padStart(8)}  ${counts}`.trimEnd();
  });
  const summaries = outcomes.flatMap((outcome) => outcome.summary.map((line) => `  ${outcome.name.padEnd(width)}  ${line}`));
  const passed = outcomes.reduce((total, outcome) => total + outcome.passed, 0);
  const failed = outcomes.reduce((total, outcome) => total + Math.max(outcome.failed, outcome.state === "failed" ? 1 : 0), 0);
  return ["", ...rows, "", ...summaries, "", `${passed} passed, ${failed} failed`].join("\n");
}
