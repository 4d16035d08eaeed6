/** The composer: what the next ideas should be about, the buttons that make them, and searches that go on by themselves. */
import { html, nothing } from "lit";
import type { ComposerState, FromComposer, SearchCard, SearchForm } from "../../extension/protocol/webview/composer.ts";
import { ToComposer } from "../../extension/protocol/webview/composer.ts";
import type { Choice } from "../shared/choice.ts";
import { FrameElement } from "../shared/frame-element.ts";
import { editorApi, listen } from "../shared/host.ts";
import { nameFields } from "../shared/toolkit.ts";
import type { ValueElement } from "../shared/toolkit.ts";
import { keepDrafts } from "./drafts.ts";
import type { Drafts } from "./drafts.ts";
import type { NumberField } from "./number-field.ts";
import { parentChips } from "./parents.ts";
import { messageBox, underWay } from "./progress.ts";
import { searchCard } from "./search-card.ts";
import type { CardActions } from "./search-card.ts";
import { searchForm } from "./search-form.ts";
import type { FormActions } from "./search-form.ts";

const FIELDS = ["instructions", "exploit"] as const;
const COUNT = { min: 1, max: 100, whole: true };

export class Composer extends FrameElement {
  readonly #api = editorApi();
  #state: ComposerState | null = null;
  #drafts: Drafts = {};
  #wrongCount = false;
  /** A search was asked for whose card has not come yet; the card that was there until then is of `after`. */
  #started: { after: number | null } | null = null;
  /** Fields of the search's form that cannot be read, with what is wrong. */
  readonly #wrong = new Map<string, string>();

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
      ${this.#fields(state)}${this.#foot(state)}${this.#search(state)}
    </form>`;
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
      const untouched = field !== focused || this.#drafts[field] === undefined;
      if (untouched && element.value !== value) element.value = value;
    }
    nameFields(this);
    this.#revealStarted(state.search.card);
    const tail = this.querySelector(".tail");
    if (tail !== null) tail.scrollTop = tail.scrollHeight;
  }

  #fields(state: ComposerState) {
    const { card } = state.search;
    return html`${this.#environment(state)} ${isUnderWay(card) ? searchCard(card, this.#cardActions) : nothing}
      <vscode-text-area
        id="instructions"
        rows="2"
        resize="vertical"
        data-label="What should the ideas be about?"
        placeholder="What should they be about? E.g. schedules; no larger model"
        @input=${this.#typedInstructions}
      ></vscode-text-area>
      ${state.parents.length === 0 ? nothing : parentChips(state.parents, this.#drafts.exploit ?? state.exploit, this.#removeParent, this.#dragged)}
      <div class="pair">
        <proving-ground-number
          class="count"
          .label=${"Number of ideas"}
          .value=${state.count}
          .range=${COUNT}
          .unit=${"ideas"}
          @choose=${(event: CustomEvent<number>) => this.#change({ count: event.detail })}
          @wrong=${this.#countIsWrong}
        ></proving-ground-number>
        <proving-ground-choice
          class="grow"
          .label=${"Model"}
          .options=${state.models}
          .value=${state.model}
          @choose=${(event: CustomEvent<string>) => this.#change({ model: event.detail })}
        ></proving-ground-choice>
      </div>
      ${this.#wrongCount ? html`<div class="bad" role="alert">Ask for 1 to 100 ideas.</div>` : nothing}
      ${state.forecast === "" ? nothing : html`<div class="dim forecast">${state.forecast}</div>`}`;
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

  /** What to press and what came of it: stays in sight when the fields above are longer than the view. */
  #foot(state: ComposerState) {
    return html`<div class="foot">
      ${state.busy === null ? this.#buttons(state) : underWay(state.busy, () => this.#post({ type: "cancel" }))}
      ${state.message === null ? nothing : messageBox(state.message)}
    </div>`;
  }

  #buttons(state: ComposerState) {
    const wrong = this.#wrongCount || state.environment === null;
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

  #search({ search, environment, count }: ComposerState) {
    const { card, form } = search;
    return html`${card === null || isUnderWay(card) ? nothing : searchCard(card, this.#cardActions)}
      <details class="search" ?open=${form.open} @toggle=${this.#toggled}>
        <summary>
          ${isUnderWay(card) ? "Another search" : "Search"}
          <span class="dim gist" title=${search.gist}>${search.gist}</span>
        </summary>
        ${searchForm(
          search,
          { count, ready: environment !== null && !this.#wrongCount, wrong: [...this.#wrong.values()] },
          this.#formActions,
        )}
      </details>`;
  }

  /** The form that the user pressed the button of lies far below the card that comes of it. */
  #revealStarted(card: SearchCard | null): void {
    if (this.#started === null || !isUnderWay(card) || card.search === this.#started.after) return;
    this.#started = null;
    document.scrollingElement?.scrollTo({ top: 0 });
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

  readonly #cardActions: CardActions = {
    act: (search, action) => this.#post({ type: "onSearch", search, action }),
    showWaiting: () => this.#post({ type: "showWaiting" }),
  };

  readonly #formActions: FormActions = {
    change: (form) => this.#changeForm(form),
    tick: (gate, ticked) => {
      const asks = this.#state?.search.form.asks ?? [];
      // The box also reports what it was given.
      if (asks.includes(gate) === ticked) return;
      this.#changeForm({ asks: ticked ? [...asks, gate] : asks.filter((one) => one !== gate) });
    },
    wrong: (field, what) => {
      if (what === null) this.#wrong.delete(field);
      else this.#wrong.set(field, what);
      this.requestUpdate();
    },
    start: () => {
      this.#started = { after: this.#state?.search.card?.search ?? null };
      this.#post({ type: "startSearch" });
    },
  };

  readonly #toggled = (event: Event): void => {
    const { open } = event.currentTarget as HTMLDetailsElement;
    if (open !== this.#state?.search.form.open) this.#changeForm({ open });
  };

  /** Shown at once: the next change of the user's follows on this one, not on what the extension knew before. */
  #changeForm(change: Partial<SearchForm>): void {
    if (this.#state === null) return;
    const { search } = this.#state;
    this.#state = { ...this.#state, search: { ...search, form: { ...search.form, ...change } } };
    this.requestUpdate();
    this.#change({ search: change });
  }

  readonly #countIsWrong = (event: CustomEvent<boolean>): void => {
    this.#wrongCount = event.detail;
    this.requestUpdate();
  };

  readonly #typedInstructions = (event: Event): void => {
    const instructions = (event.currentTarget as ValueElement).value;
    this.#drafts = { ...this.#drafts, instructions };
    this.#change({ instructions });
  };

  readonly #dragged = (event: Event): void => {
    const exploit = Number((event.currentTarget as HTMLInputElement).value);
    this.#drafts = { ...this.#drafts, exploit };
    this.#change({ exploit });
    this.requestUpdate();
  };

  readonly #removeParent = (idea: number): void => this.#post({ type: "removeParent", idea });

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

/** What goes on stands at the top, what has ended with the form for the next one. */
function isUnderWay(card: SearchCard | null): card is SearchCard {
  return card !== null && card.state !== "ended";
}

customElements.define("proving-ground-composer", Composer);

declare global {
  interface HTMLElementTagNameMap {
    "proving-ground-composer": Composer;
    "proving-ground-choice": Choice;
    "proving-ground-number": NumberField;
  }
}
