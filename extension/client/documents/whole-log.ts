/** Opens the file that a run's log is, where it lies on this machine. */
import path from "node:path";
import * as vscode from "vscode";
import { ProvingGroundError } from "../../protocol/errors.ts";
import { bytesText } from "../../protocol/format.ts";
import { STATE_FOLDER } from "../../protocol/handshake.ts";
import type { Lab } from "../engine/lab.ts";

/** Bytes above which an editor is slow with a file, and says so itself. */
const LARGE = 50_000_000;

/** @throws ProvingGroundError when the log is not on this machine */
export async function openWholeLog(lab: Lab, run: number): Promise<void> {
  const file = vscode.Uri.file(path.join(lab.repository, STATE_FOLDER, "runs", String(run), "stdout.log"));
  const size = await sizeOf(file);
  if (size === null) {
    throw new ProvingGroundError("usage", `the log of run ${run} is not a file on this machine`, {
      hint: "It is where the run is executed, and comes here when the run has ended. “Show Earlier” reads any part of it now.",
    });
  }
  const inTerminal = size > LARGE && process.platform !== "win32" && (await wantsTerminal(size));
  if (inTerminal === null) return;
  if (inTerminal) {
    const options = { name: `log of run ${run}`, shellPath: "less", shellArgs: ["-R", "+G", file.fsPath] };
    vscode.window.createTerminal({ ...options, location: vscode.TerminalLocation.Editor, isTransient: true }).show();
  } else await vscode.commands.executeCommand("vscode.open", file);
}

async function sizeOf(file: vscode.Uri): Promise<number | null> {
  try {
    return (await vscode.workspace.fs.stat(file)).size;
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === "FileNotFound") return null;
    throw error;
  }
}

/** Null when the user does not choose. */
async function wantsTerminal(size: number): Promise<boolean | null> {
  const terminal = { label: "In a terminal, with less", detail: "At once; / searches, g goes to the start, q ends it" };
  const editor = { label: "In an editor", detail: `Reads all ${bytesText(size)} into memory` };
  const chosen = await vscode.window.showQuickPick([terminal, editor], { title: "Open the whole log" });
  return chosen === undefined ? null : chosen === terminal;
}
