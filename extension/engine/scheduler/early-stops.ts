/** Stops runs of searches that are clearly worse than others were at the same point, where their search's plan says so. */
import { type EarlyEnd, ENDED, type Run } from "../../protocol/run.ts";
import type { Search } from "../../protocol/search.ts";
import { deviationOf, type Field, type Finding, type Track, trackOf, whyStop } from "../analysis/early-stopping.ts";
import { remembered } from "../remembered.ts";
import type { Store } from "../store/store.ts";
import { earlyReason, neverBegan } from "./early-reason.ts";
import type { MetricReader, MetricSettings } from "./metric.ts";
import type { Records } from "./records.ts";

export interface EarlyStopsOptions {
  store: Store;
  records: Pick<Records, "curve">;
  /** Git tree of an environment's folder at a commit; null when the commit is gone. */
  treeOf: (environment: string, commit: string) => Promise<string | null>;
  /** Ends runs whose early end is recorded. */
  stop: (runs: readonly number[]) => Promise<unknown>;
  failed: (cause: unknown) => void;
}

/** Runs of one kind that a run is compared with at most: the newest. */
const MOST_COMPARED = 64;
/** Tracks that are kept in memory, some 4 KiB each. */
const MOST_TRACKS = 512;

export class EarlyStops {
  readonly #options: EarlyStopsOptions;
  /** Runs that are being looked at; true once there is more to look at. */
  readonly #looking = new Map<number, boolean>();
  /** Runs under way that are clearly worse as far as they have come. */
  readonly #worse = new Map<number, Finding>();
  /** Of ended runs; read from their folders when they are first asked for. */
  readonly #tracks = new Map<string, Promise<Track>>();
  /** By search. */
  readonly #trees = new Map<string, Promise<string | null>>();

  #closed = false;

  constructor(options: EarlyStopsOptions) {
    this.#options = options;
  }

  /** Looks at a run that has a new reading. */
  look(run: Run, metric: MetricSettings, reader: MetricReader): void {
    if (run.idea === null) return;
    if (this.#looking.has(run.id)) {
      this.#looking.set(run.id, true);
      return;
    }
    const { early, searches } = this.#options.store;
    const watcher = early.watcherOf(run.id);
    if (watcher === null) return;
    this.#looking.set(run.id, false);
    this.#judge({ ...run, idea: run.idea }, searches.get(watcher), metric, reader)
      .catch(this.#options.failed)
      .finally(() => {
        const more = this.#looking.get(run.id) === true;
        this.#looking.delete(run.id);
        if (more && !this.#closed) this.look(run, metric, reader);
      });
  }

  /** Stops nothing any more. */
  close(): void {
    this.#closed = true;
  }

  /** Forgets a run that has ended. */
  forget(run: number): void {
    this.#worse.delete(run);
  }

  async #judge(run: Run & { idea: number }, search: Search, metric: MetricSettings, reader: MetricReader): Promise<void> {
    const { store } = this.#options;
    const field = await this.#field(run, search, metric.direction);
    if (this.#closed) return;
    const { state, early } = store.runs.get(run.id);
    if (ENDED.has(state) || early !== null) return;
    const track = trackOf(reader.curve(run.id), metric.direction);
    const found = whyStop(search.plan.earlyStop, metric.direction, track, field);
    if (found === null) this.#worse.delete(run.id);
    else {
      this.#worse.set(run.id, found);
      await this.#stop(run, found, metric.name);
    }
  }

  /** An idea is stopped with all of its seeds or with none, so that what is known of it is never the mean of its lucky ones. */
  async #stop(run: Run & { idea: number }, found: Finding, metric: string): Promise<void> {
    const { store, stop } = this.#options;
    const others = store.runs.ofIdea(run.idea).filter(({ id, commit }) => id !== run.id && commit === run.commit);
    const open = others.filter(({ state }) => !ENDED.has(state));
    const goesOn = ({ id, state }: Run) => !store.early.isWatched(id) || (state !== "queued" && !this.#worse.has(id));
    if (others.some(({ state }) => state === "succeeded") || open.some(goesOn)) return;
    const early = new Map<number, Omit<EarlyEnd, "saved">>();
    for (const one of [run, ...open]) {
      const worse = one.id === run.id ? found : this.#worse.get(one.id);
      early.set(one.id, worse === undefined ? followed(run, found, metric) : endOf(worse, metric));
    }
    store.early.record(early);
    await stop([...early.keys()]);
  }

  async #field({ environment, idea }: Run & { idea: number }, search: Search, direction: MetricSettings["direction"]): Promise<Field> {
    const { store } = this.#options;
    const tree = await remembered(this.#trees, String(search.id), () => this.#options.treeOf(environment, search.baseline));
    const baseline = tree === null ? [] : store.runs.ofBaseline(environment, tree).slice(-MOST_COMPARED);
    const family = search.plan.earlyStop.rule === "parents";
    const parents = family ? store.ideas.get(idea).parents.flatMap((id) => store.runs.ofIdea(id)) : [];
    const inSearch = (state: "succeeded" | "stopped") => (family ? [] : store.early.comparable(search.id, state, MOST_COMPARED));
    const tracks = (runs: readonly Run[]) => this.#tracksOf(runs, direction);
    return {
      baseline: await tracks(baseline),
      parents: await tracks(parents.filter(({ state }) => state === "succeeded").slice(-MOST_COMPARED)),
      completed: await tracks(inSearch("succeeded")),
      stopped: await tracks(inSearch("stopped")),
      noise: deviationOf(baseline.flatMap(({ metric }) => metric ?? [])),
    };
  }

  /** One after the other: after a restart there may be many to read. */
  async #tracksOf(runs: readonly Run[], direction: MetricSettings["direction"]): Promise<Track[]> {
    const tracks: Track[] = [];
    for (const { id } of runs) {
      const read = async () => trackOf(await this.#options.records.curve(id), direction);
      tracks.push(await remembered(this.#tracks, String(id), read, MOST_TRACKS));
    }
    return tracks;
  }
}

function endOf(found: Finding, metric: string): Omit<EarlyEnd, "saved"> {
  const { axis, at, value, limit } = found;
  return { axis, at, value, limit, reason: earlyReason(found, metric) };
}

function followed({ seed }: Run, found: Finding, metric: string): Omit<EarlyEnd, "saved"> {
  const { reason, ...of } = endOf(found, metric);
  return { ...of, at: 0, value: null, reason: neverBegan({ seed, reason }) };
}
