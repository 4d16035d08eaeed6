/** Hears of changes to jobs at a site: one script there looks at all open jobs at every beat and tells what changed. */
import type { JobFile, JobRef } from "./compute.ts";
import type { Site } from "./site.ts";
import { FILES, quote } from "./job-files.ts";

export type Changed = (what: "state" | JobFile) => void;

/** An open job as the script sees it: how its files stand, in words that are only compared. */
type Seen = Partial<Record<JobFile, string>>;

interface Listener {
  id: string;
  files: readonly JobFile[];
  changed: Changed;
  /** What it was told of last; null before it was told anything, undefined when the job was not open. */
  seen: Seen | null | undefined;
}

const WATCHED: readonly JobFile[] = ["stdout.log", "metrics.jsonl"];

export class SiteWatch {
  readonly #site: Site;
  readonly #beat: number;
  readonly #listeners = new Set<Listener>();
  #stop: (() => void) | null = null;
  /** The lines of a report that is not complete. */
  #lines: string[] = [];
  /** The open jobs of the last report; null before there is one. */
  #open: Map<string, Seen> | null = null;
  #closed = false;

  /** @param beat seconds between two looks */
  constructor(site: Site, beat: number) {
    this.#site = site;
    this.#beat = beat;
  }

  /** As `watch` of a target. */
  add(ref: JobRef, files: readonly JobFile[], changed: Changed): () => void {
    const listener: Listener = { id: ref.id, files, changed, seen: null };
    this.#listeners.add(listener);
    this.resume();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#end();
    };
  }

  /** Starts the script again where the connection took it away; to be called when the site answers. */
  resume(): void {
    if (this.#listeners.size === 0 || this.#stop !== null || this.#closed) return;
    // Until the script runs, stopping it means not to start it.
    let wanted = true;
    this.#stop = () => {
      wanted = false;
    };
    this.#site.root().then(
      (root) => {
        if (wanted) this.#begin(root);
      },
      // The next look at the jobs says that the site does not answer; the one after it that does resumes.
      () => {
        if (wanted) this.#stop = null;
      },
    );
  }

  close(): void {
    this.#closed = true;
    this.#end();
  }

  #begin(root: string): void {
    this.#lines = [];
    this.#open = null;
    this.#stop = this.#site.follow(
      watcher(root, this.#beat),
      (line) => this.#heard(line),
      () => {
        this.#stop = null;
      },
    );
  }

  #end(): void {
    this.#stop?.();
    this.#stop = null;
  }

  #heard(line: string): void {
    if (line === "end") {
      this.#open = parseReport(this.#lines);
      this.#lines = [];
    } else if (line !== "") {
      this.#lines.push(line);
      return;
    }
    if (this.#open !== null) this.#tell(this.#open);
  }

  #tell(open: Map<string, Seen>): void {
    for (const listener of [...this.#listeners]) {
      const now = open.get(listener.id);
      const before = listener.seen;
      listener.seen = now;
      for (const what of differences(before, now)) {
        if (what === "state" || listener.files.includes(what)) listener.changed(what);
      }
    }
  }
}

/** Prints the open jobs and how their files stand whenever that changed, and an empty line at the other beats: a sign of life. */
const watcher = (root: string, beat: number) => `before=none
while cd -- ${quote(root)} 2> /dev/null; do
  set --
  for at in ./*/${FILES.reserve}; do
    [ ! -e "$at" ] || set -- "$@" "$at" "\${at%/*}/${FILES.log}" "\${at%/*}/${FILES.metrics}"
  done
  now=
  [ $# -eq 0 ] || now=$(LC_ALL=C ls -ln -- "$@" 2> /dev/null)
  if [ "$now" = "$before" ]; then echo; else
    printf '%s\\nend\\n' "$now"
    before=$now
  fi || exit 0
  sleep ${beat} || exit 0
done`;

function parseReport(lines: readonly string[]): Map<string, Seen> {
  const open = new Map<string, Seen>();
  for (const line of lines) {
    const [, how, id, file] = /^(.*?) \.\/(.+)\/([^/]+)$/.exec(line) ?? [];
    if (id === undefined || how === undefined) continue;
    const seen = open.get(id) ?? {};
    const watched = WATCHED.find((name) => name === file);
    if (watched !== undefined) seen[watched] = how;
    if (file === FILES.reserve || open.has(id)) open.set(id, seen);
  }
  return open;
}

function differences(before: Seen | null | undefined, now: Seen | undefined): readonly ("state" | JobFile)[] {
  // Whoever listens from now on may have missed all that happened since it looked.
  if (before === null) return now === undefined ? ["state", ...WATCHED] : WATCHED;
  const files = WATCHED.filter((file) => before?.[file] !== now?.[file]);
  return (before === undefined) === (now === undefined) ? files : ["state", ...files];
}
