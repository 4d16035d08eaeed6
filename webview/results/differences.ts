/** What differs between the chosen ideas, side by side; what they share is left out. Pure. */
import type { IdeaDetail } from "../../extension/protocol/idea.ts";
import type { IdeaRow, Results } from "./collect.ts";
import { decimalsFor, difference, seconds, value } from "./numbers.ts";

export interface Setting {
  name: string;
  /** One per idea, in the order given. */
  values: string[];
}

/**
 * @param rows ideas to compare
 * @param details what is known beyond the row, by idea; knobs appear once it has come
 */
export function differencesOf(rows: readonly IdeaRow[], details: ReadonlyMap<number, IdeaDetail>, results: Results): Setting[] {
  const decimals = decimalsFor(results.reference.mean ?? rows[0]?.idea.metric ?? null);
  const settings: Setting[] = [
    { name: results.reference.metric, values: rows.map((row) => value(row.idea.metric, decimals)) },
    { name: "Δ baseline", values: rows.map((row) => difference(row.delta, decimals)) },
    { name: "± over seeds", values: rows.map((row) => (row.deviation === null ? "–" : value(row.deviation, decimals))) },
    { name: "seeds", values: rows.map((row) => String(row.idea.seeds)) },
    ...knobsOf(rows, details, results),
    { name: "seconds", values: rows.map((row) => seconds(row.idea.seconds)) },
    { name: "status", values: rows.map((row) => row.idea.status) },
    { name: "source", values: rows.map((row) => row.idea.model ?? row.idea.source) },
    { name: "kind", values: rows.map((row) => row.idea.kind ?? "–") },
    { name: "strategy", values: rows.map((row) => row.idea.strategy) },
    { name: "epoch", values: rows.map((row) => String(row.idea.epoch)) },
    { name: "builds on", values: rows.map((row) => row.idea.parents.map((id) => `#${id}`).join(" ") || "–") },
    { name: "written on", values: rows.map((row) => (row.idea.base === null ? "baseline" : `#${row.idea.base}`)) },
    { name: "lines changed", values: rows.map(({ idea: { change } }) => (change === null ? "–" : `+${change.added} −${change.removed}`)) },
  ];
  return rows.length < 2
    ? settings.filter((setting) => setting.values[0] !== "–")
    : settings.filter((setting) => new Set(setting.values).size > 1);
}

function knobsOf(rows: readonly IdeaRow[], details: ReadonlyMap<number, IdeaDetail>, results: Results): Setting[] {
  const titles = new Map(results.environment?.manifest.knobs.map((knob) => [knob.name, knob.title]));
  const names = new Set(rows.flatMap((row) => Object.keys(details.get(row.idea.id)?.knobs ?? {})));
  return [...names].map((name) => ({
    name: titles.get(name) ?? name,
    values: rows.map((row) => {
      const knob = details.get(row.idea.id)?.knobs?.[name];
      return knob === undefined ? "as before" : String(knob);
    }),
  }));
}
