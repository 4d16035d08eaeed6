/** Prepares a git workspace that holds an example environment, as a researcher would have one. */
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { EngineAddress, STATE_FOLDER } from "../../extension/protocol/handshake.ts";
import { runCommand } from "./commands.ts";

const root = path.resolve(import.meta.dirname, "../..");

/** The command line of the built extension. */
export const cli = path.join(root, "dist/cli.mjs");

/** What an example keeps to itself: its own tests and what running it leaves behind. */
const notCopied = /^(tests|__pycache__|\.pytest_cache|\.venv|requirements-test.*\.txt)$/;

const readme = (name: string) => `# A lab

\`${name}/\` is a research problem that can be executed: \`${name}/environment.yaml\` describes it to Proving Ground.
Ideas, runs and results are kept in \`.proving-ground/\`, which git does not see; implementations are commits under
\`refs/proving-ground/\`.
`;

/** Variables for git where the user has no identity of their own; empty otherwise. */
function identityFor(folder: string): NodeJS.ProcessEnv {
  try {
    runCommand("git", ["var", "GIT_COMMITTER_IDENT"], { cwd: folder });
    runCommand("git", ["config", "user.email"], { cwd: folder });
    return {};
  } catch {
    const name = "Proving Ground";
    const email = "lab@localhost";
    return { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email };
  }
}

/**
 * Makes `folder` a git repository with one commit that holds the example environment in a folder of its name. A repository
 * that is already there is kept as it is.
 *
 * @param folder absolute path; created
 * @param example name of a folder of `envs/`
 * @returns true when it was made now
 */
export async function prepareLab(folder: string, example = "tinylm"): Promise<boolean> {
  if (existsSync(path.join(folder, ".git"))) return false;
  await mkdir(folder, { recursive: true });
  await cp(path.join(root, "envs", example), path.join(folder, example), {
    recursive: true,
    filter: (source) => !notCopied.test(path.basename(source)),
  });
  await writeFile(path.join(folder, "README.md"), readme(example));
  const git = (...args: string[]) => runCommand("git", args, { cwd: folder, env: { ...process.env, ...identityFor(folder) } });
  git("init", "--quiet", "--initial-branch", "main");
  git("add", "--all");
  git("-c", "commit.gpgsign=false", "commit", "--quiet", "--message", `The ${example} environment`);
  return true;
}

/** Process id of the engine that serves a repository, or undefined when none has written that it does. */
export async function enginePid(folder: string): Promise<number | undefined> {
  const file = path.join(folder, STATE_FOLDER, "engine.json");
  if (!existsSync(file)) return undefined;
  return EngineAddress.parse(JSON.parse(await readFile(file, "utf8"))).pid;
}

/** Asks the engine of a repository to end, through the CLI; does nothing when there is none. */
export function stopEngine(folder: string): void {
  if (existsSync(path.join(folder, STATE_FOLDER, "engine.json"))) runCommand(process.execPath, [cli, "engine", "stop"], { cwd: folder });
}
