/** Runs other programs for the scripts here, with an error that says what failed and where. */
import { spawnSync } from "node:child_process";

export interface CommandOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Show the output as it comes instead of returning it. */
  readonly show?: boolean;
}

/**
 * Runs a program to its end and returns what it wrote to standard output (empty with `show`).
 *
 * @throws when it cannot be started or does not exit with 0; the message holds its output.
 */
export function runCommand(command: string, args: readonly string[], options: CommandOptions): string {
  const done = spawnSync(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    encoding: "utf8",
    stdio: options.show === true ? "inherit" : ["ignore", "pipe", "pipe"],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (done.status === 0) return options.show === true ? "" : done.stdout;
  const said = options.show === true ? "its messages are above" : `${done.stdout}${done.stderr}`.trim();
  const how = done.error?.message ?? (done.status === null ? `ended by ${done.signal ?? "a signal"}` : `exit ${done.status}`);
  throw new Error(`\`${[command, ...args].join(" ")}\` failed in ${options.cwd} (${how}): ${said}`, { cause: done.error });
}
