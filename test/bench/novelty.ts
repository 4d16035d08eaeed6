/** What it costs to find out whether an idea was there before, among many: by its words, and with vectors on top. */
import type { ValidEnvironment } from "../../extension/protocol/environment.ts";
import { Novelty } from "../../extension/engine/search/novelty.ts";
import type { EmbeddingModel } from "../../extension/engine/models/embeddings.ts";
import { Store } from "../../extension/engine/store/store.ts";
import { environmentFixture, seeded } from "../fixtures/lab.ts";
import { mixedIdeas } from "../fixtures/mixed-ideas.ts";
import type { Figure } from "./figure.ts";

const IDEAS = 2000;
const LOOKS = 400;
/** Numbers in a vector of a usual embedding model. */
const DIMENSIONS = 1536;

export async function noveltyLook(): Promise<Figure[]> {
  const environment = environmentFixture();
  return [
    { what: `one look for a repetition among ${IDEAS} ideas`, measured: await look(environment, null), unit: "ms", budget: 2 },
    {
      what: `  with vectors of ${DIMENSIONS} numbers (no budget)`,
      measured: await look(environment, embedding()),
      unit: "ms",
      budget: Infinity,
    },
  ];
}

/** Milliseconds for one draft, each looked at by itself as a steady search does. */
async function look(environment: ValidEnvironment, model: EmbeddingModel | null): Promise<number> {
  const store = new Store(":memory:", Date.now);
  const as = { environment: environment.name, epoch: 0, source: "model", model: "lab/m", strategy: "fresh" } as const;
  const rest = { kind: null, knobs: null, base: null, parents: [], seed: null };
  store.ideas.add(
    "model",
    mixedIdeas(IDEAS).map((text) => ({ ...as, ...rest, text })),
  );
  const novelty = new Novelty({ store, models: { embeddings: () => model } });
  const signal = new AbortController().signal;
  const drafts = mixedIdeas(LOOKS + 1, 2).map((text) => ({ text, knobs: null, base: null }));
  // What is read once, and what the model makes of the drafts, is no part of a look.
  await novelty.look(environment, drafts, { signal });
  const start = performance.now();
  for (const draft of drafts.slice(1)) await novelty.look(environment, [draft], { signal });
  const each = (performance.now() - start) / LOOKS;
  store.close();
  return each;
}

function embedding(): EmbeddingModel {
  const random = seeded(3);
  return {
    id: "lab/e",
    embed: (texts, _purpose, _signal, keep) => {
      const vectors = texts.map(() => Float32Array.from({ length: DIMENSIONS }, () => (random() - 0.3) / Math.sqrt(DIMENSIONS)));
      keep(0, vectors);
      return Promise.resolve();
    },
  };
}
