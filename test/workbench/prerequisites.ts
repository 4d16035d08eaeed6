/** What the machine itself must bring, checked before anything is built and installed with apt where that is allowed. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";

/** One thing the machine must have, by the name of the Debian package that brings it. */
interface Prerequisite {
  readonly debian: string;
  readonly purpose: string;
  present(machine: Machine): boolean;
}

/** The questions asked of a machine; a parameter so that a test can answer them. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly root: boolean;
  /** True when an executable of this name is on the PATH. */
  has(command: string): boolean;
  exists(file: string): boolean;
  /** Runs a command with its output shown; returns its exit code. */
  run(command: string, ...args: readonly string[]): number;
  /** Runs a command silently; true when it succeeds. */
  succeeds(command: string, ...args: readonly string[]): boolean;
}

const git: Prerequisite = { debian: "git", purpose: "implementations are git commits", present: (m) => m.has("git") };
const python: Prerequisite = {
  debian: "python3",
  purpose: "the example environment is Python",
  present: (m) => m.has("python3"),
};
const venv: Prerequisite = {
  debian: "python3-venv",
  purpose: "the example environment installs into a virtual environment",
  present: (m) => m.succeeds("python3", "-c", "import ensurepip, venv"),
};
const compilers: readonly Prerequisite[] = [
  { debian: "make", purpose: "code-server compiles native modules", present: (m) => m.has("make") },
  { debian: "g++", purpose: "code-server compiles native modules", present: (m) => m.has("g++") || m.has("c++") },
  {
    debian: "libkrb5-dev",
    purpose: "code-server's kerberos module",
    present: (m) => m.platform !== "linux" || m.exists("/usr/include/gssapi/gssapi.h"),
  },
];
const chromium: Prerequisite = {
  debian: "chromium",
  purpose: "the end-to-end tests drive VS Code in it",
  present: (m) => chromiumPath(m) !== undefined,
};

const clusters: readonly Prerequisite[] = [
  {
    debian: "openssh-server",
    purpose: "the tests of remote targets log in to a real sshd",
    present: (m) => m.exists("/usr/sbin/sshd"),
  },
  { debian: "openssh-client", purpose: "remote targets are reached by ssh", present: (m) => m.has("ssh") && m.has("ssh-keygen") },
  { debian: "rsync", purpose: "files go to remote targets by rsync", present: (m) => m.has("rsync") },
  { debian: "tcsh", purpose: "a login shell that is not like sh", present: (m) => m.has("csh") },
  {
    debian: "slurm-wlm",
    purpose: "the tests of Slurm have a cluster of one machine",
    present: (m) => m.has("sbatch") && m.exists("/usr/sbin/slurmctld"),
  },
  { debian: "munge", purpose: "Slurm's daemons know each other by it", present: (m) => m.exists("/usr/sbin/munged") },
  { debian: "bubblewrap", purpose: "runs on this machine are contained by it", present: (m) => m.has("bwrap") },
];

/** What each purpose needs. */
export const needs = {
  environment: [git, python, venv],
  workbench: [git, python, ...compilers],
  browser: [chromium],
  clusters,
} as const satisfies Record<string, readonly Prerequisite[]>;
export type Need = keyof typeof needs;

const chromiumPlaces = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The browser of the end-to-end tests, or undefined. */
export function chromiumPath(machine: Pick<Machine, "exists"> = thisMachine()): string | undefined {
  return chromiumPlaces.find((file) => machine.exists(file));
}

/** The machine this process runs on. */
export function thisMachine(): Machine {
  return {
    platform: process.platform,
    root: process.getuid?.() === 0,
    has: (command) =>
      (process.env.PATH ?? "").split(path.delimiter).some((folder) => folder !== "" && existsSync(path.join(folder, command))),
    exists: existsSync,
    run: (command, ...args) =>
      spawnSync(command, args, { stdio: "inherit", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } }).status ?? 1,
    succeeds: (command, ...args) => spawnSync(command, args, { stdio: "ignore" }).status === 0,
  };
}

/** Something is missing that only the user can install. The message says what to run. */
export class MissingPrerequisites extends Error {
  override readonly name = "MissingPrerequisites";
}

/**
 * Makes sure that what `purposes` need is there: installs it as root on a Debian-like system.
 *
 * @throws {MissingPrerequisites} with the exact command to run, where it may not install or the installation failed.
 */
export function ensurePrerequisites(purposes: readonly Need[], machine: Machine = thisMachine()): void {
  const missing = [...new Set(purposes.flatMap((purpose) => needs[purpose]))].filter((item) => !item.present(machine));
  if (missing.length === 0) return;

  const packages = missing.map((item) => item.debian);
  const reasons = missing.map((item) => `  ${item.debian.padEnd(14)} ${item.purpose}`).join("\n");
  const debian = machine.has("apt-get");
  if (debian && machine.root) {
    console.log(`Installing Debian packages: ${packages.join(" ")}`);
    if (machine.run("apt-get", "update") === 0 && machine.run("apt-get", "install", "-y", "--no-install-recommends", ...packages) === 0)
      return;
    throw new MissingPrerequisites(`apt-get could not install what is missing (its messages are above):\n${reasons}`);
  }
  const remedy = debian
    ? `Run this, then try again:\n\n  sudo apt-get install -y ${packages.join(" ")}\n`
    : "Install them (the names are Debian's) with this system's package manager, then try again.\n";
  throw new MissingPrerequisites(`Missing on this machine:\n${reasons}\n\n${remedy}`);
}
