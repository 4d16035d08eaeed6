/** Below the table: what can be done with the chosen rows, and export. */
import { html } from "lit";
import type { TemplateResult } from "lit";
import type { FromResults } from "../../extension/protocol/webview/results.ts";
import type { Action } from "./actions.ts";

export function footer(actions: readonly Action[], post: (message: FromResults) => void): TemplateResult {
  return html`<footer class="footer" role="toolbar" aria-label="Actions">
    ${actions.map(
      (action, index) =>
        html`<vscode-button
          appearance=${index === 0 ? "primary" : "secondary"}
          aria-label=${action.label}
          title=${action.title}
          @click=${() => post(action.message)}
          >${action.label}</vscode-button
        >`,
    )}
    <span class="spacer"></span>
    <span class="export">
      <button class="plain-button link" aria-label="Export as CSV" @click=${() => post({ type: "export", format: "csv" })}>CSV</button> ·
      <button class="plain-button link" aria-label="Export as JSON" @click=${() => post({ type: "export", format: "json" })}>JSON</button>
    </span>
  </footer>`;
}
