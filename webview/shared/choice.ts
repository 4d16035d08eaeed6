/** A labelled dropdown whose options and value may change at any time, in any order. */
import { html } from "lit";
import type { PropertyValues } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { FrameElement } from "./frame-element.ts";
import type { ValueElement } from "./toolkit.ts";

export interface Option {
  id: string;
  label: string;
  /** Why it cannot be chosen; null when it can. */
  problem: string | null;
}

/** Fires `choose` with the chosen id as detail. */
export class Choice extends FrameElement {
  static override properties = {
    label: { attribute: false },
    options: { attribute: false },
    value: { attribute: false },
    disabled: { attribute: false },
  };
  declare label: string;
  declare options: Option[];
  declare value: string;
  declare disabled: boolean;

  constructor() {
    super();
    this.label = "";
    this.options = [];
    this.value = "";
    this.disabled = false;
  }

  protected override render() {
    return html`<vscode-dropdown
      aria-label=${this.label}
      title=${this.options.find((option) => option.id === this.value)?.problem ?? this.label}
      ?disabled=${this.disabled}
      @change=${this.#changed}
    >
      ${repeat(
        this.options,
        (option) => option.id,
        (option) =>
          html`<vscode-option .value=${option.id} ?disabled=${option.problem !== null} title=${option.problem ?? ""}
            >${option.label}${option.problem === null ? "" : " (not ready)"}</vscode-option
          >`,
      )}
    </vscode-dropdown>`;
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("value") || changed.has("options")) void this.#show();
  }

  /** The dropdown learns of its options only when they are in their slot; a value set before that would be lost. */
  async #show(): Promise<void> {
    await new Promise(requestAnimationFrame);
    const dropdown = this.querySelector<ValueElement>("vscode-dropdown");
    if (dropdown !== null && dropdown.value !== this.value) dropdown.value = this.value;
  }

  readonly #changed = (event: Event): void => {
    event.stopPropagation();
    const { value } = event.currentTarget as ValueElement;
    // The dropdown also reports values that it was given.
    if (value === this.value || value === "") return;
    this.dispatchEvent(new CustomEvent("choose", { detail: value }));
  };
}

customElements.define("proving-ground-choice", Choice);
