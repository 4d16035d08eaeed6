/** Reads what an endpoint answers to a request for embeddings: the vectors in the order of the texts, and what they took. Pure. */
import type { Endpoint } from "./endpoint-errors.ts";
import { isOpenRouter } from "./exchange.ts";
import { chargeOf, count } from "./usage.ts";

export interface Embedded {
  /** Of length 1; null where the answer has none that can be used. */
  vectors: Float32Array[] | null;
  /** Tokens of all texts; null where the server does not say. */
  tokens: number | null;
  /** What the provider says that it charged, in US dollars; null where it does not. */
  dollars: number | null;
}

export function readEmbeddings(answer: unknown, { baseURL }: Endpoint): Embedded {
  const { data, usage } = (typeof answer === "object" && answer !== null ? answer : {}) as { data?: unknown; usage?: unknown };
  const said = usage as { prompt_tokens?: unknown; total_tokens?: unknown } | null | undefined;
  return {
    vectors: Array.isArray(data) ? vectorsIn(data) : null,
    tokens: count(said?.prompt_tokens) ?? count(said?.total_tokens),
    dollars: isOpenRouter(baseURL) ? chargeOf(usage) : null,
  };
}

/** How alike the texts of two vectors of length 1 are: their cosine. */
export function cosine(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum;
}

function vectorsIn(data: readonly unknown[]): Float32Array[] | null {
  const vectors: Float32Array[] = [];
  for (const [position, entry] of data.entries()) {
    const { index, embedding } = (entry ?? {}) as { index?: unknown; embedding?: unknown };
    const vector = Array.isArray(embedding) ? ofLengthOne(embedding) : null;
    if (vector === null) return null;
    vectors[count(index) ?? position] = vector;
  }
  const [first] = vectors;
  const whole = vectors.length === data.length && Object.keys(vectors).length === data.length;
  return whole && vectors.every(({ length }) => length === first?.length) ? vectors : null;
}

/** @returns null for what is no vector, or has no direction */
function ofLengthOne(numbers: readonly unknown[]): Float32Array | null {
  if (!numbers.every((one): one is number => typeof one === "number" && Number.isFinite(one))) return null;
  const length = Math.hypot(...numbers);
  return length > 0 && Number.isFinite(length) ? Float32Array.from(numbers, (one) => one / length) : null;
}
