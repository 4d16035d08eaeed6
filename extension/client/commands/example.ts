/** Copies the example environment into the user's repository, and commits it if the user says so. */
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
const NAME = "tinylm";

/** @throws ProvingGroundError `usage` when the folder is there already, `no-commit` when git does not commit */
export async function addExample(extension: vscode.Uri, lab: Lab, presenter: Presenter): Promise<void> {
  const from = join(extension.fsPath, "envs", NAME);
  const files = await readdir(from);
  const into = join(lab.repository, NAME);
  if (await exists(into)) {
    throw new ProvingGroundError("usage", `there is already a folder \`${NAME}\` in ${lab.name}`, {
      hint: `Open ${NAME}/${MANIFEST_FILE}, or rename the folder and try again.`,
    });
  }
  const addAndCommit = "Add and Commit";
  const chosen = await vscode.window.showInformationMessage(
    `Add the example environment to ${lab.name}?`,
    {
      modal: true,
      detail: `It trains a small character language model in NumPy on the CPU. The folder ${NAME}/ (${files.length} entries) is created. Ideas are built on commits, so it has to be committed before they are implemented.`,
    },
    addAndCommit,
    "Only Add",
  );
  if (chosen === undefined) return;
  await cp(from, into, { recursive: true, filter: (path) => !/^(__pycache__|\.pytest_cache|\.venv)$/.test(basename(path)) });
  if (chosen === addAndCommit) await commit(lab.repository);
  await lab.link.request(environmentsList, {});
  await vscode.window.showTextDocument(vscode.Uri.file(join(into, MANIFEST_FILE)), { preview: true });
  if (chosen !== addAndCommit) void presenter.say("info", `Added ${NAME}/. Commit it before you implement ideas.`);
}

async function commit(repository: string): Promise<void> {
  try {
    await git("git", ["add", "--", NAME], { cwd: repository });
    await git("git", ["commit", "--quiet", "--message", `Add the ${NAME} environment`, "--", NAME], { cwd: repository });
  } catch (cause) {
    const { stderr } = cause as { stderr?: string };
    throw new ProvingGroundError("no-commit", `${NAME}/ was added, but git did not commit it: ${stderr?.trim() ?? String(cause)}`, {
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
