/** A host behind ssh for one test: a real sshd, and the target that leads to it. */
import { onTestFinished } from "vitest";
import type { Compute } from "../../../extension/engine/compute/compute.ts";
import { SshCompute } from "../../../extension/engine/compute/ssh.ts";
import { type Sshd, type SshdOptions, startSshd } from "../../fixtures/sshd.ts";
import { BASE, folder } from "./place.ts";

export interface Host {
  sshd: Sshd;
  /** Folder for jobs there. */
  far: string;
  compute: Compute;
}

/** @param options `directory`: for jobs there, as the user sets it */
export async function host(options: SshdOptions & { directory?: string; platform?: NodeJS.Platform } = {}): Promise<Host> {
  const sshd = await startSshd(options);
  onTestFinished(() => sshd.end());
  const far = options.directory ?? folder();
  return { sshd, far, compute: engine(sshd, far, options.platform) };
}

/** Another engine's target. */
export function engine(sshd: Sshd, directory: string, platform: NodeJS.Platform = "linux", lab = "lab-1"): Compute {
  const target = { kind: "ssh", name: "box", data: {}, prelude: "", host: sshd.host, config: sshd.config, directory } as const;
  const compute = new SshCompute({ target, lab, environment: BASE, platform });
  onTestFinished(() => compute.close());
  return compute;
}
