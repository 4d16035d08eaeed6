/** A language model behind an OpenAI-compatible endpoint: streamed, retried, cancelled, and never showing its key. */
import OpenAI from "openai";
import type { ChatCompletionCreateParamsStreaming } from "openai/resources/chat/completions";
import { ProvingGroundError } from "../../protocol/errors.ts";
import { CONCURRENCY, STALL_SECONDS } from "../../protocol/model.ts";
import type { Endpoint } from "./endpoint-errors.ts";
import { backoff, endpointError, inShort, pauseBeforeRetry, statusOf } from "./endpoint-errors.ts";
import { exchange, isOpenRouter, stopIfCancelled, type Ending, type Exchange } from "./exchange.ts";
import { KeptPrefix, type KeptUntil } from "./kept-prefix.ts";
import { Lane } from "./lane.ts";
import type { Completion, Happening, Message, Source } from "./language-model.ts";
import { Quirks, shorterAnswer } from "./quirks.ts";
import type { Surroundings } from "./surroundings.ts";

/** Repetitions of a request that got no answer at all. */
const RETRIES = 4;
/** Repetitions of an answer that was cut in the middle. */
const RESTARTS = 2;

/** A client of the endpoint that reads nothing from the engine's own environment variables. */
export function openClient(endpoint: Endpoint, fetch: Surroundings["fetch"]): OpenAI {
  return new OpenAI({
    baseURL: endpoint.baseURL,
    apiKey: endpoint.key === "" ? "none" : endpoint.key,
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    maxRetries: 0,
    logLevel: "off",
    fetch,
    ...(endpoint.key === "" ? { defaultHeaders: { Authorization: null } } : {}),
  });
}

/** Whether the provider keeps prompts only when it is told to, by `cache_control`; OpenRouter documents it for Anthropic's models. */
export function keepsWhenTold({ baseURL }: Endpoint, name: string): boolean {
  return isOpenRouter(baseURL) && name.startsWith("anthropic/");
}

/** How often a request has failed so far. */
interface Failures {
  /** No answer at all. */
  retries: number;
  /** An answer that broke off. */
  restarts: number;
}

export class OpenAIModel implements Source {
  readonly id: string;
  readonly #endpoint: Endpoint;
  readonly #name: string;
  readonly #surroundings: Surroundings;
  readonly #lane: Lane;
  readonly #client: OpenAI;
  readonly #quirks = new Quirks();
  readonly #kept: KeptPrefix | null;

  /**
   * @param endpoint where the model is served
   * @param name the model's id at the endpoint
   * @param lane the provider's, shared by its models
   */
  constructor(endpoint: Endpoint, name: string, surroundings: Surroundings, lane: Lane = new Lane(CONCURRENCY, surroundings)) {
    this.id = `${endpoint.provider}/${name}`;
    this.#endpoint = endpoint;
    this.#name = name;
    this.#surroundings = surroundings;
    this.#lane = lane;
    this.#client = openClient(endpoint, surroundings.fetch);
    this.#kept = keepsWhenTold(endpoint, name) ? new KeptPrefix() : null;
  }

  async *complete(request: Completion, signal: AbortSignal): AsyncGenerator<Happening> {
    const failures: Failures = { retries: 0, restarts: 0 };
    const keptUntil = this.#kept?.take(request.messages) ?? null;
    let { maxTokens } = request;
    for (;;) {
      const body = this.#body(request, maxTokens, keptUntil);
      const ending = yield* this.#inLane(body, signal);
      switch (ending.how) {
        case "finished":
          yield* this.#remarksOn(ending.reason);
          return;
        case "declined": {
          yield { type: "declined" };
          const learned = this.#quirks.learn(ending.thrown, body);
          const shorter = learned === null ? shorterAnswer(ending.thrown, maxTokens) : null;
          if (learned !== null) yield { type: "notice", message: `${this.id}: ${learned}` };
          else if (shorter === null) yield* this.#again(ending, failures, signal);
          else {
            yield { type: "notice", message: `${this.id} takes no answers of ${maxTokens} tokens here; asking for ${shorter} at most` };
            maxTokens = shorter;
          }
          break;
        }
        case "lost":
          yield* this.#again(ending, failures, signal);
          break;
        case "cut":
          if (failures.restarts === RESTARTS) {
            yield* this.#giveUp(ending);
            return;
          }
          failures.restarts += 1;
          yield { type: "restart", message: `${ending.why}; asking again (${failures.restarts} of ${RESTARTS})` };
          if (!ending.silent) await this.#pause(backoff(failures.restarts - 1, this.#surroundings.random()), signal);
      }
    }
  }

  /** One request, when it is its turn at the provider. */
  async *#inLane(body: ChatCompletionCreateParamsStreaming, signal: AbortSignal): AsyncGenerator<Happening, Ending> {
    const patience = (this.#endpoint.stallSeconds ?? STALL_SECONDS) * 1000;
    const place = { id: this.id, client: this.#client, endpoint: this.#endpoint, surroundings: this.#surroundings };
    const parts: Exchange = { ...place, body, patience, signal };
    const leave = await this.#lane.enter(signal).catch((thrown: unknown) => {
      stopIfCancelled(parts);
      throw thrown;
    });
    try {
      return yield* exchange(parts);
    } finally {
      leave();
    }
  }

  /**
   * Tells why there is another try, and waits as long as it takes; a server that asks to slow down is left alone by all requests.
   * @throws ProvingGroundError when trying again is of no use, or was often enough
   */
  async *#again({ how, thrown }: Extract<Ending, { thrown: unknown }>, failures: Failures, signal: AbortSignal): AsyncGenerator<Happening> {
    const { now, random } = this.#surroundings;
    const pause = pauseBeforeRetry(thrown, failures.retries, now(), random());
    if (pause === null || failures.retries === RETRIES) throw endpointError(thrown, this.#endpoint, this.#name);
    failures.retries += 1;
    const seconds = Math.max(1, Math.round(pause / 1000));
    const message = `${inShort(thrown, this.#endpoint)}; trying again in ${seconds} s (${failures.retries} of ${RETRIES})`;
    // A request whose connection was lost may have been worked on: it counts as a try of its own.
    yield { type: how === "lost" ? "restart" : "notice", message };
    if (statusOf(thrown) === 429) this.#lane.holdOff(pause);
    else await this.#pause(pause, signal);
  }

  *#giveUp({ why, silent, text }: Extract<Ending, { how: "cut" }>): Generator<Happening> {
    if (!silent || !text) {
      throw new ProvingGroundError("model", `${why}, ${RESTARTS + 1} times in a row (${this.id})`, {
        hint: "Check the server's own log and the network between here and there.",
      });
    }
    yield { type: "notice", message: `${why}; it may be incomplete` };
  }

  *#remarksOn(finish: string): Generator<Happening> {
    if (finish === "length") yield { type: "notice", message: "the answer was cut at the limit of its length" };
    if (finish === "content_filter") {
      yield { type: "notice", message: `${this.#endpoint.provider} cut the answer with its content filter` };
    }
  }

  #body(request: Completion, maxTokens: number | undefined, keptUntil: KeptUntil | null): ChatCompletionCreateParamsStreaming {
    const { format } = request;
    return {
      model: this.#name,
      messages: request.messages.map((message, index) => asSent(message, keptUntil?.message === index ? keptUntil.at : null)),
      stream: true,
      ...(this.#quirks.usage ? { stream_options: { include_usage: true } } : {}),
      ...(request.temperature !== undefined && this.#quirks.temperature ? { temperature: request.temperature } : {}),
      ...(maxTokens === undefined ? {} : { [this.#quirks.limit]: maxTokens }),
      ...(format && this.#quirks.structured
        ? { response_format: { type: "json_schema", json_schema: { name: format.name, schema: format.schema, strict: true } } }
        : {}),
    };
  }

  async #pause(milliseconds: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#surroundings.pause(milliseconds, signal);
    } catch (thrown) {
      stopIfCancelled({ id: this.id, signal });
      throw thrown;
    }
  }
}

/** @param keptUntil characters of it after which the provider is to keep the prompt up to there; null for no such mark */
function asSent({ role, content }: Message, keptUntil: number | null): ChatCompletionCreateParamsStreaming["messages"][number] {
  if (keptUntil === null) return { role, content };
  const kept = { type: "text" as const, text: content.slice(0, keptUntil), cache_control: { type: "ephemeral" } };
  const rest = { type: "text" as const, text: content.slice(keptUntil) };
  return { role, content: rest.text === "" ? [kept] : [kept, rest] };
}
