/** A field for a number: what is typed stays as it is typed, and is told on as soon as it can be read. */
import { html } from "lit";
import type { PropertyValues } from "lit";
import { rangeText, readNumber } from "../../extension/protocol/read-number.ts";
import type { Range } from "../../extension/protocol/read-number.ts";
import { FrameElement } from "../shared/frame-element.ts";
import { nameFields } from "../shared/toolkit.ts";
import type { ValueElement } from "../shared/toolkit.ts";

/** Fires `choose` with a new number as detail, and `wrong` with whether what is typed now cannot be read. */
export class NumberField extends FrameElement {
  static override properties = {
    label: { attribute: false },
    value: { attribute: false },
    range: { attribute: false },
    unit: { attribute: false },
    none: { attribute: false },
  };
  /** Name for screen readers, and in what is said of a wrong number. */
  declare label: string;
  declare value: number;
  declare range: Range;
  declare unit: string;
  /** What an empty field says, which then stands for 0; null where it must not be empty. */
  declare none: string | null;

  /** Told on and not yet confirmed: an older value that arrives meanwhile does not take its place. */
  #told: number | null = null;
  #wrong = false;

  constructor() {
    super();
    this.unit = "";
    this.none = null;
  }

  protected override render() {
    return html`<vscode-text-field
      inputmode=${this.range.whole ? "numeric" : "decimal"}
      data-label=${this.label}
      title="${this.label}: ${rangeText(this.range)}"
      placeholder=${this.none ?? ""}
      aria-invalid=${String(this.#wrong)}
      @input=${this.#typed}
      ><span slot="end" class="dim">${this.unit}</span></vscode-text-field
    >`;
  }

  protected override updated(changed: PropertyValues<this>): void {
    nameFields(this);
    if (!changed.has("value")) return;
    const field = this.querySelector<ValueElement>("vscode-text-field");
    if (field === null) return;
    const confirmed = this.value === this.#told;
    if (confirmed) this.#told = null;
    // What the user is typing keeps its text and caret, `1.` and `007` included.
    if (this.contains(document.activeElement) && (confirmed || this.#told !== null || this.#wrong)) return;
    this.#told = null;
    this.#setWrong(false);
    field.value = this.value === 0 && this.none !== null ? "" : String(this.value);
  }

  readonly #typed = (event: Event): void => {
    event.stopPropagation();
    const text = (event.currentTarget as ValueElement).value;
    const value = text.trim() === "" && this.none !== null ? 0 : readNumber(text, this.range);
    this.#setWrong(value === null);
    if (value === null || value === this.value) return;
    this.#told = value;
    this.dispatchEvent(new CustomEvent("choose", { detail: value }));
  };

  #setWrong(wrong: boolean): void {
    if (wrong === this.#wrong) return;
    this.#wrong = wrong;
    this.dispatchEvent(new CustomEvent("wrong", { detail: wrong }));
    this.requestUpdate();
  }
}

customElements.define("proving-ground-number", NumberField);
