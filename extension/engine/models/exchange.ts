/** One request to an OpenAI-compatible endpoint and its streamed answer: how it ended, told apart by whether it can have cost something. */
import type { OpenAI } from "openai";
import type { ChatCompletionChunk, ChatCompletionCreateParamsStreaming } from "openai/resources/chat/completions";
import { Stream } from "openai/streaming";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Usage } from "../../protocol/idea.ts";
import { neverArrived, statusOf, type Endpoint, inShort } from "./endpoint-errors.ts";
import type { Happening } from "./language-model.ts";
import type { Surroundings } from "./surroundings.ts";
import { chargeOf, usageOf } from "./usage.ts";
import { Watch } from "./watch.ts";

/** An answer longer than this is ended: text and thinking together, in bytes. */
export const LONGEST_ANSWER = 2_000_000;
/** The SDK's own limit, which is to be later than ours. Milliseconds. */
const LATER = 60_000;
const EXCERPT = 300;

/** How a request ended. */
export type Ending =
  /** The answer is whole, as far as its server says. */
  | { how: "finished"; reason: string }
  /** The answer broke off, or never began; `silent` when its server just stopped. */
  | { how: "cut"; why: string; silent: boolean; text: boolean }
  /** The connection was lost before there was an answer. */
  | { how: "lost"; thrown: unknown }
  /** The server would not, or could not be reached: it cost nothing. */
  | { how: "declined"; thrown: unknown };

export interface Exchange {
  /** The model's full name. */
  id: string;
  client: OpenAI;
  endpoint: Endpoint;
  body: ChatCompletionCreateParamsStreaming;
  /** Milliseconds without a byte after which the answer is given up. */
  patience: number;
  surroundings: Pick<Surroundings, "pause">;
  signal: AbortSignal;
}

/**
 * Sends the request and streams what comes.
 * @throws ProvingGroundError "cancelled", "model-answer" when the model refuses, "model" when the answer is too long
 */
export async function* exchange(parts: Exchange): AsyncGenerator<Happening, Ending> {
  const { client, body, patience, surroundings, signal, endpoint } = parts;
  const connection = new AbortController();
  const watch = new Watch(patience, surroundings.pause, connection);
  try {
    yield { type: "asked" };
    let response: Response;
    try {
      const either = AbortSignal.any([signal, connection.signal]);
      response = await client.chat.completions.create(body, { signal: either, timeout: patience + LATER }).asResponse();
    } catch (thrown) {
      stopIfCancelled(parts);
      if (watch.verdict !== null) return cut(`${endpoint.provider} ${watch.verdict}`, false);
      return { how: statusOf(thrown) !== undefined || neverArrived(thrown) ? "declined" : "lost", thrown };
    }
    return yield* read(Stream.fromSSEResponse(watch.over(response), connection, client), watch, parts);
  } finally {
    watch.end();
    connection.abort();
  }
}

async function* read(
  stream: AsyncIterable<ChatCompletionChunk>,
  watch: Watch,
  parts: Pick<Exchange, "id" | "endpoint" | "signal">,
): AsyncGenerator<Happening, Ending> {
  const { endpoint, id } = parts;
  const answer = new Reading();
  let broken: unknown = null;
  try {
    for await (const chunk of stream) {
      for (const piece of answer.take(chunk)) {
        if (answer.bytes > LONGEST_ANSWER) throw tooLong(id);
        yield piece;
      }
    }
  } catch (thrown) {
    stopIfCancelled(parts);
    if (thrown instanceof ProvingGroundError) throw thrown;
    broken = thrown;
  }
  stopIfCancelled(parts);
  const { usage, dollars, refusal, finish, text } = answer;
  if (usage !== null) yield { type: "usage", usage, ...(dollars !== null && chargesInDollars(endpoint) ? { dollars } : {}) };
  if (refusal !== "") throw refusedAs(id, refusal);
  if (finish === "content_filter" && !text) throw refusedAs(id, null);
  if (finish !== null) return { how: "finished", reason: finish };
  if (watch.verdict !== null) return cut(`${endpoint.provider} ${watch.verdict}`, text);
  if (broken !== null) return cut(`the answer was cut (${inShort(broken, endpoint)})`, text);
  const why = text ? "the answer ended without being finished" : "the answer was empty: no stream of an OpenAI-compatible server";
  return { how: "cut", why, silent: true, text };
}

/** What a stream has said so far, besides the pieces of its answer. */
class Reading {
  /** Why the answer ended; null while it has not. */
  finish: string | null = null;
  /** Beginning of what the model says instead of an answer. */
  refusal = "";
  /** Text and thinking so far. */
  bytes = 0;
  /** Whether there was any text. */
  text = false;
  usage: Usage | null = null;
  /** What the server says that it charged, in its own currency. */
  dollars: number | null = null;

  *take(chunk: ChatCompletionChunk): Generator<Piece> {
    // Some servers send a last chunk without choices.
    const choice = (chunk as { choices?: ChatCompletionChunk.Choice[] }).choices?.[0];
    const delta = choice?.delta as Delta | undefined;
    if (typeof delta?.refusal === "string") this.refusal = (this.refusal + delta.refusal).slice(0, EXCERPT);
    this.finish = choice?.finish_reason ?? this.finish;
    // Some tell the sum so far with every piece.
    this.usage = usageOf(chunk.usage) ?? this.usage;
    this.dollars = chargeOf(chunk.usage) ?? this.dollars;
    for (const piece of pieces(delta)) {
      this.bytes += Buffer.byteLength(piece.text);
      this.text ||= piece.type === "text";
      yield piece;
    }
  }
}

/** What a chunk adds. Servers other than OpenAI's name their reasoning in two ways. */
interface Delta {
  content?: unknown;
  reasoning_content?: unknown;
  reasoning?: unknown;
  refusal?: unknown;
}
type Piece = { type: "text" | "reasoning"; text: string };

function* pieces(delta: Delta | undefined): Generator<Piece> {
  const reasoning = delta?.reasoning_content ?? delta?.reasoning;
  if (typeof reasoning === "string" && reasoning !== "") yield { type: "reasoning", text: reasoning };
  if (typeof delta?.content === "string" && delta.content !== "") yield { type: "text", text: delta.content };
}

/** Whether the provider's `usage.cost` is in US dollars: OpenRouter documents it so. */
function chargesInDollars({ baseURL }: Endpoint): boolean {
  return isOpenRouter(baseURL);
}

export function isOpenRouter(baseURL: string): boolean {
  return /^(?:.+\.)?openrouter\.ai$/.test(new URL(baseURL).hostname);
}

function cut(why: string, text: boolean): Ending {
  return { how: "cut", why, silent: false, text };
}

export function tooLong(id: string): ProvingGroundError {
  return new ProvingGroundError("model", `${id} wrote more than ${LONGEST_ANSWER / 1_000_000} MB and was stopped`, {
    hint: "Something keeps it from ending. Try again, or choose another model.",
  });
}

function refusedAs(id: string, said: string | null): ProvingGroundError {
  const message = said === null ? `the provider of ${id} withheld the answer (content filter)` : `${id} refuses: “${said.trim()}”`;
  return new ProvingGroundError("model-answer", message, { hint: "Put it in other words, or choose another model." });
}

export function stopIfCancelled({ signal, id }: Pick<Exchange, "signal" | "id">): void {
  if (signal.aborted) throw new ProvingGroundError("cancelled", `the request to ${id} was cancelled`);
}
