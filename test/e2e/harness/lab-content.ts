/** What the tests' workspaces hold: the example environment with a budget that is short and long enough to watch. */
import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";

/** Commits everything in the workspace. */
export function commitAll(workspace: string, message: string): void {
  const git = (...args: string[]) => execFileSync("git", args, { cwd: workspace });
  git("add", "--all");
  git("-c", "user.name=Ada", "-c", "user.email=ada@localhost", "-c", "commit.gpgsign=false", "commit", "--quiet", "--message", message);
}

/** Gives runs of the example `seconds` of work instead of eight. */
export async function shortenBudget(workspace: string, seconds: number): Promise<void> {
  const file = path.join(workspace, "tinylm/budget.py");
  const text = await readFile(file, "utf8");
  const shortened = text.replace(/^TOTAL_WORK_SECONDS = .*$/m, `TOTAL_WORK_SECONDS = ${seconds}`);
  if (shortened === text) throw new Error("budget.py no longer sets TOTAL_WORK_SECONDS");
  await writeFile(file, shortened);
  commitAll(workspace, `A budget of ${seconds} work seconds`);
}

/** What git prints in the workspace. */
export function gitIn(workspace: string, ...args: string[]): string {
  return execFileSync("git", args, { cwd: workspace, encoding: "utf8" }).trim();
}
