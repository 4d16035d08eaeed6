/** Writes an operator's idea: every knob's place is edited exactly, in memory, and nothing else is. */
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { KnobValue, Manifest } from "../../protocol/manifest.ts";
import { writeKnob } from "../environments/knobs.ts";
import { PathGuard } from "./patch/paths.ts";
import { PatchRefusal } from "./patch/refusal.ts";
import type { Tree } from "./patch/tree.ts";

/**
 * The files that change, with their new text.
 * @throws PatchRefusal when a knob lies in a file that may not be edited, or nothing changes; ProvingGroundError `manifest` when
 *   a knob is unknown or its place is not in the code
 */
export function turnKnobs(
  tree: Tree,
  values: Readonly<Record<string, KnobValue>>,
  manifest: Manifest,
  guard: PathGuard,
): Map<string, string> {
  const changed = new Map<string, string>();
  for (const [name, value] of Object.entries(values)) {
    const knob = manifest.knobs.find((candidate) => candidate.name === name);
    if (knob === undefined) throw new ProvingGroundError("manifest", `${manifest.name} has no knob ${name} any more`);
    guard.check(knob.file);
    const text = changed.get(knob.file) ?? tree.read(knob.file);
    if (text === null)
      throw new ProvingGroundError("manifest", `knob ${name}: there is no file ${knob.file} in the code it is to be turned in`);
    changed.set(knob.file, writeKnob(text, knob, value));
  }
  for (const [path, text] of changed) if (text === tree.read(path)) changed.delete(path);
  if (changed.size === 0) throw new PatchRefusal({ reason: "empty" });
  return changed;
}
