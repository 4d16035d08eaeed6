/** Jobs as files at a site: puts them there, reads their state, logs and results back, and hears of changes, a few calls for many jobs. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import picomatch from "picomatch";
import type { Bytes, Exit, Job, JobFile, JobRef } from "./compute.ts";
import { parseExit } from "./exit.ts";
import type { Site } from "./site.ts";
import { FILES, IDENTIFY, quote, RESERVED, supervisorScript } from "./supervisor.ts";

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

/** The last step of putting a job at a site; fails where the disk has no room for the record of its end. */
export const completing = (folder: string) => `cd ${quote(folder)} && {
  [ -e ${FILES.exit} ] || [ -e ${FILES.reserve} ] || printf '%${RESERVED - 1}s\\n' ' ' > ${FILES.reserve}
} && : >> ${FILES.log} && : >> ${FILES.metrics} && : > ${COMPLETE}`;

/** Prints the states of jobs by their files, one a line; leaves the shell in the folder that holds the jobs. */
export const statesScript = (root: string, refs: readonly JobRef[]) => `cd ${quote(root)} || exit 1
${IDENTIFY}
for id in ${refs.map(({ id }) => quote(id)).join(" ")}; do
  if [ -e "$id/${FILES.exit}" ]; then
    read -r text < "$id/${FILES.exit}" || text=
    echo "ended $text"
  elif [ -e "$id/${FILES.started}" ]; then
    pid= mark=
    { read -r pid; read -r mark; } < "$id/${FILES.started}"
    identify "$pid"
    if [ -n "$identity" ] && [ "$identity" = "$mark" ]; then echo alive; else echo gone; fi
  elif [ -e "$id/${COMPLETE}" ]; then echo ready
  else echo absent
  fi
done
`;

/** What `statesScript` printed for a number of jobs. */
export function parseStates(said: string, count: number): FileState[] {
  const lines = said.split("\n");
  return Array.from({ length: count }, (_, index) => stateOf(lines[index] ?? "absent"));
}

export interface SiteJobsOptions {
  site: Site;
  /** Seconds between two looks of the watcher at the site. */
  beat: number;
}

type Listener = (what: "state" | JobFile) => void;

export class SiteJobs {
  readonly #site: Site;
  readonly #beat: number;
  readonly #listeners = new Map<string, Set<{ files: readonly JobFile[]; changed: Listener }>>();
  /** What the watcher saw last, by job. */
  #seen = new Map<string, Seen>();
  #block: string[] = [];
  #stop: (() => void) | null = null;
  #closed = false;

  constructor({ site, beat }: SiteJobsOptions) {
    this.#site = site;
    this.#beat = beat;
  }

  async folder(ref: JobRef): Promise<string> {
    return `${await this.#site.root()}/${ref.id}`;
  }

  /** Puts a job at the site where it is not there already, ready for its supervisor. @returns its folder there */
  async put(job: Job): Promise<string> {
    const folder = await this.folder(job);
    const [state] = await this.stage([job]);
    if (state?.kind === "absent") await this.#site.run(completing(folder));
    return folder;
  }

  /**
   * Sends the files of those jobs that are not at the site yet; what `completing` writes is still missing there.
   * @param beside more files of a job, by name
   * @returns their states before
   */
  async stage(jobs: readonly Job[], beside: (job: Job) => Record<string, string> = () => ({})): Promise<FileState[]> {
    const states = await this.states(jobs);
    const absent = jobs.filter((_, index) => states[index]?.kind === "absent");
    const waiting = absent.values();
    const sendOnAndOn = async () => {
      for (const job of waiting) await this.#send(job, beside(job));
    };
    await Promise.all(Array.from({ length: SENT_AT_ONCE }, sendOnAndOn));
    return states;
  }

  async #send(job: Job, beside: Record<string, string>): Promise<void> {
    await mkdir(job.directory, { recursive: true });
    await writeFile(join(job.directory, FILES.script), supervisorScript(job), { mode: 0o755 });
    await writeFile(join(job.directory, FILES.job), `${JSON.stringify(job, null, 2)}\n`);
    for (const [name, content] of Object.entries(beside)) await writeFile(join(job.directory, name), content);
    await this.#site.send(job.directory, await this.folder(job));
  }

  /** States of jobs by their files, in one call, in the order of `refs`. */
  async states(refs: readonly JobRef[]): Promise<FileState[]> {
    if (refs.length === 0) return [];
    return parseStates((await this.#site.run(statesScript(await this.#site.root(), refs))).toString(), refs.length);
  }

  async tail(ref: JobRef, from: number, limit: number, file: JobFile): Promise<Bytes> {
    const path = quote(`${await this.folder(ref)}/${file}`);
    const said = await this.#site.run(
      `[ -e ${path} ] || { echo 0; exit 0; }\nwc -c < ${path}${limit > 0 ? `\ntail -c +${from + 1} ${path} | head -c ${limit}` : ""}`,
    );
    const cut = said.indexOf(10);
    return { bytes: said.subarray(cut + 1), from, size: Number(said.subarray(0, cut).toString()) };
  }

  /** Asks supervisors on the site's own machine to end. */
  async terminate(ref: JobRef): Promise<void> {
    const folder = quote(await this.folder(ref));
    await this.#site.run(`cd ${folder} 2>/dev/null || exit 0\n${IDENTIFY}
[ -e ${FILES.started} ] || exit 0
{ read -r pid; read -r mark; } < ${FILES.started}
identify "$pid"
[ -z "$identity" ] || [ "$identity" != "$mark" ] || kill -s TERM "$pid" 2>/dev/null || :`);
  }

  /** Ends what a supervisor that is gone left behind on the site's own machine. */
  async sweep(ref: JobRef): Promise<void> {
    const script = `${await this.folder(ref)}/${FILES.script}`;
    await this.#site.run(`[ ! -e ${quote(script)} ] || sh ${quote(script)} sweep < /dev/null > /dev/null 2>&1`);
  }

  /** Brings log, metrics, record and outputs into a folder of this machine. */
  async collect(ref: JobRef, into: string): Promise<void> {
    const folder = await this.folder(ref);
    const { cwd, outputs } = JSON.parse(await readFile(join(ref.directory, FILES.job), "utf8")) as Pick<Job, "cwd" | "outputs">;
    const files: string[] = [FILES.log, FILES.metrics, FILES.exit];
    if (outputs.length > 0) {
      const wanted = picomatch(outputs, { dot: true });
      const listed = (await this.#site.run(`cd ${quote(`${folder}/${cwd}`)} 2>/dev/null && find . -type f || :`)).toString();
      const names = listed.split("\n").flatMap((line) => (line.startsWith("./") ? [line.slice(2)] : []));
      files.push(...names.filter((name) => wanted(name)).map((name) => (cwd === "." ? name : `${cwd}/${name}`)));
    }
    await mkdir(into, { recursive: true });
    await this.#site.bring(folder, files, into);
  }

  async discard(refs: readonly JobRef[]): Promise<void> {
    if (refs.length === 0) return;
    const root = await this.#site.root();
    await this.#site.run(`cd ${quote(root)} || exit 0\nrm -rf -- ${refs.map(({ id }) => quote(id)).join(" ")}`);
  }

  /** As `watch` of a target: one watcher at the site tells of all its jobs. */
  watch(ref: JobRef, files: readonly JobFile[], changed: Listener): () => void {
    const entry = { files, changed };
    const entries = this.#listeners.get(ref.id) ?? new Set();
    this.#listeners.set(ref.id, entries.add(entry));
    this.#begin();
    return () => {
      entries.delete(entry);
      if (entries.size === 0 && this.#listeners.get(ref.id) === entries) this.#listeners.delete(ref.id);
      if (this.#listeners.size === 0) this.#end();
    };
  }

  close(): void {
    this.#closed = true;
    this.#end();
    this.#site.close();
  }

  #begin(): void {
    if (this.#stop !== null || this.#closed) return;
    // Until the watcher runs, stopping it means not to start it.
    let wanted = true;
    this.#stop = () => {
      wanted = false;
    };
    this.#site.root().then(
      (root) => {
        if (!wanted) return;
        this.#block = [];
        this.#stop = this.#site.follow(
          watcher(root, this.#beat),
          (line) => this.#heard(line),
          () => {
            this.#stop = null;
          },
        );
      },
      // The next look at the jobs says that the site does not answer, and begins again.
      () => {
        if (wanted) this.#stop = null;
      },
    );
  }

  /** Starts the watcher again where the connection took it away; to be called when the site answers. */
  resume(): void {
    if (this.#listeners.size > 0) this.#begin();
  }

  #end(): void {
    this.#stop?.();
    this.#stop = null;
    this.#seen = new Map();
  }

  #heard(line: string): void {
    if (line === "") return; // A sign of life.
    if (line !== "end") {
      this.#block.push(line);
      return;
    }
    const now = parseBlock(this.#block);
    this.#block = [];
    const before = this.#seen;
    this.#seen = now;
    for (const [id, entries] of this.#listeners) {
      for (const what of differences(before.get(id), now.get(id))) {
        for (const { files, changed } of entries) if (what === "state" || files.includes(what)) changed(what);
      }
    }
  }
}

interface Seen {
  open: boolean;
  sizes: Partial<Record<JobFile, string>>;
}

/** Prints the open jobs and the sizes of their files whenever one of them changed, and an empty line at each beat. */
const watcher = (root: string, beat: number) => `cd ${quote(root)} || exit 1
before=
while :; do
  now=$(for at in */${FILES.reserve}; do [ ! -e "$at" ] || echo "$at"; done; wc -c */${FILES.metrics} */${FILES.log} 2>/dev/null)
  if [ "$now" = "$before" ]; then echo; else
    printf '%s\\nend\\n' "$now"
    before=$now
  fi || exit 0
  sleep ${beat} || exit 0
done`;

function parseBlock(lines: readonly string[]): Map<string, Seen> {
  const found = new Map<string, Seen>();
  const of = (id: string) => {
    const seen = found.get(id) ?? { open: false, sizes: {} };
    found.set(id, seen);
    return seen;
  };
  for (const line of lines) {
    const [, size, id, file] = /^(?:\s*(\d+) )?([^/\s]+)\/(\S+)$/.exec(line) ?? [];
    if (id === undefined) continue;
    if (file === FILES.reserve) of(id).open = true;
    else if (file === FILES.log || file === FILES.metrics) of(id).sizes[file] = size ?? "";
  }
  return found;
}

function differences(before: Seen | undefined, now: Seen | undefined): ("state" | JobFile)[] {
  const files = (["stdout.log", "metrics.jsonl"] as const).filter((file) => before?.sizes[file] !== now?.sizes[file]);
  return before?.open === now?.open ? files : [...files, "state"];
}

function stateOf(line: string): FileState {
  if (line.startsWith("ended")) {
    const exit = parseExit(line.slice("ended".length));
    return exit === null ? { kind: "unreadable" } : { kind: "ended", exit };
  }
  if (line === "alive" || line === "gone") return { kind: "started", alive: line === "alive" };
  return { kind: line === "ready" ? "ready" : "absent" };
}
