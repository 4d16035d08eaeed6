/** Every model the user can pick: what each connection configured, and the built-in operators. Keys stay in memory. */
import type { ModelInfo, Provider } from "../../protocol/model.ts";
import { OPERATORS } from "../../protocol/model.ts";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Endpoint } from "./endpoint-errors.ts";
import { endpointError } from "./endpoint-errors.ts";
import type { LanguageModel } from "./language-model.ts";
import { OpenAIModel, openClient } from "./openai.ts";
import type { Surroundings } from "./surroundings.ts";

/** How long an endpoint's answer about its models is believed, in milliseconds. */
const LISTING_LASTS = 600_000;
/** A failure is asked again sooner, because the user is likely to be repairing it. */
const FAILURE_LASTS = 5_000;
const LISTING_TIMEOUT = 10_000;

interface Configuration {
  providers: readonly Provider[];
  keys: Readonly<Record<string, string>>;
}
interface Listing {
  at: number;
  names: Promise<{ names: string[] } | { problem: ProvingGroundError }>;
}

export class Models {
  readonly #surroundings: Surroundings;
  readonly #configurations = new Map<string, Configuration>();
  readonly #listings = new Map<string, Listing>();
  readonly #models = new Map<string, OpenAIModel>();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /**
   * Replaces what this connection said before. Of several connections that name the same provider, the newest wins.
   * @param keys API keys by provider name
   */
  configure(connection: string, providers: readonly Provider[], keys: Readonly<Record<string, string>>): void {
    this.#configurations.delete(connection);
    this.#configurations.set(connection, { providers, keys });
  }

  /** Forgets the connection's endpoints and keys. Requests already under way go on. */
  forget(connection: string): void {
    this.#configurations.delete(connection);
  }

  /** Operators first, then every provider's models; an endpoint that cannot be asked is one entry with its problem. */
  async list(): Promise<ModelInfo[]> {
    const lists = await Promise.all([...this.#endpoints().values()].map(({ endpoint, names }) => this.#listOf(endpoint, names)));
    return [{ id: OPERATORS, title: "Operators (no model)", problem: null }, ...lists.flat()];
  }

  /**
   * @param id `provider/model`; the model's own name may contain `/`
   * @throws ProvingGroundError "model" when nothing of that name is configured
   */
  get(id: string): LanguageModel {
    const slash = id.indexOf("/");
    const provider = id.slice(0, Math.max(slash, 0));
    const name = id.slice(slash + 1);
    const found = this.#endpoints().get(provider);
    if (!found || name === "") {
      const known = [...this.#endpoints().keys()];
      throw new ProvingGroundError("model", `no model ${id} is configured`, {
        hint:
          known.length === 0
            ? "Add a model provider in the settings; models are written provider/model."
            : `Models are written provider/model; providers here: ${known.join(", ")}.`,
      });
    }
    const { endpoint } = found;
    const key = JSON.stringify([endpoint, name]);
    const existing = this.#models.get(key);
    if (existing) return existing;
    const model = new OpenAIModel(endpoint, name, this.#surroundings);
    this.#models.set(key, model);
    return model;
  }

  #endpoints(): Map<string, { endpoint: Endpoint; names: readonly string[] }> {
    const endpoints = new Map<string, { endpoint: Endpoint; names: readonly string[] }>();
    for (const { providers, keys } of this.#configurations.values()) {
      for (const { name, baseURL, models } of providers) {
        endpoints.set(name, { endpoint: { provider: name, baseURL, key: keys[name] ?? "" }, names: models });
      }
    }
    return endpoints;
  }

  async #listOf(endpoint: Endpoint, names: readonly string[]): Promise<ModelInfo[]> {
    const { provider } = endpoint;
    const entries = (all: readonly string[]) =>
      all.map((name) => ({ id: `${provider}/${name}`, title: `${name} (${provider})`, problem: null }));
    if (names.length > 0) return entries(names);
    const listed = await this.#ask(endpoint);
    if ("names" in listed) {
      if (listed.names.length > 0) return entries(listed.names);
      return [{ id: `${provider}/`, title: provider, problem: `${provider} offers no models. Name them in the settings.` }];
    }
    const { message, hint } = listed.problem;
    return [{ id: `${provider}/`, title: provider, problem: hint === undefined ? message : `${message}. ${hint}` }];
  }

  async #ask(endpoint: Endpoint): Promise<Awaited<Listing["names"]>> {
    const key = JSON.stringify(endpoint);
    const now = this.#surroundings.now();
    const cached = this.#listings.get(key);
    if (cached) {
      const answer = await cached.names;
      if (now - cached.at < ("names" in answer ? LISTING_LASTS : FAILURE_LASTS)) return answer;
    }
    const names = this.#fetchNames(endpoint);
    this.#listings.set(key, { at: now, names });
    return names;
  }

  async #fetchNames(endpoint: Endpoint): Promise<Awaited<Listing["names"]>> {
    try {
      const page = await openClient(endpoint, this.#surroundings.fetch).models.list({ timeout: LISTING_TIMEOUT });
      return { names: page.data.map((model) => model.id).sort() };
    } catch (thrown) {
      return { problem: endpointError(thrown, endpoint, null) };
    }
  }
}
