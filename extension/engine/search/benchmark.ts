/** A benchmark of models: one search for each pair of ideator and implementer, over the same ideas (Si et al. 2026, arXiv 2601.14525, section 3). */
import type { ParamsOut } from "../../protocol/messages.ts";
import type { benchmarkStart } from "../../protocol/methods.ts";
import { OPERATORS } from "../../protocol/model.ts";
import { type Search, type SearchCaps, SearchPlan } from "../../protocol/search.ts";
import type { Store } from "../store/store.ts";
import type { Autopilot } from "./autopilot.ts";

/** @throws ProvingGroundError as beginning any of its searches; none has begun then */
export async function beginBenchmark(
  { autopilot, store }: { autopilot: Autopilot; store: Store },
  { environment, ideators, implementers, count, caps, seed, ...rest }: ParamsOut<typeof benchmarkStart>,
): Promise<Search[]> {
  const pairs = ideators.flatMap((source) => implementersOf(source, implementers).map((implementer) => ({ source, implementer })));
  const plans = pairs.map(({ source, implementer }) => ({
    ...SearchPlan.parse({
      ...{ algorithm: "best of n", source, implementer, size: count, epochs: 1, memory: "search", repeats: "keep", seed: seed ?? 0 },
      ...{ ...rest, caps: partOf(caps, pairs.length) },
    }),
    seed,
  }));
  for (const plan of plans) await autopilot.check({ environment, plan });
  const benchmark = store.searches.nextBenchmark();
  const begun: Search[] = [];
  for (const plan of plans) {
    const first = begun.find((search) => search.plan.source === plan.source);
    begun.push(await autopilot.begin({ environment, plan: { ...plan, ideasOf: first?.id ?? null } }, benchmark));
  }
  return begun;
}

/** Operators' ideas are edited exactly: no implementer has a part in them. */
function implementersOf(source: string, implementers: readonly string[]): (string | null)[] {
  return source === OPERATORS ? [null] : [...new Set(implementers)];
}

function partOf(caps: SearchCaps, parts: number): SearchCaps {
  return { dollars: caps.dollars / parts, tokens: Math.floor(caps.tokens / parts), hours: caps.hours / parts, minutes: caps.minutes };
}
