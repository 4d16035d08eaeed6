/** Results as a file of the user's choice. */
import * as vscode from "vscode";
import { resultsExport } from "../../protocol/methods.ts";
import type { Lab } from "../engine/lab.ts";

/** Asks where to, writes the table, offers to open it. */
export async function exportResults(lab: Lab, environment: string, format: "csv" | "json"): Promise<void> {
  const uri = await vscode.window.showSaveDialog({
    title: `Export results of ${environment}`,
    defaultUri: vscode.Uri.joinPath(vscode.Uri.file(lab.repository), `${environment}-results.${format}`),
    filters: format === "csv" ? { "CSV table": ["csv"] } : { JSON: ["json"] },
  });
  if (uri === undefined) return;
  const { text } = await lab.link.request(resultsExport, { environment, format });
  await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(text));
  const open = "Open";
  const chosen = await vscode.window.showInformationMessage(`Wrote ${vscode.workspace.asRelativePath(uri)}.`, open);
  if (chosen === open) await vscode.window.showTextDocument(uri);
}
