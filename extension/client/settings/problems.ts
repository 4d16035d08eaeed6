/** Problems of manifests as the editor's own diagnostics, at their line and column. */
import { isAbsolute, join } from "node:path";
import * as vscode from "vscode";
import type { ErrorData } from "../../protocol/errors.ts";
import { MANIFEST_FILE } from "../../protocol/manifest.ts";
import { environmentsList } from "../../protocol/methods.ts";
import type { Lab } from "../engine/lab.ts";
import type { Labs } from "../engine/labs.ts";
import type { Contribution } from "../lifecycle.ts";

export const problems =
  (labs: Labs, onError: (error: unknown) => void): Contribution =>
  (owner) => {
    const collection = owner.add(vscode.languages.createDiagnosticCollection("provingGround"));
    const show = () => {
      collection.clear();
      for (const lab of labs.all) showLab(collection, lab);
    };
    owner.add(labs.onDidChange(show));
    owner.add(
      labs.onDidChangeLab(({ change: { before, snapshot } }) => {
        if (before?.environments !== snapshot.environments) show();
      }),
    );
    // Saving a manifest, or code that its knobs point into, is when the user wants to hear of it.
    owner.add(
      vscode.workspace.onDidSaveTextDocument(({ uri }) => {
        const lab = labs.all.find((one) => uri.scheme === "file" && concerns(one, uri.fsPath));
        if (lab?.link.state.kind === "connected") lab.link.request(environmentsList, {}).catch(onError);
      }),
    );
  };

/** Whether a file belongs to an environment of the lab, or is a manifest that could become one. */
function concerns(lab: Lab, path: string): boolean {
  if (!path.startsWith(lab.repository) || path.includes("/.proving-ground/")) return false;
  if (path.endsWith(MANIFEST_FILE)) return true;
  return lab.environments.some(({ directory }) => path.startsWith(join(lab.repository, directory)));
}

function showLab(collection: vscode.DiagnosticCollection, lab: Lab): void {
  for (const environment of lab.environments) {
    if (environment.state !== "broken") continue;
    const manifest = join(lab.repository, environment.directory, MANIFEST_FILE);
    for (const [file, list] of Map.groupBy(environment.problems, (problem) => fileOf(lab, problem) ?? manifest)) {
      collection.set(vscode.Uri.file(file), list.map(toDiagnostic));
    }
  }
}

function fileOf(lab: Lab, { place }: ErrorData): string | undefined {
  if (place === undefined) return undefined;
  return isAbsolute(place.file) ? place.file : join(lab.repository, place.file);
}

function toDiagnostic({ message, hint, place }: ErrorData): vscode.Diagnostic {
  const line = Math.max(0, (place?.line ?? 1) - 1);
  const column = Math.max(0, (place?.column ?? 1) - 1);
  const range = new vscode.Range(line, column, line, column === 0 && place?.column === undefined ? 1000 : column + 1);
  const diagnostic = new vscode.Diagnostic(range, hint === undefined ? message : `${message}. ${hint}`, vscode.DiagnosticSeverity.Error);
  diagnostic.source = "Proving Ground";
  return diagnostic;
}
