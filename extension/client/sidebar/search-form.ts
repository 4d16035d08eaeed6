/** From what the user chose in the composer to a search's plan: pure. */
import type * as z from "zod";
import { gatesOf, hasParents, planProblem } from "../../protocol/plan.ts";
import { UNCAPPED, UNATTENDED } from "../../protocol/search.ts";
import type { SearchPlan } from "../../protocol/search.ts";
import type { SearchForm } from "../../protocol/webview/composer.ts";

/** What stands in the form the first time: code is looked at before it runs, and every epoch's parents. */
export const FIRST_FORM: SearchForm = {
  open: false,
  algorithm: "evolutionary",
  epochs: 10,
  exploit: null,
  base: "baseline",
  seeds: 1,
  asks: ["diffs", "parents"],
  caps: UNCAPPED,
  repeats: "skip",
  earlyStop: "off",
  target: null,
  priority: "normal",
};

/** What the simple flow's fields say. */
export interface Ideas {
  model: string;
  count: number;
  instructions: string;
}

/** What the user's settings say of who writes, who judges, and where runs go. */
export interface Settings {
  implementer: string | null;
  samples: number;
  judge: string | null;
  /** Target of runs for which nothing else was chosen; null: any. */
  target: string | null;
}

/** A plan as it is asked for: what is left out is as usual. */
export type Plan = Omit<z.input<typeof SearchPlan>, "seed">;

/** The plan that the form stands for; what its algorithm does not heed is left out. */
export function planOf(form: SearchForm, ideas: Ideas, { implementer, samples, judge, target }: Settings): Plan {
  const { algorithm } = form;
  const gates = gatesOf(algorithm).filter((gate) => form.asks.includes(gate));
  return {
    algorithm,
    source: ideas.model,
    implementer,
    samples,
    instructions: ideas.instructions,
    size: ideas.count,
    epochs: form.epochs,
    ...(hasParents(algorithm) ? { exploit: form.exploit, base: form.base } : {}),
    seeds: Array.from({ length: form.seeds }, (_, index) => index),
    gates: { ...UNATTENDED, ...Object.fromEntries(gates.map((gate) => [gate, "ask" as const])) },
    repeats: form.repeats,
    earlyStop: { rule: form.earlyStop },
    judge,
    target: form.target === null ? target : form.target === "" ? null : form.target,
    priority: form.priority,
    caps: form.caps,
  };
}

/** Why the form cannot be started, one sentence; null when it can. */
export function formProblem(form: SearchForm, ideas: Ideas): string | null {
  return planProblem({ algorithm: form.algorithm, epochs: form.epochs, source: ideas.model, size: ideas.count });
}
