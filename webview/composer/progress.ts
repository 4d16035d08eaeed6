/** What is under way and what came of it: progress with what was written so far, and the message that stays. */
import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { ComposerState } from "../../extension/protocol/webview/composer.ts";

export function underWay(busy: NonNullable<ComposerState["busy"]>, cancel: () => void): TemplateResult {
  const share = busy.done === null || busy.total === null || busy.total === 0 ? null : busy.done / busy.total;
  return html`<div class="busy">
    <div class="pair">
      <span class="grow doing" role="status" title=${busy.message}>${busy.message}</span>
      <vscode-button appearance="secondary" @click=${cancel}>Cancel</vscode-button>
    </div>
    <div
      class="progress ${share === null ? "endless" : ""}"
      role="progressbar"
      aria-label=${busy.message}
      aria-valuenow=${share === null ? nothing : Math.round(share * 100)}
    >
      <div .style=${share === null ? "" : `width:${Math.round(share * 100)}%`}></div>
    </div>
    ${busy.text === "" ? nothing : html`<pre class="tail" tabindex="0" aria-label="Text written so far">${busy.text}</pre>`}
  </div>`;
}

export function messageBox({ level, text }: NonNullable<ComposerState["message"]>): TemplateResult {
  const role = level === "error" ? "alert" : "status";
  // As a property: the box keeps line breaks, and those of a template would be among them.
  return html`<div class="message ${level}" role=${role} tabindex="0" .textContent=${text}></div>`;
}
