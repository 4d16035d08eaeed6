/** A source of answers with the ledger around it: every try has its room under the caps before it is made, and its entry afterwards. */
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Usage } from "../../protocol/idea.ts";
import type { CallOutcome, Cost, Price, Purpose } from "../../protocol/spending.ts";
import type { Chunk, Completion, LanguageModel, Source } from "./language-model.ts";
import type { Ledger, Reservation } from "./ledger.ts";
import { BILLION, costOf, mostCost, mostInput } from "./prices.ts";

/** What the user set about a model's cost, as it is at the moment. */
export interface Terms {
  /** Null where none is known. */
  price: () => Price | null;
  /** Most tokens of an answer while a cap is set and the request has no limit of its own. */
  outputLimit: () => number;
  /** Whether it costs the user nothing that is counted here. */
  free: boolean;
  /** Whether the provider may be told to keep prompts. */
  keeps: boolean;
}

export class Metered implements LanguageModel {
  readonly id: string;
  readonly #source: Source;
  readonly #ledger: Ledger;
  readonly #terms: Terms;

  constructor(source: Source, ledger: Ledger, terms: Terms) {
    this.id = source.id;
    this.#source = source;
    this.#ledger = ledger;
    this.#terms = terms;
  }

  async *complete(request: Completion, signal: AbortSignal): AsyncIterable<Chunk> {
    const bounded = this.#bounded(request);
    let account: Account | null = yield* this.#open(bounded, signal);
    let outcome: CallOutcome = "cancelled";
    try {
      for await (const chunk of this.#source.complete(bounded, signal)) {
        switch (chunk.type) {
          case "asked":
            account.asked = true;
            break;
          case "declined":
            account.asked = false;
            break;
          case "usage":
            account.usage = chunk.usage;
            account.charged = chunk.dollars ?? null;
            yield { type: "usage", usage: chunk.usage };
            break;
          case "restart": {
            const cut: Account = account;
            account = null;
            yield* this.#close(cut, "cut");
            yield chunk;
            account = yield* this.#open(bounded, signal);
            break;
          }
          case "text":
          case "reasoning":
            account.bytes += Buffer.byteLength(chunk.text);
            yield chunk;
            break;
          case "notice":
            yield chunk;
        }
      }
      outcome = "answered";
    } catch (thrown) {
      outcome = outcomeOf(thrown, signal);
      throw thrown;
    } finally {
      // Also when whoever reads the answer has gone.
      if (account !== null && outcome !== "answered") this.#settle(account, outcome);
    }
    yield* this.#close(account, outcome);
  }

  /** The request with a limit of its answer, which a cap cannot do without. */
  #bounded(request: Completion): Completion {
    if (request.maxTokens !== undefined || !this.#ledger.isCapped(request.purpose)) return request;
    return { ...request, maxTokens: this.#terms.outputLimit() };
  }

  /** Room for one try; waits while calls under way could take it. */
  async *#open(request: Completion, signal: AbortSignal): AsyncGenerator<Chunk, Account> {
    const input = mostInput(request);
    const output = request.maxTokens ?? 0;
    const price = this.#terms.price();
    const most = { tokens: input + output, cost: price === null ? null : mostCost(price, input, output, this.#terms.keeps) };
    for (let told = false; ; told = true) {
      if (signal.aborted) throw cancelled(this.id);
      const reservation = this.#ledger.reserve(request.purpose, this.id, most, this.#terms.free);
      if (reservation !== null) return { reservation, request, input, price, asked: false, bytes: 0, usage: null, charged: null };
      if (!told) yield { type: "notice", message: `${this.id} waits: with the calls under way it could pass the cap on spending` };
      await this.#ledger.nextSettled(signal).catch((thrown: unknown) => {
        throw signal.aborted ? cancelled(this.id) : thrown;
      });
    }
  }

  *#close(account: Account, outcome: CallOutcome): Generator<Chunk> {
    const cost = this.#settle(account, outcome);
    if (cost !== null) yield { type: "cost", cost };
  }

  #settle(account: Account, outcome: CallOutcome): Cost | null {
    const { reservation, price, charged } = account;
    const bounded = account.asked && account.usage === null;
    const usage = account.usage ?? mostTaken(account);
    const cost = charged !== null ? Math.ceil(charged * BILLION) : price === null ? null : costOf(price, usage);
    const { purpose } = account.request;
    this.#ledger.settle(reservation, { purpose, model: this.id, outcome, usage, bounded, cost });
    return cost === null ? null : { dollars: cost / BILLION, bounded };
  }
}

/** One try. */
interface Account {
  reservation: Reservation;
  request: { purpose: Purpose; maxTokens?: number };
  /** Tokens that the prompt has at most. */
  input: number;
  price: Price | null;
  /** Whether a request is on its way that may cost something. */
  asked: boolean;
  /** UTF-8 bytes that were streamed. */
  bytes: number;
  usage: Usage | null;
  /** US dollars, as the provider says. */
  charged: number | null;
}

/** The most that a try can have taken whose server did not say: all of the prompt, and a token per byte of the answer. */
function mostTaken({ asked, input, bytes, request }: Account): Usage {
  if (!asked) return { inputTokens: 0, outputTokens: 0 };
  return { inputTokens: input, outputTokens: Math.min(bytes, request.maxTokens ?? bytes) };
}

function outcomeOf(thrown: unknown, signal: AbortSignal): CallOutcome {
  if (signal.aborted) return "cancelled";
  return thrown instanceof ProvingGroundError && thrown.code === "model-answer" ? "refused" : "failed";
}

function cancelled(id: string): ProvingGroundError {
  return new ProvingGroundError("cancelled", `the request to ${id} was cancelled`);
}
