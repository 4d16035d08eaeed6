/** Vectors of ideas by the embedding model that is in use, kept in the store, and which idea a new one is most like by them. */
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Purpose } from "../../protocol/spending.ts";
import type { Models } from "../models/catalogue.ts";
import { cosine } from "../models/embedding-answer.ts";
import type { EmbeddingModel } from "../models/embeddings.ts";
import type { Store } from "../store/store.ts";
import { type Earlier, earlierOf } from "./earlier-ideas.ts";
import { UNLIKE_IDEAS } from "./unlike-ideas.ts";

type Text = Pick<Earlier, "whole" | "digest">;

/** What was fetched: whether vectors can be compared, and why not although they were to be. */
export interface Fetched {
  usable: boolean;
  note: string | null;
}

const UNLIKE: readonly Text[] = UNLIKE_IDEAS.map((text) => earlierOf(0, null, { text, knobs: null, base: null }));

export class VectorBook {
  readonly #store: Store;
  readonly #models: Pick<Models, "embeddings">;
  #model: string | null = null;
  #vectors = new Map<string, Float32Array>();
  /** What the model makes of ideas that are not alike: their mean cosine; null until it is known. */
  #usual: number | null = null;

  constructor(store: Store, models: Pick<Models, "embeddings">) {
    this.#store = store;
    this.#models = models;
  }

  /**
   * Has embedded what has not been yet; nothing is twice. A model that fails, or a signal that fires, is no error.
   * @param texts asked for only when there is a model
   * @param report told when somebody has to wait for the model
   */
  async fetch(texts: () => readonly Text[], purpose: Purpose, signal: AbortSignal, report: (message: string) => void): Promise<Fetched> {
    let name = "the model";
    try {
      const model = this.#models.embeddings();
      if (model === null) return { usable: false, note: null };
      name = model.id;
      this.#use(model);
      const missing = new Map(
        [...UNLIKE, ...texts()].filter(({ digest }) => !this.#vectors.has(digest)).map((text) => [text.digest, text]),
      );
      if (missing.size > 0) {
        report(`${model.id} embeds ${missing.size} ${missing.size === 1 ? "text" : "texts"}`);
        await this.#embed(model, [...missing.values()], purpose, signal);
      }
      return { usable: true, note: null };
    } catch (thrown) {
      if (signal.aborted) return { usable: false, note: null };
      const { message } = ProvingGroundError.from(thrown);
      return {
        usable: false,
        note: `${name} could not be asked for embeddings, so that ideas are compared by their words alone: ${message}`,
      };
    }
  }

  /** Ideas that are so alike, the most alike first. Likeness is scaled: 0 is what the model finds any two ideas, 1 the same. */
  near({ digest }: Text, ideas: Iterable<Earlier>, least: number): { id: number; likeness: number }[] {
    const mine = this.#vectors.get(digest);
    const usual = (this.#usual ??= this.#meanOfUnlike());
    if (mine === undefined || usual === null) return [];
    const near: { id: number; likeness: number }[] = [];
    for (const idea of ideas) {
      const other = this.#vectors.get(idea.digest);
      if (other?.length !== mine.length) continue;
      const likeness = idea.digest === digest ? 1 : Math.min(1, Math.max(0, (cosine(mine, other) - usual) / (1 - usual)));
      if (likeness >= least) near.push({ id: idea.id, likeness });
    }
    return near.sort((a, b) => b.likeness - a.likeness);
  }

  #use({ id }: EmbeddingModel): void {
    if (this.#model === id) return;
    this.#model = id;
    this.#vectors = this.#store.vectors.of(id);
    this.#usual = null;
  }

  async #embed(model: EmbeddingModel, texts: readonly Text[], purpose: Purpose, signal: AbortSignal): Promise<void> {
    const whole = texts.map((text) => text.whole);
    await model.embed(whole, purpose, signal, (from, vectors) => {
      const made = new Map(vectors.map((vector, at) => [texts[from + at]?.digest ?? "", vector]));
      this.#store.vectors.put(model.id, made);
      // Another model may have been chosen meanwhile.
      if (this.#model === model.id) for (const [digest, vector] of made) this.#vectors.set(digest, vector);
    });
  }

  #meanOfUnlike(): number | null {
    const vectors = UNLIKE.flatMap(({ digest }) => this.#vectors.get(digest) ?? []);
    if (vectors.length < UNLIKE.length) return null;
    const pairs = vectors.flatMap((a, at) => vectors.slice(at + 1).map((b) => cosine(a, b)));
    const mean = pairs.reduce((sum, one) => sum + one, 0) / pairs.length;
    // A model that finds everything the same tells nothing apart.
    return mean > 0.999 ? null : mean;
  }
}
