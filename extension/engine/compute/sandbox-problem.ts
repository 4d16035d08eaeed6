/** Tells whether bubblewrap works on this machine, by trying it, and if not why and what to do. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import { access, constants } from "node:fs/promises";
import { promisify } from "node:util";
import { ALWAYS } from "./sandbox.ts";

const run = promisify(execFile);

/** Either the program, or why there is none that works, with what to do. */
export type Bubblewrap = { program: string; problem: null } | { program: null; problem: string };

/** @param environment whose PATH leads to it */
export async function findBubblewrap(environment: Readonly<Record<string, string>>, platform: NodeJS.Platform): Promise<Bubblewrap> {
  if (platform !== "linux") return { program: null, problem: "the sandbox needs bubblewrap, which only Linux has" };
  const program = await onPath("bwrap", environment.PATH ?? "");
  if (program === null) return { program: null, problem: NOT_INSTALLED };
  try {
    await run(program, [...ALWAYS, "--unshare-net", "--tmpfs", "/tmp", "--", "/bin/sh", "-c", ":"], {
      env: environment,
      timeout: 10_000,
      killSignal: "SIGKILL",
    });
    return { program, problem: null };
  } catch (thrown) {
    const error = thrown as Error & { stderr?: string };
    const said = error.stderr?.trim().split("\n")[0];
    return { program: null, problem: refused(said === undefined || said === "" ? error.message : said, await switches()) };
  }
}

const NOT_INSTALLED =
  "bubblewrap is not installed: `sudo apt install bubblewrap` (Debian, Ubuntu), `sudo dnf install bubblewrap` (Fedora)," +
  " `sudo pacman -S bubblewrap` (Arch)";

/** Settings of the system that forbid what bubblewrap needs; null where there is no such setting. */
export interface Switches {
  /** `kernel.apparmor_restrict_unprivileged_userns` */
  apparmor: string | null;
  /** `kernel.unprivileged_userns_clone` */
  clone: string | null;
  /** `user.max_user_namespaces` */
  most: string | null;
}

/** Words for what bubblewrap said where it failed. */
export function refused(said: string, { apparmor, clone, most }: Switches): string {
  const failed = `bubblewrap does not work here (${said})`;
  if (clone === "0")
    return `${failed}: the system forbids user namespaces. \`sudo sysctl kernel.unprivileged_userns_clone=1\` allows them.`;
  if (most === "0") return `${failed}: the system allows no user namespaces. \`sudo sysctl user.max_user_namespaces=10000\` allows them.`;
  if (apparmor === "1") {
    return (
      `${failed}: AppArmor forbids user namespaces to programs it has no profile for, as Ubuntu does since 24.04. ` +
      "Give bubblewrap one (`bwrap-userns-restrict` of the package apparmor-profiles)," +
      " or allow them to all with `sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`."
    );
  }
  return `${failed}: inside a container it must be allowed to make namespaces (docker: \`--security-opt seccomp=unconfined --security-opt systempaths=unconfined\`).`;
}

async function switches(): Promise<Switches> {
  const setting = (path: string) =>
    readFile(join("/proc/sys", path), "utf8").then(
      (text) => text.trim(),
      () => null,
    );
  const [apparmor, clone, most] = await Promise.all([
    setting("kernel/apparmor_restrict_unprivileged_userns"),
    setting("kernel/unprivileged_userns_clone"),
    setting("user/max_user_namespaces"),
  ]);
  return { apparmor, clone, most };
}

async function onPath(name: string, path: string): Promise<string | null> {
  for (const folder of path.split(delimiter).filter(isAbsolute)) {
    const program = join(folder, name);
    try {
      await access(program, constants.X_OK);
      return program;
    } catch {
      // Not there.
    }
  }
  return null;
}
