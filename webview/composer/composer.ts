/** The composer: what the next ideas should be about, and the buttons that make them. */
import { html, nothing } from "lit";
import type { ComposerState, FromComposer } from "../../extension/protocol/webview/composer.ts";
import { ToComposer } from "../../extension/protocol/webview/composer.ts";
import type { Choice } from "../shared/choice.ts";
import { FrameElement } from "../shared/frame-element.ts";
import { editorApi, listen } from "../shared/host.ts";
import { nameFields } from "../shared/toolkit.ts";
import type { ValueElement } from "../shared/toolkit.ts";
import { keepDrafts, readCount } from "./drafts.ts";
import type { Drafts } from "./drafts.ts";

const FIELDS = ["instructions", "count", "exploit"] as const;

export class Composer extends FrameElement {
  readonly #api = editorApi();
  #state: ComposerState | null = null;
  #drafts: Drafts = {};
  #wrongCount: string | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    listen(window, (data) => ToComposer.safeParse(data).data ?? null, this.#receive);
    this.#post({ type: "ready" });
  }

  readonly #receive = (message: ToComposer): void => {
    this.#drafts = keepDrafts(this.#drafts, this.#state, message.state, this.#focused());
    this.#state = message.state;
    this.requestUpdate();
  };

  protected override render() {
    const state = this.#state;
    if (state === null) return html`<div class="progress endless" role="progressbar" aria-label="Loading"><div></div></div>`;
    if (state.blocked !== null) return this.#blocked(state.blocked);
    return html`<form class="composer" @submit=${(event: Event) => event.preventDefault()}>
      ${this.#fields(state)}${this.#foot(state)}
    </form>`;
  }

  #fields(state: ComposerState) {
    return html`${this.#environment(state)}
      <vscode-text-area
        id="instructions"
        rows="2"
        resize="vertical"
        data-label="What should the ideas be about?"
        placeholder="What should they be about? E.g. schedules; no larger model"
        @input=${this.#typedInstructions}
      ></vscode-text-area>
      ${state.parents.length === 0 ? nothing : this.#parents(state)}
      <div class="pair">
        <vscode-text-field
          id="count"
          class="count"
          inputmode="numeric"
          data-label="Number of ideas"
          aria-invalid=${this.#wrongCount === null ? "false" : "true"}
          title="Number of ideas, 1 to 100"
          @input=${this.#typedCount}
          ><span slot="end" class="dim">ideas</span></vscode-text-field
        >
        <proving-ground-choice
          class="grow"
          .label=${"Model"}
          .options=${state.models}
          .value=${state.model}
          @choose=${(event: CustomEvent<string>) => this.#change({ model: event.detail })}
        ></proving-ground-choice>
      </div>
      ${this.#wrongCount === null ? nothing : html`<div class="bad" role="alert">Ask for 1 to 100 ideas.</div>`}
      ${state.forecast === "" ? nothing : html`<div class="dim forecast">${state.forecast}</div>`}`;
  }

  /** What to press and what came of it: stays in sight when the fields above are longer than the view. */
  #foot(state: ComposerState) {
    return html`<div class="foot">
      ${state.busy === null ? this.#buttons(state) : this.#busy(state.busy)}
      ${state.message === null ? nothing : this.#message(state.message)}
    </div>`;
  }

  protected override updated(): void {
    const state = this.#state;
    if (state === null) return;
    const focused = this.#focused();
    for (const field of FIELDS) {
      const element = this.querySelector<ValueElement>(`#${field}`);
      if (element === null) continue;
      const value = String(this.#drafts[field] ?? state[field]);
      // A field under the user's hands keeps its text and caret; what was typed is in the draft already.
      const untouched = field !== focused || (this.#drafts[field] === undefined && this.#wrongCount === null);
      if (untouched && element.value !== value) element.value = value;
    }
    nameFields(this);
    const tail = this.querySelector(".tail");
    if (tail !== null) tail.scrollTop = tail.scrollHeight;
  }

  #message({ level, text }: NonNullable<ComposerState["message"]>) {
    const role = level === "error" ? "alert" : "status";
    // As a property: the box keeps line breaks, and those of a template would be among them.
    return html`<div class="message ${level}" role=${role} tabindex="0" .textContent=${text}></div>`;
  }

  #environment(state: ComposerState) {
    return html`<proving-ground-choice
        .label=${"Environment"}
        .options=${state.environments}
        .value=${state.environment ?? ""}
        @choose=${(event: CustomEvent<string>) => this.#change({ environment: event.detail })}
      ></proving-ground-choice>
      ${state.subtitle === "" ? nothing : html`<div class="dim subtitle">${state.subtitle}</div>`}`;
  }

  #parents(state: ComposerState) {
    const percent = Math.round((this.#drafts.exploit ?? state.exploit) * 100);
    return html`<div class="caption" id="parents-caption">Build on</div>
      <ul class="chips" aria-labelledby="parents-caption">
        ${state.parents.map(
          (parent) =>
            html`<li class="chip" title="#${parent.id} ${parent.title}">
              <span class="name">${parent.title}</span><span class="metric">${parent.metric}</span
              ><button
                class="plain-button"
                type="button"
                aria-label="Do not build on #${parent.id} ${parent.title}"
                title="Do not build on this"
                @click=${() => this.#post({ type: "removeParent", idea: parent.id })}
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
          @input=${this.#dragged}
        />
        <span class="dim">Exploit ${percent} %</span>
      </div>`;
  }

  #buttons(state: ComposerState) {
    const wrong = this.#wrongCount !== null || state.environment === null;
    const main: { label: string; message: FromComposer } =
      state.parents.length > 0
        ? { label: `Next epoch (${state.epoch + 1})`, message: { type: "nextEpoch" } }
        : { label: "Generate ideas", message: { type: "generate" } };
    return html`<div class="pair">
      <vscode-button class="grow" ?disabled=${wrong} @click=${() => this.#post(main.message)}>${main.label}</vscode-button>
      <vscode-button
        appearance="secondary"
        title="Write an idea yourself"
        ?disabled=${state.environment === null}
        @click=${() => this.#post({ type: "writeOne" })}
        >Write one</vscode-button
      >
    </div>`;
  }

  #busy(busy: NonNullable<ComposerState["busy"]>) {
    const share = busy.done === null || busy.total === null || busy.total === 0 ? null : busy.done / busy.total;
    return html`<div class="busy">
      <div class="pair">
        <span class="grow doing" role="status" title=${busy.message}>${busy.message}</span>
        <vscode-button appearance="secondary" @click=${() => this.#post({ type: "cancel" })}>Cancel</vscode-button>
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

  #blocked(blocked: NonNullable<ComposerState["blocked"]>) {
    const { action } = blocked;
    return html`<div class="composer" role="status">
      <p>${blocked.message}</p>
      ${
        action === null
          ? nothing
          : html`<vscode-button @click=${() => this.#post({ type: "command", command: action.command })}>${action.label}</vscode-button>`
      }
    </div>`;
  }

  readonly #typedInstructions = (event: Event): void => {
    const instructions = (event.currentTarget as ValueElement).value;
    this.#drafts = { ...this.#drafts, instructions };
    this.#change({ instructions });
  };

  readonly #typedCount = (event: Event): void => {
    const text = (event.currentTarget as ValueElement).value;
    const count = readCount(text);
    this.#wrongCount = count === null ? text : null;
    if (count !== null) {
      this.#drafts = { ...this.#drafts, count };
      this.#change({ count });
    }
    this.requestUpdate();
  };

  readonly #dragged = (event: Event): void => {
    const exploit = Number((event.currentTarget as HTMLInputElement).value);
    this.#drafts = { ...this.#drafts, exploit };
    this.#change({ exploit });
    this.requestUpdate();
  };

  #change(change: Omit<Extract<FromComposer, { type: "change" }>, "type">): void {
    this.#post({ type: "change", ...change });
  }

  #post(message: FromComposer): void {
    this.#api.postMessage(message);
  }

  #focused(): (typeof FIELDS)[number] | null {
    const id = document.activeElement?.id;
    return FIELDS.find((field) => field === id) ?? null;
  }
}

customElements.define("proving-ground-composer", Composer);

declare global {
  interface HTMLElementTagNameMap {
    "proving-ground-composer": Composer;
    "proving-ground-choice": Choice;
  }
}
