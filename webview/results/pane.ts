/** Base of the right-hand panes: waiting and failing look the same in all of them. */
import { html } from "lit";
import type { TemplateResult } from "lit";
import { ProvingGroundError } from "../../extension/protocol/errors.ts";
import { FrameElement } from "../shared/frame-element.ts";
import type { Asker } from "./ask.ts";
import type { IdeaRow, Results } from "./collect.ts";
import type { Line } from "./lines.ts";

export abstract class Pane extends FrameElement {
  static override properties = { results: { attribute: false }, chosen: { attribute: false }, line: { attribute: false } };
  declare results: Results;
  /** Ticked rows in the order they were ticked, or the row with the cursor. */
  declare chosen: readonly IdeaRow[];
  /** The line with the cursor. */
  declare line: Line | null;
  ask!: Asker;

  protected problem: ProvingGroundError | null = null;

  /** Runs a question; a failure is shown in the pane. */
  protected async settle(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.problem = null;
    } catch (thrown) {
      this.problem = ProvingGroundError.from(thrown);
    }
    this.requestUpdate();
  }

  protected waiting(what: string): TemplateResult {
    return html`<div class="progress endless" role="progressbar" aria-label=${what}><div></div></div>
      <p class="hint">${what}…</p>`;
  }

  protected hint(text: string): TemplateResult {
    return html`<p class="hint">${text}</p>`;
  }

  protected failed(problem: ProvingGroundError): TemplateResult {
    return html`<div class="hint" role="alert"><span class="bad">${problem.message}</span> ${problem.hint ?? ""}</div>`;
  }
}
