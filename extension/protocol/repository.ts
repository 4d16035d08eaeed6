/** Finds the git repository that a folder belongs to. */
import { execFile } from "node:child_process";
import { realpath } from "node:fs/promises";
import { promisify } from "node:util";
import { ProvingGroundError } from "./errors.ts";

const run = promisify(execFile);

/**
 * Absolute, resolved path of the repository's top.
 * @throws ProvingGroundError `not-a-repository`
 */
export async function repositoryOf(folder: string): Promise<string> {
  try {
    const { stdout } = await run("git", ["rev-parse", "--show-toplevel"], { cwd: folder });
    return await realpath(stdout.replace(/\r?\n$/, ""));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") {
      throw new ProvingGroundError("not-a-repository", "git was not found", {
        hint: "Install git and make sure that it is on the PATH.",
        cause,
      });
    }
    const { stderr } = cause as { stderr?: string };
    if (stderr?.includes("dubious ownership") === true) {
      throw new ProvingGroundError("not-a-repository", `git does not trust ${folder}: it belongs to somebody else`, {
        hint: `If it is yours: git config --global --add safe.directory ${folder}`,
        cause,
      });
    }
    throw new ProvingGroundError("not-a-repository", `${folder} is not in a git repository`, {
      hint: "Run `git init` there and commit your code; ideas become commits on top of it.",
      cause,
    });
  }
}
