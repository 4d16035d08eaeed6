/** Runs the system's git without a shell, away from the caller's repository variables, hooks and line-end conversion. */
import { statfs } from "node:fs/promises";
import { execa } from "execa";
import { ProvingGroundError } from "../../protocol/errors.ts";

/** Variables that would point git at another repository or change what it prints; set while a hook of the user runs us. */
const LEAKING =
  /^GIT_(DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|PREFIX|NAMESPACE|COMMON_DIR|QUARANTINE_PATH|EXTERNAL_DIFF|DIFF_OPTS|AUTHOR_.*|COMMITTER_.*|TRACE.*|.*_PATHSPECS)$/;

/** Settings of ours that win over the user's: bytes stay as they are and nothing of the user's is started. */
export const EXACT = [
  "core.autocrlf=false",
  "core.eol=lf",
  "core.safecrlf=false",
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "core.sparseCheckout=false",
  "core.splitIndex=false",
  "core.quotePath=false",
  "i18n.commitEncoding=utf-8",
  "gc.auto=0",
].flatMap((setting) => ["-c", setting]);

/** A disk with fewer bytes free is full. */
const LITTLE = 65_536;

export interface GitCall {
  input?: string | Uint8Array;
  env?: Record<string, string>;
  /** Takes paths as they are, without `*` or `:(…)` meaning anything. */
  literal?: boolean;
  /** Leaves the user's own settings in force, for questions about the user's own working copy. */
  asUser?: boolean;
}

/** How a git process ended; both streams as bytes and as text. */
export interface GitEnd {
  code: number;
  bytes: Buffer;
  stderr: string;
}

/**
 * Runs `git` and returns however it ended.
 * @throws `not-a-repository` when the folder does not exist or git is not installed, `disk-full`
 */
export async function git(folder: string, args: readonly string[], call: GitCall = {}): Promise<GitEnd> {
  const ended = await execa("git", call.asUser === true ? [...args] : [...EXACT, ...args], {
    cwd: folder,
    env: { ...gitVariables(), ...(call.literal === true ? { GIT_LITERAL_PATHSPECS: "1" } : {}), ...call.env },
    extendEnv: false,
    encoding: "buffer",
    maxBuffer: 2 ** 31 - 1,
    stripFinalNewline: false,
    reject: false,
    ...(call.input === undefined ? { stdin: "ignore" } : { input: call.input }),
  });
  const stderr = Buffer.from(ended.stderr).toString("utf8").trim();
  if (ended.exitCode === undefined) throw notStarted(folder, ended.code, ended.originalMessage ?? stderr, ended.cause);
  if (ended.exitCode !== 0 && (await isDiskFull(folder, stderr))) {
    throw new ProvingGroundError("disk-full", `the disk is full: git could not write: ${stderr.split("\n")[0] ?? ""}`, {
      hint: "Free some space, then try again; nothing that was already recorded is lost.",
    });
  }
  return { code: ended.exitCode, bytes: Buffer.from(ended.stdout), stderr };
}

/** Runs `git` and returns what it printed; any other exit status than 0 is an error that quotes git. */
export async function gitBytes(folder: string, args: readonly string[], call: GitCall = {}): Promise<Buffer> {
  const ended = await git(folder, args, call);
  if (ended.code !== 0) throw failed(args, ended);
  return ended.bytes;
}

/** As `gitBytes`, as text with its final line end removed. */
export async function gitText(folder: string, args: readonly string[], call: GitCall = {}): Promise<string> {
  return (await gitBytes(folder, args, call)).toString("utf8").replace(/\n$/, "");
}

/** The error for a git command that ended badly. */
export function failed(args: readonly string[], ended: GitEnd): ProvingGroundError {
  const said = ended.stderr.split("\n")[0] ?? "";
  if (/not a git repository|must be run in a work tree|dubious ownership/i.test(ended.stderr)) {
    return new ProvingGroundError("not-a-repository", said.replace(/^fatal: /, ""), {
      hint: ended.stderr.includes("dubious ownership")
        ? "The folder belongs to another user: add it with `git config --global --add safe.directory <folder>`."
        : "Open a folder inside a git repository, or run `git init` and commit your code.",
    });
  }
  return new ProvingGroundError("internal", `git ${args[0] ?? ""} ended with status ${ended.code}: ${said}`);
}

/** The variables every git of ours sees. */
export function gitVariables(): NodeJS.ProcessEnv {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !LEAKING.test(name)));
  return { ...inherited, LC_ALL: "C", GIT_OPTIONAL_LOCKS: "0", GIT_TERMINAL_PROMPT: "0" };
}

/** git says in many ways that it could not write, and not always why. */
async function isDiskFull(folder: string, stderr: string): Promise<boolean> {
  if (/No space left on device|Out of diskspace/i.test(stderr)) return true;
  if (!/writ|creat|lock/i.test(stderr)) return false;
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize < LITTLE;
}

/** The error for a git that could not even be started. */
export function notStarted(folder: string, code: string | undefined, message: string, cause: unknown): ProvingGroundError {
  if (code === "ENOENT") {
    return new ProvingGroundError("not-a-repository", `git could not be started in ${folder}`, {
      hint: "See that the folder exists and that git is installed and on the PATH.",
      cause,
    });
  }
  return new ProvingGroundError("internal", `git could not be run: ${message}`, { cause });
}
