/** Jobs as files at a site: puts them there, reads their state, logs and results back, and hears of changes, a few calls for many jobs. */
import { mkdir, writeFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Bytes, Exit, Job, JobFile, JobRef } from "./compute.ts";
import { parseExit } from "./exit.ts";
import { outputsOf } from "./outputs.ts";
import { sending, type Site } from "./site.ts";
import { type Changed, SiteWatch } from "./site-watch.ts";
import { FILES, quote, RESERVED } from "./job-files.ts";
import { supervisorScript } from "./supervisor.ts";
import { IDENTIFY } from "./supervisor-processes.ts";

/** What the files of a job say. `started` and `alive` are of its supervisor; only on its own machine is `alive` an answer. */
export type FileState =
  /** Not there, or only in part. */
  | { kind: "absent" }
  /** All of it is there; nobody has taken it. */
  | { kind: "ready" }
  | { kind: "started"; alive: boolean }
  | { kind: "ended"; exit: Exit }
  | { kind: "unreadable" };

/** Appears when all of a job is at the site. */
export const COMPLETE = "complete";
/** Folders on their way to the site at a time. */
const SENT_AT_ONCE = 4;

/** Seconds that a sweep may take, the grace of its job included. */
const SWEEP = 600;

/** Makes what a supervisor expects of a job's folder, and says that all is there. */
const COMPLETED = `if [ ! -e ${FILES.exit} ] && [ ! -s ${FILES.reserve} ]; then
  printf '%${RESERVED - 1}s\\n' ' ' | cat > ${FILES.reserve} || { rm -f ${FILES.reserve}; exit 1; }
  # Whoever put it there at the same time may have seen it end.
  [ ! -e ${FILES.exit} ] || rm -f ${FILES.reserve}
fi
: >> ${FILES.log} && : >> ${FILES.metrics} && : > ${COMPLETE} || exit 1`;

/** Defines \`state\`, which prints how the job in folder $1 stands as one line. */
const STATE = `${IDENTIFY}
ended() {
  [ -e "$1/${FILES.exit}" ] || return 1
  read -r text < "$1/${FILES.exit}" || text=
  printf 'ended %s\\n' "$text"
}
state() {
  ! ended "$1" || return 0
  if [ -e "$1/${FILES.started}" ]; then
    pid= mark=
    { read -r pid; read -r mark; } < "$1/${FILES.started}"
    identify "$pid"
    if [ -n "$identity" ] && [ "$identity" = "$mark" ]; then echo alive
    # It may have ended since.
    else ended "$1" || echo gone
    fi
  elif [ -e "$1/${COMPLETE}" ]; then echo ready
  else echo absent
  fi
}`;

/** The last step of putting a job at a site; ends the shell where the disk has no room for the record of its end. */
export const completing = (folder: string) => `cd -- ${quote(folder)} || exit 1\n${COMPLETED}`;

/** Prints the states of jobs by their files, one a line; leaves the shell in the folder that holds the jobs. */
export const statesScript = (root: string, refs: readonly JobRef[]) => `${STATE}\ncd -- ${quote(root)} 2> /dev/null || cd /
for id in ${refs.map((ref) => quote(named(ref))).join(" ")}; do state "./$id"; done`;

/** What `statesScript` printed of a number of jobs, by lines, at the head of them. */
export function parseStates(lines: readonly string[], count: number): FileState[] {
  if (lines.length <= count) throw new ProvingGroundError("internal", `the states of ${count} jobs came back in part`);
  return lines.slice(0, count).map(stateOf);
}

export interface SiteJobsOptions {
  site: Site;
  /** Seconds between two looks of the watcher at the site. */
  beat: number;
}

export class SiteJobs {
  readonly #site: Site;
  readonly #watch: SiteWatch;

  constructor({ site, beat }: SiteJobsOptions) {
    this.#site = site;
    this.#watch = new SiteWatch(site, beat);
  }

  /** Absolute path of a job's folder at the site. */
  async folder(ref: JobRef): Promise<string> {
    return `${await this.#site.root()}/${named(ref)}`;
  }

  /**
   * Puts a job at the site where it is not there already, ready for its supervisor.
   * @param launch a script for the job's folder there, in the same call; left out when somebody has taken the job
   * @returns its folder there
   */
  async put(job: Job, launch = ""): Promise<string> {
    const folder = await this.folder(job);
    const [state] = await this.stage([job]);
    if (state?.kind === "absent") await this.#site.run(`${completing(folder)}\n${launch}`);
    else if (state?.kind === "ready" && launch !== "") await this.#site.run(`cd -- ${quote(folder)} || exit 1\n${launch}`);
    return folder;
  }

  /**
   * Sends the files of those jobs that are not at the site yet; what `completing` writes is still missing there.
   * @param beside more files of a job, by name
   * @returns their states before
   */
  async stage(jobs: readonly Job[], beside: (job: Job) => Record<string, string> = () => ({})): Promise<FileState[]> {
    const states = await this.states(jobs);
    const waiting = jobs.filter((_, index) => states[index]?.kind === "absent").values();
    const fillOnAndOn = async () => {
      for (const job of waiting) await this.#fill(job, await this.folder(job), beside(job));
    };
    await Promise.all(Array.from({ length: SENT_AT_ONCE }, fillOnAndOn));
    return states;
  }

  /** States of jobs by their files, in one call, in the order of `refs`. */
  async states(refs: readonly JobRef[]): Promise<FileState[]> {
    if (refs.length === 0) return [];
    const said = await this.#site.run(statesScript(await this.#site.root(), refs));
    return parseStates(said.toString().split("\n"), refs.length);
  }

  /** At most `limit` bytes of a file from byte `from` on; none where there is no such file. */
  async tail(ref: JobRef, from: number, limit: number, file: JobFile): Promise<Bytes> {
    const path = quote(`${await this.folder(ref)}/${file}`);
    const said = await this.#site.run(
      `[ -e ${path} ] || { echo 0; exit 0; }\nwc -c < ${path}${limit > 0 ? `\ntail -c +${from + 1} ${path} | head -c ${limit}` : ""}`,
    );
    const cut = said.indexOf("\n");
    const bytes = said.subarray(cut + 1);
    // It may have grown between the two.
    return { bytes, from, size: Math.max(Number(said.subarray(0, cut).toString()), bytes.length === 0 ? 0 : from + bytes.length) };
  }

  /** Asks supervisors on the site's own machine to end. */
  async terminate(ref: JobRef): Promise<void> {
    const folder = quote(await this.folder(ref));
    await this.#site.run(`cd -- ${folder} 2> /dev/null || exit 0\n${IDENTIFY}
{ read -r pid; read -r mark; } 2> /dev/null < ${FILES.started} || exit 0
identify "$pid"
[ -z "$identity" ] || [ "$identity" != "$mark" ] || kill -s TERM "$pid" 2> /dev/null || :`);
  }

  /** Ends what a supervisor that is gone left behind on the site's own machine. */
  async sweep(ref: JobRef): Promise<void> {
    const script = quote(`${await this.folder(ref)}/${FILES.script}`);
    await this.#site.run(`[ ! -e ${script} ] || sh ${script} sweep < /dev/null > /dev/null 2>&1`, SWEEP);
  }

  /** Brings log, metrics, record and outputs into a folder of this machine. */
  async collect(ref: JobRef, into: string): Promise<void> {
    const folder = await this.folder(ref);
    await mkdir(into, { recursive: true });
    const files = [FILES.log, FILES.metrics, FILES.exit, ...(await this.#outputs(ref, folder))];
    await this.#site.bring(folder, files, into);
  }

  /** Removes the folders of jobs. */
  async discard(refs: readonly JobRef[]): Promise<void> {
    if (refs.length === 0) return;
    const root = await this.#site.root();
    // Folders that a job made unwritable included.
    await this.#site.run(`cd -- ${quote(root)} 2> /dev/null || exit 0
set -- ${refs.map((ref) => `${quote(`./${named(ref)}`)} ./${quote(sending(named(ref)))}*`).join(" ")}
rm -rf -- "$@" 2> /dev/null || { chmod -R u+rwX -- "$@" 2> /dev/null; rm -rf -- "$@"; }`);
  }

  async #fill(job: Job, folder: string, beside: Record<string, string>): Promise<void> {
    try {
      await mkdir(job.directory, { recursive: true });
      await writeFile(join(job.directory, FILES.script), supervisorScript(job), { mode: 0o755 });
      await writeFile(join(job.directory, FILES.job), `${JSON.stringify(job, null, 2)}\n`);
      for (const [name, content] of Object.entries(beside)) await writeFile(join(job.directory, name), content);
    } catch (error) {
      throw ProvingGroundError.from(error);
    }
    await this.#site.send(job.directory, folder);
  }

  /** Names of the files that match a job's outputs, from its folder. */
  async #outputs(ref: JobRef, folder: string): Promise<string[]> {
    const outputs = await outputsOf(ref);
    if (outputs === null) return [];
    const listed = await this.#site.run(`cd -- ${quote(posix.join(folder, outputs.cwd))} 2> /dev/null || exit 0
find . -type f -exec printf '%s\\0' {} +`);
    const names = listed
      .toString()
      .split("\0")
      .flatMap((name) => (name.startsWith("./") ? [name.slice(2)] : []));
    return names.filter(outputs.wanted).map(outputs.inFolder);
  }

  /** As `watch` of a target: one script at the site tells of all its jobs. */
  watch(ref: JobRef, files: readonly JobFile[], changed: Changed): () => void {
    return this.#watch.add(ref, files, changed);
  }

  /** Goes on watching where the connection was lost; to be called when the site answers. */
  resume(): void {
    this.#watch.resume();
  }

  close(): void {
    this.#watch.close();
    this.#site.close();
  }
}

function stateOf(line: string): FileState {
  if (line.startsWith("ended")) {
    const exit = parseExit(line.slice("ended".length));
    return exit === null ? { kind: "unreadable" } : { kind: "ended", exit };
  }
  if (line === "alive" || line === "gone") return { kind: "started", alive: line === "alive" };
  return { kind: line === "ready" ? "ready" : "absent" };
}

/** A job's id as the name of a folder. */
function named({ id }: JobRef): string {
  if (/^\.{0,2}$|[/\n\0]/.test(id)) throw new ProvingGroundError("internal", `"${id}" cannot be the name of a folder for a job`);
  return id;
}
