/** Makes the target that a setting describes. */
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { TargetSetting } from "../../protocol/target.ts";
import type { Compute } from "./compute.ts";
import { SshCompute } from "./ssh.ts";

export interface Surroundings {
  /** Tells this lab's jobs from those of others. */
  lab: string;
  /** The lab's state folder. */
  folder: string;
  /** What clients of clusters see of the engine's environment. */
  environment: Record<string, string>;
}

export function reach(setting: TargetSetting, { lab, environment }: Surroundings): Compute {
  switch (setting.kind) {
    case "ssh":
      return new SshCompute({ target: setting, lab, environment });
    case "slurm":
    case "ray":
      throw new ProvingGroundError("internal", `${setting.kind} comes soon`);
  }
}
