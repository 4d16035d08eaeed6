/** A search under way, or the newest that has ended: how far it is, what it used and found, and what can be done with it. */
import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { capitalised, counted } from "../../extension/protocol/format.ts";
import type { SearchAction, SearchCard } from "../../extension/protocol/webview/composer.ts";

export interface CardActions {
  act(search: number, action: SearchAction): void;
  showWaiting(): void;
}

export function searchCard(card: SearchCard, actions: CardActions): TemplateResult {
  const { title, state, progress, share, note, where, waiting, spent, best, others } = card;
  const done = Math.round(share * 100);
  return html`<section class="card ${state}" aria-label=${title}>
    <div class="pair">
      <strong class="grow">${title}</strong><span class="dim" role="status">${state === "running" && note !== null ? "waits" : state}</span>
    </div>
    ${
      state === "ended"
        ? nothing
        : html`<div class="progress" role="progressbar" aria-label="Ideas written" aria-valuenow=${done}>
            <div .style=${`width:${done}%`}></div>
          </div>`
    }
    ${note === null ? nothing : html`<div class="note">${note}</div>`}
    <div>${progress}</div>
    ${where === "" ? nothing : html`<div class="dim">${capitalised(where)}</div>`}
    ${
      waiting === ""
        ? nothing
        : html`<button class="plain-button link" type="button" @click=${() => actions.showWaiting()}>Waits for you: ${waiting}</button>`
    }
    ${state === "ended" ? nothing : buttons(card, actions)} ${best === null ? nothing : html`<div class="best" title=${best}>${best}</div>`}
    ${spent === "" ? nothing : html`<div class="dim">Used ${spent}</div>`}
    ${
      others === 0
        ? nothing
        : html`<div class="dim" title="Commands on searches ask which is meant">
            ${counted(others, "other search", "other searches")} under way
          </div>`
    }
  </section>`;
}

function buttons({ search, state, asksForParents }: SearchCard, actions: CardActions): TemplateResult {
  const button = (action: SearchAction, label: string, title: string, rank: "first" | "secondary" = "secondary") =>
    html`<vscode-button
      class=${rank}
      appearance=${rank === "secondary" ? "secondary" : "primary"}
      title=${title}
      @click=${() => actions.act(search, action)}
      >${label}</vscode-button
    >`;
  return html`<div class="pair">
    ${asksForParents ? button("goOn", "Go on", "Begin the next epoch with the parents as they are", "first") : nothing}
    ${
      state === "paused"
        ? button("resume", "Resume", "Go on where it stopped", "first")
        : button("pause", "Pause", "Begin nothing more; what is under way goes on")
    }
    ${button("stop", "Stop", "End it; its runs are stopped")} ${button("change", "Change…", "Change size, epochs, gates, caps")}
  </div>`;
}
