/** What one model at one endpoint turned out not to accept, remembered so that it is asked only once. */
import { APIError } from "openai";
import { statusOf } from "./endpoint-errors.ts";

/** An answer is not made shorter than this to fit a model; tokens. */
const LEAST = 512;

export class Quirks {
  /** Whether `response_format` with a JSON Schema is understood. */
  structured = true;
  /** Whether `stream_options.include_usage` is understood. */
  usage = true;
  /** Whether a temperature may be chosen. */
  temperature = true;
  /** Name of the limit on the answer's length. */
  limit: "max_tokens" | "max_completion_tokens" = "max_tokens";

  /**
   * Learns from a refused request.
   * @param asked the request's body
   * @returns what will be left out from now on, for the user; null when the refusal is about something else
   */
  learn(thrown: unknown, asked: object): string | null {
    if (!(thrown instanceof APIError) || ![400, 415, 422, 501].includes(statusOf(thrown) ?? 0)) return null;
    const complaint = `${thrown.param ?? ""} ${thrown.message}`;
    if (this.usage && "stream_options" in asked && /stream_options|include_usage/i.test(complaint)) {
      this.usage = false;
      return "the server does not report usage";
    }
    if (this.limit === "max_tokens" && "max_tokens" in asked && /max_completion_tokens/i.test(complaint)) {
      this.limit = "max_completion_tokens";
      return "the server names the answer's limit max_completion_tokens";
    }
    if (this.structured && "response_format" in asked && /response_format|json_schema|structured|guided|grammar|schema/i.test(complaint)) {
      this.structured = false;
      return "the server has no structured output; asking for text";
    }
    if (this.temperature && "temperature" in asked && /temperature/i.test(complaint)) {
      this.temperature = false;
      return "the model does not let its temperature be chosen";
    }
    return null;
  }
}

/**
 * Half the limit of an answer that a server refused because its model, or what the prompt leaves of its context, has less.
 * @returns null when the refusal is about something else, or nothing sensible is left
 */
export function shorterAnswer(thrown: unknown, limit: number | undefined): number | null {
  if (limit === undefined || limit < 2 * LEAST || !(thrown instanceof APIError) || ![400, 422].includes(statusOf(thrown) ?? 0)) return null;
  const complaint = `${thrown.param ?? ""} ${thrown.message}`;
  return /max_(?:completion_|output_)?tokens|context length|context window/i.test(complaint) ? Math.floor(limit / 2) : null;
}
