/** A language model behind an OpenAI-compatible endpoint: streamed, retried, cancelled, and never showing its key. */
import OpenAI from "openai";
import type { ChatCompletionChunk, ChatCompletionCreateParamsStreaming } from "openai/resources/chat/completions";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Endpoint } from "./endpoint-errors.ts";
import { endpointError, inShort, pauseBeforeRetry } from "./endpoint-errors.ts";
import type { Chunk, Completion, LanguageModel } from "./language-model.ts";
import { Quirks } from "./quirks.ts";
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

/** How one stream ended. */
type Ending = { how: "finished"; reason: string } | { how: "cut"; why: string; silent: boolean };

export class OpenAIModel implements LanguageModel {
  readonly id: string;
  readonly #endpoint: Endpoint;
  readonly #name: string;
  readonly #surroundings: Surroundings;
  readonly #client: OpenAI;
  readonly #quirks = new Quirks();

  /**
   * @param endpoint where the model is served
   * @param name the model's id at the endpoint
   */
  constructor(endpoint: Endpoint, name: string, surroundings: Surroundings) {
    this.id = `${endpoint.provider}/${name}`;
    this.#endpoint = endpoint;
    this.#name = name;
    this.#surroundings = surroundings;
    this.#client = openClient(endpoint, surroundings.fetch);
  }

  async *complete(request: Completion, signal: AbortSignal): AsyncIterable<Chunk> {
    let restarts = 0;
    for (;;) {
      const stream = yield* this.#open(request, signal);
      const seen = { text: false };
      const ending = yield* this.#read(stream, signal, seen);
      if (ending.how === "finished") {
        if (ending.reason === "length") yield { type: "notice", message: "the answer was cut at the limit of its length" };
        if (ending.reason === "content_filter") {
          yield { type: "notice", message: `${this.#endpoint.provider} cut the answer with its content filter` };
        }
        return;
      }
      if (restarts === RESTARTS) {
        if (ending.silent && seen.text) {
          yield { type: "notice", message: `${ending.why}; it may be incomplete` };
          return;
        }
        throw new ProvingGroundError("model", `${ending.why}, ${RESTARTS + 1} times in a row (${this.id})`, {
          hint: "Check the server's own log and the network between here and there.",
        });
      }
      restarts += 1;
      yield { type: "restart", message: `${ending.why}; asking again (${restarts} of ${RESTARTS})` };
    }
  }

  /** Starts a stream; waits and repeats while the server is busy, and leaves out what it does not understand. */
  async *#open(request: Completion, signal: AbortSignal): AsyncGenerator<Chunk, AsyncIterable<ChatCompletionChunk>> {
    let retries = 0;
    for (;;) {
      this.#stopIfCancelled(signal);
      const body = this.#body(request);
      try {
        return await this.#client.chat.completions.create(body, { signal });
      } catch (thrown) {
        this.#stopIfCancelled(signal);
        const learned = this.#quirks.learn(thrown, body);
        if (learned !== null) {
          yield { type: "notice", message: `${this.id}: ${learned}` };
          continue;
        }
        const pause = pauseBeforeRetry(thrown, retries, this.#surroundings.now(), this.#surroundings.random());
        if (pause === null || retries === RETRIES) throw endpointError(thrown, this.#endpoint, this.#name);
        retries += 1;
        const seconds = Math.max(1, Math.round(pause / 1000));
        yield {
          type: "notice",
          message: `${inShort(thrown, this.#endpoint)}; trying again in ${seconds} s (${retries} of ${RETRIES})`,
        };
        await this.#pause(pause, signal);
      }
    }
  }

  async *#read(stream: AsyncIterable<ChatCompletionChunk>, signal: AbortSignal, seen: { text: boolean }): AsyncGenerator<Chunk, Ending> {
    let finish: string | null = null;
    try {
      for await (const chunk of stream) {
        // Some servers send a last chunk without choices.
        const choice = (chunk as { choices?: ChatCompletionChunk.Choice[] }).choices?.[0];
        for (const piece of pieces(choice)) {
          seen.text ||= piece.type === "text";
          yield piece;
        }
        finish = choice?.finish_reason ?? finish;
        if (chunk.usage) {
          const { prompt_tokens: inputTokens, completion_tokens: outputTokens } = chunk.usage;
          yield { type: "usage", usage: { inputTokens, outputTokens } };
        }
      }
    } catch (thrown) {
      this.#stopIfCancelled(signal);
      if (finish === null) return { how: "cut", why: `the answer was cut (${inShort(thrown, this.#endpoint)})`, silent: false };
    }
    this.#stopIfCancelled(signal);
    if (finish !== null) return { how: "finished", reason: finish };
    const why = seen.text ? "the answer ended without being finished" : "the answer was empty: no stream of an OpenAI-compatible server";
    return { how: "cut", why, silent: true };
  }

  #body(request: Completion): ChatCompletionCreateParamsStreaming {
    const { format } = request;
    return {
      model: this.#name,
      messages: request.messages.map(({ role, content }) => ({ role, content })),
      stream: true,
      ...(this.#quirks.usage ? { stream_options: { include_usage: true } } : {}),
      ...(request.temperature !== undefined && this.#quirks.temperature ? { temperature: request.temperature } : {}),
      ...(request.maxTokens === undefined ? {} : { [this.#quirks.limit]: request.maxTokens }),
      ...(format && this.#quirks.structured
        ? { response_format: { type: "json_schema", json_schema: { name: format.name, schema: format.schema, strict: true } } }
        : {}),
    };
  }

  async #pause(milliseconds: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#surroundings.pause(milliseconds, signal);
    } catch (thrown) {
      this.#stopIfCancelled(signal);
      throw thrown;
    }
  }

  #stopIfCancelled(signal: AbortSignal): void {
    if (signal.aborted) throw new ProvingGroundError("cancelled", `the request to ${this.id} was cancelled`);
  }
}

/** Text and reasoning of a streamed piece. Servers other than OpenAI's name their reasoning in two ways. */
function* pieces(choice: ChatCompletionChunk.Choice | undefined): Generator<Chunk> {
  const delta = choice?.delta as { content?: unknown; reasoning_content?: unknown; reasoning?: unknown } | undefined;
  const reasoning = delta?.reasoning_content ?? delta?.reasoning;
  if (typeof reasoning === "string" && reasoning !== "") yield { type: "reasoning", text: reasoning };
  if (typeof delta?.content === "string" && delta.content !== "") yield { type: "text", text: delta.content };
}
