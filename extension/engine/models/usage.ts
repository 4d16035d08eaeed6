/** What servers say that an answer took, in the dialects there are; numbers that cannot be are as good as none. */
import type { Usage } from "../../protocol/idea.ts";

/** Fields as OpenAI names them, and where others differ. */
interface Reported {
  prompt_tokens?: unknown;
  completion_tokens?: unknown;
  total_tokens?: unknown;
  prompt_tokens_details?: { cached_tokens?: unknown } | null;
  completion_tokens_details?: { reasoning_tokens?: unknown } | null;
  /** DeepSeek's name for cached input. */
  prompt_cache_hit_tokens?: unknown;
  /** OpenRouter: US dollars charged. */
  cost?: unknown;
}

/** @returns null when the server did not say how many tokens went in and out */
export function usageOf(reported: unknown): Usage | null {
  if (typeof reported !== "object" || reported === null) return null;
  const said = reported as Reported;
  const input = count(said.prompt_tokens);
  const completion = count(said.completion_tokens);
  if (input === null || completion === null) return null;
  // Some count thinking in the total alone.
  const output = Math.max(completion, (count(said.total_tokens) ?? 0) - input);
  const usage: Usage = { inputTokens: input, outputTokens: output };
  const cached = count(said.prompt_tokens_details?.cached_tokens) ?? count(said.prompt_cache_hit_tokens);
  if (cached !== null && cached > 0) usage.cachedTokens = Math.min(cached, input);
  const reasoning = count(said.completion_tokens_details?.reasoning_tokens);
  if (reasoning !== null && reasoning > 0) usage.reasoningTokens = Math.min(reasoning, output);
  return usage;
}

/** US dollars that the provider says it charged; null when it does not. */
export function chargeOf(reported: unknown): number | null {
  const cost = (reported as Reported | null | undefined)?.cost;
  return typeof cost === "number" && Number.isFinite(cost) && cost >= 0 ? cost : null;
}

/** A number of tokens, or of anything else that can be counted; null for what is none. */
export function count(value: unknown): number | null {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : null;
}
