/** Compute targets in words, the same in the editor and in the terminal: how they are, how full, and how runs there are kept. Pure. */
import { counted, roughly } from "./format.ts";
import type { Run, Target } from "./run.ts";
import { LOCAL } from "./target.ts";

/** How a target is; the first that holds of: it does not answer, something is wrong with it, it takes no runs, runs are there, none is. */
export type TargetState = "away" | "attention" | "drained" | "busy" | "free";

export function targetState(target: Pick<Target, "awaySince" | "problem" | "drained" | "busy" | "runs">): TargetState {
  if (target.awaySince !== null) return "away";
  if (target.problem !== null) return "attention";
  if (target.drained) return "drained";
  return target.busy > 0 || target.runs > 0 ? "busy" : "free";
}

/** What a target is and where: `Host behind ssh: gpu-box`, `Slurm through login`, `Ray at http://127.0.0.1:8265`. */
export function kindText({ type, host }: Pick<Target, "type" | "host">): string {
  switch (type) {
    case "local":
      return "This machine";
    case "ssh":
      return `Host behind ssh: ${host ?? ""}`;
    case "slurm":
      return host === null ? "Slurm on this machine" : `Slurm through ${host}`;
    case "ray":
      return `Ray at ${host ?? ""}`;
  }
}

/** `2 of 8 GPUs busy`; where places are counted `1 of 2 slots busy`. */
export function loadText({ busy, slots, kind, devices, type }: Pick<Target, "busy" | "slots" | "kind" | "devices" | "type">): string {
  const counts = (type === "local" || type === "ssh") && kind === "gpu" && devices.length === slots;
  return `${busy} of ${counted(slots, counts ? "GPU" : "slot")} busy`;
}

/** `3.2 of 40 GPU h`; without a cap `3.2 GPU h`; empty where nothing was used and nothing is capped. */
export function usedText({ hours, maxHours, kind }: Pick<Target, "hours" | "maxHours" | "kind">): string {
  if (maxHours === 0 && hours < 0.05) return "";
  const unit = kind === "gpu" ? "GPU h" : "h of runs";
  return maxHours > 0 ? `${roughly(hours)} of ${roughly(maxHours)} ${unit}` : `${roughly(hours)} ${unit}`;
}

/** `Runs are contained: bubblewrap`, `Runs are not contained: bubblewrap is not installed`. */
export function containmentText({ contained, uncontained }: Pick<Target, "contained" | "uncontained">): string {
  if (contained !== null) return `Runs are contained: ${CONTAINERS[contained]}`;
  return uncontained === null ? "Runs are not contained" : `Runs are not contained: ${uncontained}`;
}

/** What a run is kept by, as it is called. */
export const CONTAINERS = { sandbox: "bubblewrap", container: "a container" } as const;

/**
 * What keeps a run from going on that its target alone shows: it does not answer, is drained, or is gone; null when nothing of the kind.
 * What is the matter comes first, because rows cut what does not fit.
 * @param targets all of the lab
 */
export function heldUpText(run: Pick<Run, "state" | "asked" | "target">, targets: readonly Target[]): string | null {
  if (run.state === "starting" || run.state === "running") {
    const there = targets.find(({ name }) => name === run.target);
    return there?.awaySince == null ? null : noAnswer(there);
  }
  if (run.state !== "queued") return null;
  const able = run.asked === null ? targets : targets.filter(({ name }) => name === run.asked);
  if (able.length === 0) return run.asked === null ? null : `no target ${run.asked} any more`;
  if (!able.every((target) => ["away", "drained"].includes(targetState(target)))) return null;
  const [only, second] = able;
  if (only === undefined || second !== undefined) return "no target takes runs now";
  return only.awaySince === null ? `drained: ${titleOf(only)}` : noAnswer(only);
}

const titleOf = ({ name, title }: Target) => (name === LOCAL ? targetName(name) : title);
const noAnswer = (target: Target) => `no answer from ${titleOf(target)}`;

/** A target as rows and pickers name it. */
export const targetName = (name: string) => (name === LOCAL ? "this machine" : name);
