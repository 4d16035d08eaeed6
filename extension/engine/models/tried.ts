/** Combinations of knob values that earlier ideas came to: none is proposed again, and knobs that were moved least are due first. */
import type { Knob } from "../../protocol/manifest.ts";
import type { Assignment } from "./knob-values.ts";
import { differing, fingerprint } from "./knob-values.ts";

export class Tried {
  readonly #knobs: readonly Knob[];
  readonly #baseline: Assignment;
  readonly #seen = new Set<string>();
  readonly #moves: Map<string, number>;

  /** @param baseline values in the unchanged code */
  constructor(knobs: readonly Knob[], baseline: Assignment) {
    this.#knobs = knobs;
    this.#baseline = baseline;
    this.#moves = new Map(knobs.map((knob) => [knob.name, 0]));
    this.#seen.add(fingerprint(knobs, baseline));
  }

  add(values: Assignment): void {
    this.#seen.add(fingerprint(this.#knobs, values));
    for (const { name } of differing(this.#knobs, this.#baseline, values)) this.#moves.set(name, this.moves(name) + 1);
  }

  has(values: Assignment): boolean {
    return this.#seen.has(fingerprint(this.#knobs, values));
  }

  /** How many of them moved a knob away from the baseline. */
  moves(knob: string): number {
    return this.#moves.get(knob) ?? 0;
  }
}
