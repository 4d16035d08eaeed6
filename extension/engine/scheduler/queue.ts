/** The queue of runs: who may join it and where, its order, and what is said of those that wait. */
import type { ValidEnvironment } from "../../protocol/environment.ts";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Run } from "../../protocol/run.ts";
import type { RunsForecast, Search } from "../../protocol/search.ts";
import type { Git } from "../git/git.ts";
import type { Actor } from "../store/database.ts";
import type { NewRun } from "../store/runs.ts";
import type { Store } from "../store/store.ts";
import { BY_HAND, places } from "./fair.ts";
import type { Fleet } from "./fleet.ts";
import { forecastRuns } from "./forecast.ts";
import { needOf } from "./launcher.ts";

/** What the scheduler asks of the catalogue of environments. */
export interface EnvironmentSource {
  get(name: string): Promise<ValidEnvironment>;
  baselineCode(environment: ValidEnvironment): Promise<{ commit: string; tree: string }>;
}

/** Where and for whom runs are queued. */
export interface Queueing {
  /** Absent: the environment's default. */
  seeds?: readonly number[] | undefined;
  /** Name of the only target that may take them; null: any. */
  target?: string | null;
  /** The search that queues them and its share of the queue; null: a human does. */
  search?: Pick<Search, "id" | "plan"> | null;
}

export interface QueueOptions {
  store: Store;
  git: Git;
  environments: EnvironmentSource;
  fleet: Pick<Fleet, "candidates" | "place" | "looked">;
  /** There may be something to begin. */
  pump: () => void;
}

export class Queue {
  readonly #options: QueueOptions;
  /** Where environments lie and how many GPUs a run of theirs needs, as far as they were looked at. */
  readonly #known = new Map<string, { directory: string; gpus: number }>();

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /**
   * Runs of an environment that can go on at the same time, others set aside; at least 1.
   * @param target name of the only target that may take them; null: any
   * @throws ProvingGroundError `no-slot` when no target can ever run it
   */
  async width(name: string, target: string | null = null): Promise<number> {
    const { manifest } = await this.environment(name, target);
    const need = needOf(manifest);
    const able = this.#options.fleet.candidates(target).filter((place) => place.slots.never(need) === null);
    return Math.max(
      1,
      able.reduce((sum, place) => sum + place.slots.width(need), 0),
    );
  }

  /**
   * Queues runs of ideas' approved implementations, one for each idea and seed.
   * @throws ProvingGroundError `not-implemented-yet`; `no-slot` when no target can ever run it
   */
  async enqueue(actor: Actor, ideas: readonly number[], how: Queueing = {}): Promise<Run[]> {
    const { store, git } = this.#options;
    const { seeds, target = null } = how;
    const found = new Map<string, ValidEnvironment>();
    const runs: NewRun[] = [];
    for (const id of ideas) {
      const { environment: name } = store.ideas.get(id);
      const implementation = store.implementations.implementation(id);
      if (implementation === null) {
        throw new ProvingGroundError("not-implemented-yet", `idea #${id} has no approved implementation`, {
          hint: "Implement it, then approve its proposal.",
        });
      }
      const environment = found.get(name) ?? (await this.environment(name, target));
      found.set(name, environment);
      const tree = await git.treeOf(implementation.commit, environment.directory);
      if (tree === null) {
        throw new ProvingGroundError("no-commit", `commit ${implementation.commit} of idea #${id} is gone`, {
          hint: "It may have been pruned; implement the idea again.",
        });
      }
      for (const seed of seeds ?? [environment.manifest.seed.default]) {
        runs.push({ environment: name, idea: id, commit: implementation.commit, tree, seed, target, watched: how.search != null });
      }
    }
    return this.#queue(actor, runs, how);
  }

  /**
   * Queues runs of the unchanged code.
   * @param of a commit to take it from; absent: the newest, which must be all there is
   * @throws ProvingGroundError `dirty-baseline`, `no-commit`, `no-slot`
   */
  async baseline(actor: Actor, name: string, how: Queueing = {}, of?: string): Promise<Run[]> {
    const { seeds, target = null } = how;
    const environment = await this.environment(name, target);
    const { commit, tree } =
      of === undefined ? await this.#options.environments.baselineCode(environment) : await this.#codeAt(of, environment);
    const all = seeds ?? [environment.manifest.seed.default];
    return this.#queue(
      actor,
      all.map((seed) => ({ environment: name, idea: null, commit, tree, seed, target })),
      how,
    );
  }

  /** Queues the same commit and seed again, as new runs, which nothing stops early where a human asks for them. @param target absent: the one that each was queued for; null: any */
  retry(ids: readonly number[], actor: Actor = "human", target?: string | null): Run[] {
    if (target != null) this.#options.fleet.place(target);
    const { runs } = this.#options.store;
    return this.#queue(
      actor,
      ids.map((id) => {
        const { environment, idea, commit, seed, asked } = runs.get(id);
        const watched = actor === "search" && this.#options.store.early.isWatched(id);
        return { environment, idea, commit, tree: runs.treeOf(id), seed, target: target === undefined ? asked : target, watched };
      }),
      { search: actor === "search" ? this.#searchOf(ids) : null },
    );
  }

  /** Puts queued runs, in the order given, before another queued one, or at the end. @returns those that were still queued */
  reorder(ids: readonly number[], before: number | null): Run[] {
    const moved = this.#options.store.queue.reorder(ids, before);
    this.#options.pump();
    return moved;
  }

  /** Queues queued runs for another target; null: for any. @returns those that were still queued */
  move(ids: readonly number[], target: string | null): Run[] {
    if (target !== null) this.#options.fleet.place(target);
    const moved = this.#options.store.queue.ask(ids, target);
    this.#options.pump();
    return moved;
  }

  /** What so many runs of an environment would take; nothing is queued. @throws ProvingGroundError `unknown-environment`, `no-slot` */
  async forecast(name: string, runs: number, target: string | null): Promise<RunsForecast> {
    const { store } = this.#options;
    const { manifest } = await this.environment(name, target);
    const candidates = this.#options.fleet.candidates(target);
    const waits = candidates.map((place) => place.obstacle(needOf(manifest), manifest.resources.timeout));
    const { running, queued } = store.runs.counts();
    return forecastRuns(runs, manifest, {
      seconds: store.runs.meanSeconds(name),
      slots: await this.width(name, target),
      before: running + queued,
      obstacles: candidates.length === 0 ? [noTarget(target)] : waits.includes(null) ? [] : waits.flatMap((reason) => reason ?? []),
    });
  }

  /** Why a run waits, in words, one reason an entry; none when it does not. */
  async why(id: number): Promise<string[]> {
    const { store } = this.#options;
    const run = store.runs.get(id);
    if (run.state === "starting") return [run.reason ?? "It is being made ready."];
    if (run.state !== "queued") return [];
    const { manifest } = await this.#options.environments.get(run.environment);
    const places = this.#options.fleet.candidates(run.asked);
    if (places.length === 0) return [noTarget(run.asked)];
    const waits = places.map((place) => {
      const why = place.waits(needOf(manifest), manifest.resources.timeout) ?? "it has room";
      return `${place.title}: ${why}${why.endsWith(".") ? "" : "."}`;
    });
    const ahead = store.queue.queued().findIndex((other) => other.id === id);
    return ahead <= 0 ? waits : [`${ahead === 1 ? "One run is" : `${ahead} runs are`} before it in the queue.`, ...waits];
  }

  /** Folder of an environment, from the repository's top. */
  async directoryOf(name: string): Promise<string> {
    return (this.#known.get(name) ?? (await this.#options.environments.get(name))).directory;
  }

  async #codeAt(commit: string, { directory }: ValidEnvironment): Promise<{ commit: string; tree: string }> {
    const tree = await this.#options.git.treeOf(commit, directory);
    if (tree !== null) return { commit, tree };
    throw new ProvingGroundError("no-commit", `the commit ${commit.slice(0, 10)} is gone, or has no folder ${directory}`, {
      hint: "It may have been pruned; start a new search.",
    });
  }

  /**
   * An environment whose runs could be queued.
   * @param target name of the only target that may take them; null: any
   * @throws ProvingGroundError `no-slot` when no target can ever run it
   */
  async environment(name: string, target: string | null = null): Promise<ValidEnvironment> {
    const environment = await this.#options.environments.get(name);
    const need = needOf(environment.manifest);
    this.#known.set(name, { directory: environment.directory, gpus: need.gpus * need.nodes });
    if (target !== null) this.#options.fleet.place(target);
    if (!this.#options.fleet.looked) return environment;
    // A target that is away now may be able to when it is back.
    const reasons = this.#options.fleet.candidates(target).map((place) => {
      const { problem } = place.slots.capacity;
      const why = place.contact.lost === null ? (place.slots.never(need) ?? (place.setting === null ? problem : null)) : null;
      return why === null ? null : `${place.setting === null ? "on this machine" : `on ${place.name}`}: ${why}`;
    });
    if (reasons.length === 0 || reasons.includes(null)) return environment;
    throw new ProvingGroundError("no-slot", `${name} cannot run ${reasons.join("; ")}`, {
      hint: "Lower `resources` in the manifest, or set up a target that has what it needs.",
    });
  }

  #searchOf([first]: readonly number[]): Search | null {
    const { store } = this.#options;
    const idea = first === undefined ? null : store.runs.get(first).idea;
    const search = idea === null ? null : store.ideas.get(idea).search;
    return search === null ? null : store.searches.get(search);
  }

  #queue(actor: Actor, runs: NewRun[], { search = null }: Queueing = {}): Run[] {
    const { store } = this.#options;
    const [first] = runs;
    if (first === undefined) return [];
    const id = search?.id ?? null;
    const seconds = Math.max(1, store.runs.meanSeconds(first.environment) ?? 1);
    const cost = seconds * Math.max(1, this.#known.get(first.environment)?.gpus ?? 1);
    const at = places(runs.length, {
      ...{ cost, priority: search?.plan.priority ?? BY_HAND },
      left: store.queue.position(),
      last: store.queue.lastPosition(id),
    });
    const queued = store.runs.enqueue(
      actor,
      runs.map((run, nth) => ({ ...run, position: at[nth] ?? 0 })),
    );
    this.#options.pump();
    return queued;
  }
}

function noTarget(asked: string | null): string {
  return asked === null
    ? "Every target is drained: resume one in the Compute view."
    : `There is no target ${asked} any more: name it in \`provingGround.compute.targets\` again, or move the run to another.`;
}
