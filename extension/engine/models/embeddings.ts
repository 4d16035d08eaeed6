/** An embedding model behind an OpenAI-compatible endpoint: asked in batches, retried, and every request in the ledger and within the caps. */
import type OpenAI from "openai";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { CallOutcome, Price, Purpose } from "../../protocol/spending.ts";
import { readEmbeddings, type Embedded } from "./embedding-answer.ts";
import { endpointError, neverArrived, pauseBeforeRetry, statusOf, type Endpoint } from "./endpoint-errors.ts";
import type { Lane } from "./lane.ts";
import type { Ledger, Reservation } from "./ledger.ts";
import { openClient } from "./openai.ts";
import { BILLION, costOf, mostCost, mostTokens } from "./prices.ts";
import type { Surroundings } from "./surroundings.ts";

/** Texts in one request, until a server wants fewer. */
const BATCH = 64;
/** Characters of one text, until a server wants fewer; and what is never gone below. */
const LONGEST = 16_000;
const SHORTEST = 500;
/** Repetitions of a request that failed in passing. Ideas wait for the answer, so that there are fewer than for a completion. */
const RETRIES = 2;
/** A server that asks for a longer pause is not waited for. Milliseconds. */
const PATIENCE = 20_000;
/** Milliseconds until an answer has to be there. */
const TIMEOUT = 60_000;

export interface EmbeddingModel {
  /** `provider/model`. */
  readonly id: string;
  /**
   * Vectors of length 1, one for each text.
   * @param keep told of those of each request as they come, with the position of the first
   * @throws ProvingGroundError "no-key", "model", "model-answer", "budget" when it could pass a cap now, "cancelled"
   */
  embed(
    texts: readonly string[],
    purpose: Purpose,
    signal: AbortSignal,
    keep: (from: number, vectors: Float32Array[]) => void,
  ): Promise<void>;
}

export interface EmbeddingParts {
  endpoint: Endpoint;
  /** The model's id at the endpoint. */
  name: string;
  surroundings: Surroundings;
  /** The provider's, shared by its models. */
  lane: Lane;
  ledger: Ledger;
  /** Null where none is known. */
  price: () => Price | null;
}

export class Embeddings implements EmbeddingModel {
  readonly id: string;
  readonly #parts: EmbeddingParts;
  readonly #client: OpenAI;
  #batch = BATCH;
  #longest = LONGEST;

  constructor(parts: EmbeddingParts) {
    this.id = `${parts.endpoint.provider}/${parts.name}`;
    this.#parts = parts;
    this.#client = openClient(parts.endpoint, parts.surroundings.fetch);
  }

  async embed(
    texts: readonly string[],
    purpose: Purpose,
    signal: AbortSignal,
    keep: (from: number, vectors: Float32Array[]) => void,
  ): Promise<void> {
    let retries = 0;
    for (let from = 0; from < texts.length;) {
      const batch = texts.slice(from, from + this.#batch).map((text) => text.slice(0, this.#longest));
      let thrown: unknown;
      try {
        const vectors = await this.#inLane(batch, purpose, signal);
        keep(from, vectors);
        from += vectors.length;
        retries = 0;
        continue;
      } catch (cause) {
        thrown = cause;
      }
      if (signal.aborted) throw cancelled(this.id);
      if (this.#askForLess(thrown, batch)) continue;
      await this.#pause(thrown, retries, signal);
      retries += 1;
    }
  }

  /** One request, when it is its turn at the provider; entered whatever comes of it. */
  async #inLane(batch: readonly string[], purpose: Purpose, signal: AbortSignal): Promise<Float32Array[]> {
    const { lane, ledger, price: priceNow } = this.#parts;
    const leave = await lane.enter(signal);
    try {
      const price = priceNow();
      const tokens = mostTokens(batch);
      const most = { tokens, cost: price === null ? null : mostCost(price, tokens, 0, false) };
      const reservation = ledger.reserve(purpose, this.id, most, false);
      if (reservation === null) throw busy(this.id);
      return await this.#ask(batch, { reservation, purpose, price, tokens }, signal);
    } finally {
      leave();
    }
  }

  async #ask(batch: readonly string[], call: Call, signal: AbortSignal): Promise<Float32Array[]> {
    let answer: Embedded | null = null;
    let outcome: CallOutcome = "cancelled";
    let asked = true;
    try {
      const { name, endpoint } = this.#parts;
      const body = { model: name, input: batch };
      const sent = await this.#client.post("/embeddings", {
        body,
        signal,
        timeout: Math.min(TIMEOUT, (endpoint.stallSeconds ?? Infinity) * 1000),
      });
      answer = readEmbeddings(sent, endpoint);
      outcome = "answered";
      if (answer.vectors?.length !== batch.length) throw unreadable(this.id, batch.length);
      return answer.vectors;
    } catch (thrown) {
      const declined = statusOf(thrown) !== undefined || neverArrived(thrown);
      if (declined) asked = false;
      if (!signal.aborted) outcome = answer !== null || declined ? "failed" : "cut";
      throw thrown;
    } finally {
      this.#settle(call, outcome, asked, answer);
    }
  }

  #settle({ reservation, purpose, price, tokens }: Call, outcome: CallOutcome, asked: boolean, answer: Embedded | null): void {
    const bounded = asked && (answer?.tokens ?? null) === null;
    const usage = { inputTokens: asked ? (answer?.tokens ?? tokens) : 0, outputTokens: 0 };
    const charged = answer?.dollars ?? null;
    const cost = charged !== null ? Math.ceil(charged * BILLION) : price === null ? null : costOf(price, usage);
    this.#parts.ledger.settle(reservation, { purpose, model: this.id, outcome, usage, bounded, cost });
  }

  /** Servers have limits of their own on texts at once and on the length of one; half as much is tried, and remembered. */
  #askForLess(thrown: unknown, batch: readonly string[]): boolean {
    const message = thrown instanceof Error ? thrown.message : "";
    if (![400, 413, 422].includes(statusOf(thrown) ?? 0)) return false;
    if (!/batch|input|token|length|long|large|maximum|context/i.test(message)) return false;
    if (batch.length > 1) this.#batch = Math.ceil(batch.length / 2);
    else if ((batch[0]?.length ?? 0) > SHORTEST) this.#longest = Math.max(SHORTEST, Math.ceil((batch[0]?.length ?? 0) / 2));
    else return false;
    return true;
  }

  /** @throws ProvingGroundError when trying again is of no use, or was often enough */
  async #pause(thrown: unknown, retries: number, signal: AbortSignal): Promise<void> {
    const { endpoint, name, lane, surroundings } = this.#parts;
    const { now, random, pause } = surroundings;
    const wait = pauseBeforeRetry(thrown, retries, now(), random());
    // All of the provider's requests keep the pause it asks for, whether this one is made again or not.
    if (wait !== null && statusOf(thrown) === 429) lane.holdOff(wait);
    if (wait === null || wait > PATIENCE || retries === RETRIES) throw endpointError(thrown, endpoint, name);
    if (statusOf(thrown) === 429) return;
    await pause(wait, signal).catch((cause: unknown) => {
      throw signal.aborted ? cancelled(this.id) : cause;
    });
  }
}

interface Call {
  reservation: Reservation;
  purpose: Purpose;
  price: Price | null;
  /** The most that the texts can have. */
  tokens: number;
}

function busy(id: string): ProvingGroundError {
  return new ProvingGroundError("budget", `with the calls under way, asking ${id} could pass the cap on spending`);
}

function unreadable(id: string, count: number): ProvingGroundError {
  return new ProvingGroundError(
    "model-answer",
    `${id} did not answer with ${count === 1 ? "a vector" : `${count} vectors of one length`}`,
    {
      hint: "Is it an embedding model? Check provingGround.novelty.embeddings.",
    },
  );
}

function cancelled(id: string): ProvingGroundError {
  return new ProvingGroundError("cancelled", `the request to ${id} was cancelled`);
}
