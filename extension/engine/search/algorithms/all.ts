/** Every search algorithm by its name. */
import type { Algorithm } from "../../../protocol/search.ts";
import type { SearchAlgorithm } from "./algorithm.ts";
import { evolutionary } from "./evolutionary.ts";
import { steadyState } from "./steady-state.ts";
import { bestOfN, random } from "./unguided.ts";

export const ALGORITHMS: Readonly<Record<Algorithm, SearchAlgorithm>> = {
  evolutionary,
  "steady state": steadyState,
  "best of n": bestOfN,
  random,
};
