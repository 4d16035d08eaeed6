/** Every model the user can pick: what each connection configured or brings along, and the built-in operators. Keys stay in memory. */
import type { EditorModel as EditorModelInfo, ModelInfo, Provider } from "../../protocol/model.ts";
import { CONCURRENCY, EDITOR, OPERATORS } from "../../protocol/model.ts";
import { ProvingGroundError } from "../../protocol/errors.ts";
import { type Caps, NO_CAPS, type Prices } from "../../protocol/spending.ts";
import { EditorModel, type EditorWindow } from "./editor.ts";
import { Embeddings, type EmbeddingModel } from "./embeddings.ts";
import type { Endpoint } from "./endpoint-errors.ts";
import { Lane } from "./lane.ts";
import type { LanguageModel, Source } from "./language-model.ts";
import { Ledger, type Book } from "./ledger.ts";
import { Listings } from "./listings.ts";
import { Metered } from "./metered.ts";
import { keepsWhenTold, OpenAIModel } from "./openai.ts";
import { Spending } from "./spending.ts";
import type { Surroundings } from "./surroundings.ts";

/** What a connection says of models. */
export interface Said {
  providers: readonly Provider[];
  /** API keys by provider name. */
  keys: Readonly<Record<string, string>>;
  prices?: Prices;
  caps?: Caps;
  /** Model that compares ideas by their vectors, as `provider/model`; empty: none. */
  embeddings?: string | undefined;
  /** The editor's own models that it can be asked for. */
  editor?: { models: readonly EditorModelInfo[]; window: EditorWindow };
}

/** An endpoint, and the models that it is to offer. */
interface Offer {
  endpoint: Endpoint;
  names: readonly string[];
  lane: Lane;
}

/** Where a model is served. */
interface Place {
  endpoint: Endpoint;
  /** The model's id there. */
  name: string;
  lane: Lane;
}

export class Models {
  /** Prices and caps; a search sets its own here. */
  readonly spending = new Spending();
  readonly #surroundings: Surroundings;
  readonly #ledger: Ledger;
  readonly #listings: Listings;
  readonly #said = new Map<string, Said>();
  readonly #models = new Map<string, LanguageModel>();
  readonly #embeddings = new Map<string, EmbeddingModel>();
  readonly #lanes = new Map<string, Lane>();
  readonly #listeners = new Set<() => void>();
  /** What a search goes on with when everybody has gone. */
  #lastEmbedding: EmbeddingModel | null = null;
  #left: Said | null = null;
  #needed: () => boolean = () => false;

  /** @param book where every call is entered */
  constructor(surroundings: Surroundings, book: Book) {
    this.#surroundings = surroundings;
    this.#ledger = new Ledger(book, (scope) => this.spending.limits(scope));
    this.#listings = new Listings(surroundings);
  }

  /** Replaces what this connection said before. Of several connections that name the same provider, the newest wins. */
  configure(connection: string, said: Said): void {
    this.#said.delete(connection);
    this.#said.set(connection, said);
    this.spending.configure(connection, said.prices ?? {}, said.caps ?? NO_CAPS);
    for (const { name, baseURL, concurrency } of said.providers) this.#laneOf(name, baseURL).setWidth(concurrency ?? CONCURRENCY);
    for (const listener of this.#listeners) listener();
  }

  /** Hears of every connection that says something of models: one that was missing may be there now. */
  onConfigured(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** While somebody needs models although nobody may be connected, the endpoints and keys that were said last are kept, in memory. */
  keepWhile(needed: () => boolean): void {
    this.#needed = needed;
  }

  /** Forgets the connection's endpoints and keys, unless they are needed still. Requests already under way go on. */
  forget(connection: string): void {
    const said = this.#said.get(connection);
    if (said !== undefined && said.providers.length > 0) this.#left = { providers: said.providers, keys: said.keys };
    if (this.#said.has(connection)) this.#lastEmbedding = this.#embedding(this.#embeddingChosen());
    this.#said.delete(connection);
    this.spending.forget(connection);
  }

  /** Operators first, then every provider's models, the editor's last; an endpoint that cannot be asked is one entry with its problem. */
  async list(): Promise<ModelInfo[]> {
    const lists = await Promise.all([...this.#endpoints().values()].map(({ endpoint, names }) => this.#listings.of(endpoint, names)));
    return [{ id: OPERATORS, title: "Operators (no model)", problem: null }, ...lists.flat(), ...this.#editorModels()];
  }

  /**
   * @param id `provider/model`; the model's own name may contain `/`
   * @throws ProvingGroundError "model" when nothing of that name is configured
   */
  get(id: string): LanguageModel {
    if (id.startsWith(`${EDITOR}/`)) return this.#editorModel(id);
    const { endpoint, name, lane } = this.#at(id);
    return this.#made(JSON.stringify([endpoint, name]), {
      source: () => new OpenAIModel(endpoint, name, this.#surroundings, lane),
      free: false,
      keeps: keepsWhenTold(endpoint, name),
    });
  }

  /**
   * The embedding model that the newest connection with a word on it chose; null where none is chosen.
   * @throws ProvingGroundError "model" when nothing of that name is configured
   */
  embeddings(): EmbeddingModel | null {
    if (this.#said.size === 0) return this.#lastEmbedding;
    const id = this.#embeddingChosen();
    if (id === "") return null;
    this.#at(id);
    return this.#embedding(id);
  }

  #embeddingChosen(): string {
    return [...this.#said.values()].reverse().find(({ embeddings }) => embeddings !== undefined)?.embeddings ?? "";
  }

  #embedding(id: string): EmbeddingModel | null {
    const found = this.#find(id);
    if (found === null) return null;
    const key = JSON.stringify([found.endpoint, found.name]);
    const { spending } = this;
    const made = () =>
      new Embeddings({ ...found, surroundings: this.#surroundings, ledger: this.#ledger, price: () => spending.price(id) });
    const model = this.#embeddings.get(key) ?? made();
    this.#embeddings.set(key, model);
    return model;
  }

  /** @throws ProvingGroundError "model" */
  #at(id: string): Place {
    const found = this.#find(id);
    if (found !== null) return found;
    const known = [...this.#endpoints().keys()];
    throw new ProvingGroundError("model", `no model ${id} is configured`, {
      hint:
        known.length === 0
          ? "Add a model provider in the settings; models are written provider/model."
          : `Models are written provider/model; providers here: ${known.join(", ")}.`,
    });
  }

  #find(id: string): Place | null {
    const slash = id.indexOf("/");
    const name = id.slice(slash + 1);
    const provider = id.slice(0, Math.max(slash, 0));
    const found = this.#endpoints().get(provider) ?? this.#kept().get(provider);
    return found === undefined || name === "" ? null : { endpoint: found.endpoint, lane: found.lane, name };
  }

  #editorModel(id: string): LanguageModel {
    if (this.#windowsWith(id).length === 0) {
      throw new ProvingGroundError("model", `no open window has ${id}`, {
        hint: "It comes with the editor: open this repository in a window that has it, or choose another model.",
      });
    }
    const source = () => new EditorModel(id, () => this.#windowsWith(id), this.#laneOf(EDITOR, ""), this.#surroundings);
    // What it costs is between the user and the editor's subscription.
    return this.#made(id, { source, free: true, keeps: false });
  }

  #made(key: string, { source, free, keeps }: { source: () => Source; free: boolean; keeps: boolean }): LanguageModel {
    const existing = this.#models.get(key);
    if (existing) return existing;
    const made = source();
    const price = () => this.spending.price(made.id);
    const model = new Metered(made, this.#ledger, { price, outputLimit: () => this.spending.outputLimit(), free, keeps });
    this.#models.set(key, model);
    return model;
  }

  #editorModels(): ModelInfo[] {
    const models = new Map<string, ModelInfo>();
    for (const { editor } of this.#said.values()) {
      for (const { id, title } of editor?.models ?? []) models.set(id, { id, title: `${title} (editor)`, problem: null });
    }
    return [...models.values()];
  }

  /** Windows that have the model, the newest first. */
  #windowsWith(id: string): EditorWindow[] {
    const offers = [...this.#said.values()].reverse().flatMap(({ editor }) => editor ?? []);
    return offers.filter(({ models }) => models.some((model) => model.id === id)).map(({ window }) => window);
  }

  /** Endpoints of whoever has gone, while they are needed. */
  #kept(): Map<string, Offer> {
    if (!this.#needed()) this.#left = null;
    return this.#endpoints(this.#left === null ? [] : [this.#left]);
  }

  #endpoints(said: Iterable<Said> = this.#said.values()): Map<string, Offer> {
    const endpoints = new Map<string, Offer>();
    for (const { providers, keys } of said) {
      for (const { name, baseURL, models, stallSeconds } of providers) {
        const endpoint: Endpoint = { provider: name, baseURL, key: keys[name] ?? "" };
        if (stallSeconds !== undefined) endpoint.stallSeconds = stallSeconds;
        endpoints.set(name, { endpoint, names: models, lane: this.#laneOf(name, baseURL) });
      }
    }
    return endpoints;
  }

  #laneOf(provider: string, baseURL: string): Lane {
    const key = JSON.stringify([provider, baseURL]);
    let lane = this.#lanes.get(key);
    if (lane === undefined) this.#lanes.set(key, (lane = new Lane(CONCURRENCY, this.#surroundings)));
    return lane;
  }
}
