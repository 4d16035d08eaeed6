/** What every source of text looks like to the rest of the engine: a request in, a stream of pieces out. */
import type { Usage } from "../../protocol/idea.ts";
import type { Cost, Purpose } from "../../protocol/spending.ts";
import { addCost } from "../../protocol/spending.ts";

/** One turn of the conversation. */
export interface Message {
  role: "system" | "user" | "assistant";
  content: string;
}

/** A shape that the answer must have; servers that cannot enforce it answer in free text. */
interface Format {
  /** Letters, digits, `_` and `-`. */
  name: string;
  /** JSON Schema of an object. */
  schema: Record<string, unknown>;
}

/** What is asked of a model. */
export interface Completion {
  /** What is the same from call to call comes first: providers keep prompts that begin alike. */
  messages: readonly Message[];
  /** What the call is entered as in the ledger, and whose caps it counts against. */
  purpose: Purpose;
  /** 0 to 2; the server's own default when absent. */
  temperature?: number;
  /** Limit of the answer in tokens, thinking included where the server counts it. */
  maxTokens?: number;
  format?: Format;
}

/** A piece of the answer. */
export type Chunk =
  | { type: "text"; text: string }
  /** What the model thought before it answered; never part of the answer. */
  | { type: "reasoning"; text: string }
  /** What the answer took as its server says; at most once per try, after its last piece. */
  | { type: "usage"; usage: Usage }
  /** What a try cost, known or bounded from above; none where no price is known. */
  | { type: "cost"; cost: Cost }
  /** All text so far is void: the stream was cut and the answer begins again. `message` is for the user. */
  | { type: "restart"; message: string }
  /** Something the user should know while waiting: a retry, a capability that is missing. */
  | { type: "notice"; message: string };

export interface LanguageModel {
  /** `provider/model`. */
  readonly id: string;
  /**
   * Streams the answer. Every call is entered in the ledger and stays within the caps.
   * @throws ProvingGroundError "no-key", "model", "model-answer" when it refuses or does not end, "budget" when it could pass a cap,
   *   "cancelled"; never with a key in it
   */
  complete(request: Completion, signal: AbortSignal): AsyncIterable<Chunk>;
}

/** A chunk, or what the ledger has to know to tell what a call can have cost. */
export type Happening =
  | Exclude<Chunk, { type: "cost" | "usage" }>
  /** `dollars`: what the provider says that it charged. */
  | { type: "usage"; usage: Usage; dollars?: number }
  /** A request leaves: from here on it may cost something. */
  | { type: "asked" }
  /** The request came to nothing and cost nothing. */
  | { type: "declined" };

/** Where answers come from: an endpoint, or the editor. Knows nothing of caps; {@link LanguageModel} is made of it. */
export interface Source {
  /** `provider/model`. */
  readonly id: string;
  complete(request: Completion, signal: AbortSignal): AsyncIterable<Happening>;
}

/** A whole answer. */
export interface Answer {
  text: string;
  reasoning: string;
  /** Null when the server did not say. Tries that were cut are counted where they reported. */
  usage: Usage | null;
  /** All tries together; null where no price is known. */
  cost: Cost | null;
  /** Retries and the like, in order. */
  notices: string[];
}

/**
 * Collects a completion.
 * @param onChunk called with each piece as it arrives
 * @throws what `model.complete` throws
 */
export async function completeToText(
  model: LanguageModel,
  request: Completion,
  signal: AbortSignal,
  onChunk: (chunk: Chunk) => void = () => undefined,
): Promise<Answer> {
  const answer: Answer = { text: "", reasoning: "", usage: null, cost: null, notices: [] };
  for await (const chunk of model.complete(request, signal)) {
    switch (chunk.type) {
      case "text":
        answer.text += chunk.text;
        break;
      case "reasoning":
        answer.reasoning += chunk.text;
        break;
      case "usage":
        answer.usage = addUsage(answer.usage, chunk.usage);
        break;
      case "cost":
        answer.cost = addCost(answer.cost, chunk.cost);
        break;
      case "restart":
        answer.text = "";
        answer.reasoning = "";
        answer.notices.push(chunk.message);
        break;
      case "notice":
        answer.notices.push(chunk.message);
        break;
    }
    onChunk(chunk);
  }
  return answer;
}

/** The sum of two costs, where null is unknown and adds nothing. */
export function addUsage(a: Usage | null, b: Usage | null): Usage | null {
  if (a === null) return b;
  if (b === null) return a;
  const sum: Usage = { inputTokens: a.inputTokens + b.inputTokens, outputTokens: a.outputTokens + b.outputTokens };
  for (const part of ["cachedTokens", "reasoningTokens"] as const) {
    if (a[part] !== undefined || b[part] !== undefined) sum[part] = (a[part] ?? 0) + (b[part] ?? 0);
  }
  return sum;
}
