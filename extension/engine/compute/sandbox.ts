/** How bubblewrap is called for one job: a read-only system without homes, in which the job's code and its two files can be written. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Containment, DataFolder, Job } from "./compute.ts";
import { FILES } from "./job-files.ts";
import type { Bounds } from "./sandbox-bounds.ts";
import { showNeeds } from "./sandbox-needs.ts";
import { accelerators, homes, RUN_NEEDED, SCRATCH, secrets, SYSTEM_SECRETS } from "./sandbox-places.ts";
import { trace, View, within } from "./sandbox-view.ts";

/** A call of bubblewrap. */
export interface Sandbox {
  program: string;
  /** Up to the command. */
  words: string[];
  /** Folders kept in memory that the job can write. */
  scratch: string[];
  bounds: Bounds;
}

export interface SandboxRequest {
  /** bubblewrap. */
  program: string;
  job: Job & { containment: Extract<Containment, { kind: "sandbox" }> };
  /** What the job inherits. */
  environment: Readonly<Record<string, string>>;
  /** The user's home folder; absolute. */
  home: string;
  /** More folders to hide, such as the repository. */
  hidden: readonly string[];
  bounds: Bounds;
}

/** What bubblewrap is always told; trying it out tells it the same. */
export const ALWAYS = [
  ...["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"],
  ...["--unshare-pid", "--unshare-ipc", "--unshare-cgroup-try", "--die-with-parent", "--new-session", "--cap-drop", "ALL"],
];

/**
 * @throws ProvingGroundError `manifest` when the job wants to read what no contained job may
 */
export function sandboxFor({ program, job, environment, home, hidden, bounds }: SandboxRequest): Sandbox {
  const surroundings = { ...environment, ...job.variables };
  const directory = trace(job.directory)?.real ?? job.directory;
  const realHome = trace(home)?.real ?? home;
  const secret = [...new Set([home, realHome].flatMap((at) => secrets(at, surroundings)))].map((path) => trace(path)?.real ?? path);

  const view = new View();
  for (const path of ["/run", "/var/run", ...homes(passwd()), ...SYSTEM_SECRETS, ...hidden, dirname(directory)]) view.hide(path);
  for (const path of [...SCRATCH, home]) view.scratch(path);
  for (const path of [...RUN_NEEDED, "/etc/resolv.conf", "/etc/localtime"]) view.show(path);
  const shown: string[] = [];
  for (const path of job.containment.readable) shown.push(...readable(view, expand(path, home), realHome, secret));
  showNeeds(view, { environment: surroundings, home: realHome, secrets: secret });
  for (const { source } of job.data) view.show(expand(source, home));
  for (const path of secret) if (shown.some((folder) => within(path, folder))) view.hide(path);
  workplace(view, directory, job.cwd);

  return {
    program,
    words: [
      ...ALWAYS,
      ...(job.containment.network ? [] : ["--unshare-net"]),
      ...view.words(),
      ...accelerators(devices()).flatMap((path) => ["--dev-bind-try", path, path]),
    ],
    scratch: [...view.scratches, "/dev"],
    bounds,
  };
}

/** The job's folder: read-only but for its code and the two files it writes, so that nothing in it can be taken for its record. */
function workplace(view: View, directory: string, cwd: string): void {
  const [top = "."] = cwd.split("/");
  if (top === ".") {
    view.open(directory);
    for (const file of [FILES.script, FILES.job, FILES.started, FILES.reserve, "plan.json"]) view.guard(join(directory, file));
    return;
  }
  view.guard(directory);
  for (const name of [top, FILES.log, FILES.metrics]) view.open(join(directory, name));
}

/** Shows a folder that the environment's manifest names. @returns its real path, if it exists */
function readable(view: View, path: string, home: string, secret: readonly string[]): string[] {
  const real = trace(path)?.real;
  if (real === undefined) return [];
  if (within(home, real)) throw forbidden(path, "that is the home folder or holds it");
  if (secret.some((at) => within(real, at))) throw forbidden(path, "that is where passwords and keys are kept");
  view.show(path);
  return [real];
}

function forbidden(path: string, why: string): ProvingGroundError {
  return new ProvingGroundError(
    "manifest",
    `\`sandbox\` -> \`read\` of environment.yaml names ${path}: ${why}, which no contained run may read`,
    {
      hint: "Name the folders below it that the run needs, or put what it needs elsewhere.",
    },
  );
}

/** A path with its `~/` replaced. */
function expand(path: DataFolder["source"], home: string): string {
  return path.startsWith("~/") ? join(home, path.slice(2)) : path;
}

function passwd(): string {
  try {
    return readFileSync("/etc/passwd", "utf8");
  } catch {
    return "";
  }
}

function devices(): string[] {
  try {
    return readdirSync("/dev");
  } catch {
    return [];
  }
}
