/** Copies one of the environments that come with the extension into the user's repository, and commits it if the user says so. */
import { execFile } from "node:child_process";
import { cp, readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import * as vscode from "vscode";
import { ProvingGroundError } from "../../protocol/errors.ts";
import { MANIFEST_FILE } from "../../protocol/manifest.ts";
import { environmentsList } from "../../protocol/methods.ts";
import type { Lab } from "../engine/lab.ts";
import type { Presenter } from "../present.ts";

const git = promisify(execFile);

/** Folders of `envs/`, with what they are called and what they take. */
const BUNDLED = [
  {
    label: "Tiny language model",
    description: "tinylm",
    detail: "Where to begin: a character model in NumPy, 10 s on one CPU core.",
  },
  {
    label: "GPT-2 pre-training",
    description: "nanogpt",
    detail: "124M parameters on FineWeb, 25 min on 1 or 8 GPUs; in miniature on a CPU.",
  },
  {
    label: "GRPO post-training",
    description: "grpo",
    detail: "Qwen2.5-Math-1.5B on MATH, 1 h on one GPU; in miniature on a CPU.",
  },
] as const;

/**
 * @returns name of the environment that is there now, of several the first; undefined when the user picked none
 * @throws ProvingGroundError `usage` when the folder is there already, `no-commit` when git does not commit
 */
export async function addEnvironment(extension: vscode.Uri, lab: Lab, presenter: Presenter): Promise<string | undefined> {
  const picked = await vscode.window.showQuickPick(BUNDLED, { title: `Add an environment to ${lab.name}`, matchOnDetail: true });
  if (picked === undefined) return undefined;
  const { label, description: name, detail } = picked;
  const from = join(extension.fsPath, "envs", name);
  const files = await readdir(from);
  const into = join(lab.repository, name);
  if (await exists(into)) {
    throw new ProvingGroundError("usage", `there is already a folder \`${name}\` in ${lab.name}`, {
      hint: `Open ${name}/${MANIFEST_FILE}, or rename the folder and try again.`,
    });
  }
  const addAndCommit = "Add and Commit";
  const chosen = await vscode.window.showInformationMessage(
    `Add ${label} to ${lab.name}?`,
    {
      modal: true,
      detail: `${detail}\n\nThe folder ${name}/ (${files.length} entries) is created. Ideas are built on commits, so it has to be committed before they are implemented.`,
    },
    addAndCommit,
    "Only Add",
  );
  if (chosen === undefined) return undefined;
  await cp(from, into, { recursive: true, filter: (path) => !/^(__pycache__|\.pytest_cache|\.venv)$/.test(basename(path)) });
  if (chosen === addAndCommit) await commit(lab.repository, name);
  const environments = await lab.link.request(environmentsList, {});
  await vscode.window.showTextDocument(vscode.Uri.file(join(into, MANIFEST_FILE)), { preview: true });
  if (chosen !== addAndCommit) void presenter.say("info", `Added ${name}/. Commit it before you implement ideas.`);
  return environments.find(({ directory }) => directory === name)?.name;
}

async function commit(repository: string, name: string): Promise<void> {
  try {
    await git("git", ["add", "--", name], { cwd: repository });
    await git("git", ["commit", "--quiet", "--message", `Add the ${name} environment`, "--", name], { cwd: repository });
  } catch (cause) {
    const { stderr } = cause as { stderr?: string };
    throw new ProvingGroundError("no-commit", `${name}/ was added, but git did not commit it: ${stderr?.trim() ?? String(cause)}`, {
      hint: "Commit the folder yourself.",
      cause,
    });
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
      throw error;
    },
  );
}
