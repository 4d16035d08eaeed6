/** Makes the target that a setting describes. */
import { homedir } from "node:os";
import path from "node:path";
import type { SlurmTarget, TargetSetting } from "../../protocol/target.ts";
import type { Compute } from "./compute.ts";
import { LocalSite } from "./local-site.ts";
import { RayCompute } from "./ray.ts";
import type { Site } from "./site.ts";
import { SlurmCompute } from "./slurm.ts";
import { SshSite } from "./ssh-site.ts";
import { SshCompute } from "./ssh.ts";

/** Seconds between two looks at the files of jobs: on a login node, which others use too, fewer. */
const BEAT_HERE = 0.5;
const BEAT_THERE = 2;

/** Where jobs lie on a login node where the setting does not say. */
const HOME_THERE = "~/.proving-ground";

export interface Surroundings {
  /** Tells this lab's jobs from those of others. */
  lab: string;
  /** The lab's state folder. */
  folder: string;
  /** What clients of clusters see of the engine's environment. */
  environment: Record<string, string>;
}

export function reach(setting: TargetSetting, { lab, folder, environment }: Surroundings): Compute {
  switch (setting.kind) {
    case "ssh":
      return new SshCompute({ target: setting, lab, environment });
    case "slurm":
      return new SlurmCompute({
        site: siteOf(setting, { lab, folder, environment }),
        settings: setting,
        lab,
        beat: setting.host === undefined ? BEAT_HERE : BEAT_THERE,
      });
    case "ray":
      return new RayCompute({ target: setting, lab, environment, folder: jobsIn(folder, setting) });
  }
}

/** Where a cluster's commands are and its jobs lie. */
function siteOf(setting: SlurmTarget, { lab, folder, environment }: Surroundings): Site {
  const { host, config, directory } = setting;
  if (host !== undefined) return new SshSite({ host, config, directory: directory ?? HOME_THERE, lab, environment });
  return new LocalSite({ environment, root: directory === undefined ? jobsIn(folder, setting) : path.join(expanded(directory), lab) });
}

/** The lab's own folder for a cluster that sees this machine's files. */
const jobsIn = (folder: string, { name }: TargetSetting) => path.join(folder, "jobs", name);

const expanded = (directory: string) => directory.replace(/^~(?=\/)/, homedir());
