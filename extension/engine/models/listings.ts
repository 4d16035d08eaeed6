/** Which models an endpoint offers: as the settings name them, else as it says itself, believed for a while. */
import type { ProvingGroundError } from "../../protocol/errors.ts";
import type { ModelInfo } from "../../protocol/model.ts";
import type { Endpoint } from "./endpoint-errors.ts";
import { endpointError } from "./endpoint-errors.ts";
import { openClient } from "./openai.ts";
import type { Surroundings } from "./surroundings.ts";

/** How long an endpoint's answer about its models is believed, in milliseconds. */
const LISTING_LASTS = 600_000;
/** A failure is asked again sooner, because the user is likely to be repairing it. */
const FAILURE_LASTS = 5_000;
const LISTING_TIMEOUT = 10_000;

type Answer = { names: string[] } | { problem: ProvingGroundError };

export class Listings {
  readonly #surroundings: Surroundings;
  readonly #known = new Map<string, { at: number; answer: Promise<Answer> }>();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /**
   * The endpoint's models; one that cannot be asked is a single entry with its problem.
   * @param names as the settings have them; empty asks the endpoint
   */
  async of(endpoint: Endpoint, names: readonly string[]): Promise<ModelInfo[]> {
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

  async #ask(endpoint: Endpoint): Promise<Answer> {
    const key = JSON.stringify(endpoint);
    const now = this.#surroundings.now();
    const known = this.#known.get(key);
    if (known) {
      const answer = await known.answer;
      if (now - known.at < ("names" in answer ? LISTING_LASTS : FAILURE_LASTS)) return answer;
    }
    const answer = this.#fetch(endpoint);
    this.#known.set(key, { at: now, answer });
    return answer;
  }

  async #fetch(endpoint: Endpoint): Promise<Answer> {
    try {
      const page = await openClient(endpoint, this.#surroundings.fetch).models.list({ timeout: LISTING_TIMEOUT });
      return { names: page.data.map((model) => model.id).sort() };
    } catch (thrown) {
      return { problem: endpointError(thrown, endpoint, null) };
    }
  }
}
