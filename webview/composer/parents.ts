/** The chosen parents as chips, and how much of the next epoch builds on them. */
import { html } from "lit";
import type { TemplateResult } from "lit";
import type { ComposerState } from "../../extension/protocol/webview/composer.ts";

/**
 * @param exploit share that builds on the parents, 0 to 1, as the slider shows it
 * @param remove called with the idea that is no parent any more
 */
export function parentChips(
  parents: ComposerState["parents"],
  exploit: number,
  remove: (idea: number) => void,
  dragged: (event: Event) => void,
): TemplateResult {
  const percent = Math.round(exploit * 100);
  return html`<div class="caption" id="parents-caption">Build on</div>
    <ul class="chips" aria-labelledby="parents-caption">
      ${parents.map(
        (parent) =>
          html`<li class="chip" title="#${parent.id} ${parent.title}">
            <span class="name">${parent.title}</span><span class="metric">${parent.metric}</span
            ><button
              class="plain-button"
              type="button"
              aria-label="Do not build on #${parent.id} ${parent.title}"
              title="Do not build on this"
              @click=${() => remove(parent.id)}
            >
              ✕
            </button>
          </li>`,
      )}
    </ul>
    <div class="share">
      <label for="exploit">Explore</label>
      <input
        id="exploit"
        type="range"
        min="0"
        max="1"
        step="0.1"
        aria-label="Share that builds on the parents"
        aria-valuetext="${percent} % build on the parents, ${100 - percent} % explore"
        title="${percent} % build on the parents, ${100 - percent} % explore"
        @input=${dragged}
      />
      <span class="dim">Exploit ${percent} %</span>
    </div>`;
}
