/** Makes the target that a setting describes. */
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { TargetSetting } from "../../protocol/target.ts";
import type { Compute } from "./compute.ts";

export interface Surroundings {
  /** Tells this lab's jobs from those of others. */
  lab: string;
  /** The lab's state folder. */
  folder: string;
  /** What clients of clusters see of the engine's environment. */
  environment: Record<string, string>;
}

export function reach(setting: TargetSetting, surroundings: Surroundings): Compute {
  throw new ProvingGroundError("internal", `${setting.kind} ${surroundings.lab}`);
}
