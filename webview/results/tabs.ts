/** Tabs of the right pane: arrow keys move between them, only the chosen one is in the tab order. */
import { html } from "lit";
import type { TemplateResult } from "lit";
import { TABS } from "./persisted.ts";
import type { Tab } from "./persisted.ts";

const NAMES: Record<Tab, string> = { compare: "Compare", diff: "Diff", log: "Log", family: "Family", analysis: "Analysis" };

export function tabs(chosen: Tab, choose: (tab: Tab) => void): TemplateResult {
  const move = (event: KeyboardEvent): void => {
    const steps: Record<string, number> = {
      ArrowRight: 1,
      ArrowLeft: -1,
      Home: -TABS.indexOf(chosen),
      End: TABS.length - 1 - TABS.indexOf(chosen),
    };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const tab = TABS[(TABS.indexOf(chosen) + step + TABS.length) % TABS.length] ?? chosen;
    choose(tab);
    (event.currentTarget as HTMLElement).querySelector<HTMLElement>(`#tab-${tab}`)?.focus();
  };
  return html`<div class="tabs" role="tablist" aria-label="Details" @keydown=${move}>
    ${TABS.map(
      (tab) =>
        html`<button
          class="plain-button tab"
          id="tab-${tab}"
          role="tab"
          aria-selected=${String(tab === chosen)}
          aria-controls="pane"
          tabindex=${tab === chosen ? 0 : -1}
          @click=${() => choose(tab)}
        >
          ${NAMES[tab]}
        </button>`,
    )}
  </div>`;
}
