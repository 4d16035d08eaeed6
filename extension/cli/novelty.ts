/** What ideas repeat, and what kind models say that they are, as the terminal shows it. */
import type { EngineConnection } from "../protocol/connect.ts";
import type { Idea } from "../protocol/idea.ts";
import type { Snapshot } from "../protocol/lab.ts";
import { environmentsList, ideasGet } from "../protocol/methods.ts";
import { fateOf, percent, repeatedText } from "../protocol/repetition.ts";

/** What is known of other ideas than those in a table. */
export interface Known {
  ideas: readonly Idea[];
  environments: Snapshot["environments"];
}

/** `#12 82%, reached val_loss 0.61`; null for an idea of its own. */
export function repeatsCell({ repeats }: Idea, { ideas, environments }: Known): string | null {
  if (repeats === null) return null;
  const short = `#${repeats.idea} ${percent(repeats.likeness)}`;
  const earlier = ideas.find(({ id }) => id === repeats.idea);
  return earlier === undefined ? short : `${short}, ${fateOf(earlier, metricOf(environments, earlier.environment))}`;
}

/** `#12 “Y” (82% alike), which reached val_loss 0.61`; null for an idea of its own. */
export async function repeatsText(lab: EngineConnection, { repeats, environment }: Idea): Promise<string | null> {
  if (repeats === null) return null;
  const { idea } = await lab.request(ideasGet, { idea: repeats.idea });
  return repeatedText(repeats, idea, metricOf(await lab.request(environmentsList, {}), environment));
}

/** The kind by the diff, and where a model says another one, that one too. */
export function kindCell({ kind, judged }: Idea): string | null {
  return judged === null || judged === kind ? kind : `${kind ?? "–"}, judged ${judged}`;
}

/** How often models and diffs agree; null where no model was asked. */
export function agreementText(ideas: readonly Idea[]): string | null {
  const both = ideas.filter(({ kind, judged }) => kind !== null && judged !== null);
  if (both.length === 0) return null;
  const agreed = both.filter(({ kind, judged }) => kind === judged).length;
  return `kinds judged by a model too: ${both.length}, of which ${agreed} as by the diff`;
}

function metricOf(environments: Known["environments"], name: string): string | null {
  const found = environments.find((one) => one.name === name);
  return found?.state === "valid" ? found.manifest.metric.name : null;
}
