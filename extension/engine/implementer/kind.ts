/**
 * Tells hyper-parameter changes from algorithmic ones by the code alone: a change is of hyper-parameters when all it does is to
 * give settings that were there before other values (paper, section on kinds of ideas).
 */
import { diffArrays } from "diff";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { IdeaKind } from "../../protocol/idea.ts";
import type { KnobValue, Manifest } from "../../protocol/manifest.ts";
import { readKnob } from "../environments/knobs.ts";
import { PathGuard } from "./patch/paths.ts";
import { treeOf, type Tree } from "./patch/tree.ts";
import { skeletonOf } from "./skeleton.ts";
import { turnKnobs } from "./turn-knobs.ts";

/** A file before and after, by its path in the environment's folder; null where it does not exist. */
export interface FileVersions {
  path: string;
  before: string | null;
  after: string | null;
}

/**
 * The kind of what an operator wrote, as the manifest's knobs have it.
 * @returns null when a human changed more, or less, than the knobs: then the code decides
 */
export function kindOfTurned(
  files: readonly FileVersions[],
  values: Readonly<Record<string, KnobValue>>,
  manifest: Manifest,
): IdeaKind | null {
  const tree = treeOf(new Map(files.flatMap(({ path, before }) => (before === null ? [] : [[path, before] as const]))));
  const turned = Object.keys(values).map((name) => manifest.knobs.find((knob) => knob.name === name));
  if (!turned.every((knob) => knob !== undefined && tree.read(knob.file) !== null)) return null;
  const expected = turnedOrNull(tree, values, manifest);
  if (expected === null) return null;
  if (files.some(({ path, after }) => expected.get(path) !== after)) return null;
  return turned.some((knob) => knob?.kind === "algorithmic") ? "algorithmic" : "hyper-parameter";
}

function turnedOrNull(...from: [Tree, Readonly<Record<string, KnobValue>>, Manifest]): Map<string, string> | null {
  try {
    return turnKnobs(...from, new PathGuard({ protected: [] }));
  } catch (cause) {
    if (cause instanceof ProvingGroundError) return null; // The manifest went on since; the lines decide.
    throw cause;
  }
}

/** The kind of any change, by its lines. */
export function kindOf(files: readonly FileVersions[], knobs: Manifest["knobs"]): IdeaKind {
  for (const { path, before, after } of files) {
    if (before === null || after === null || !onlySettings(before, after)) return "algorithmic";
    const turned = knobs.filter((knob) => knob.kind === "algorithmic" && knob.file === path);
    if (turned.some((knob) => valueOf(before, knob) !== valueOf(after, knob))) return "algorithmic";
  }
  return "hyper-parameter";
}

function onlySettings(before: string, after: string): boolean {
  const parts = diffArrays(linesOf(before), linesOf(after));
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at];
    if (part === undefined || (!part.added && !part.removed)) continue;
    const next = parts[at + 1];
    // Blank lines and comments come and go without changing what runs.
    const removed = part.removed ? part.value : [];
    const added = part.added ? part.value : next?.added === true ? next.value : [];
    if (part.removed && next?.added === true) at++;
    if (!sameButSettings(removed, added)) return false;
  }
  return true;
}

/** Lines that are the same but for the values of their settings. */
function sameButSettings(before: readonly string[], after: readonly string[]): boolean {
  const [skeletons, others] = [before, after].map((lines) => lines.map(skeletonOf).filter((line) => line.trim() !== ""));
  return JSON.stringify(skeletons) === JSON.stringify(others);
}

function linesOf(text: string): string[] {
  return text.split(/\r?\n/);
}

function valueOf(text: string, knob: Manifest["knobs"][number]): string | null {
  try {
    return String(readKnob(text, knob));
  } catch {
    return null; // A knob whose place is gone is no setting any more; the lines themselves decide.
  }
}
