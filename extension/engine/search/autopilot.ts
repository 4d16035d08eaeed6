/** All searches of a lab: begun, changed, paused, resumed and ended by the human, driven by the engine, taken up again after a restart. */
import { randomInt } from "node:crypto";
import type { ValidEnvironment } from "../../protocol/environment.ts";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Idea } from "../../protocol/idea.ts";
import type { ParamsOut } from "../../protocol/messages.ts";
import type { searchForecast, searchStart } from "../../protocol/methods.ts";
import { OPERATORS } from "../../protocol/model.ts";
import { type Forecast, type PlanChange, type Search, type SearchPlan, waitsAt } from "../../protocol/search.ts";
import { Drive, type DriveParts } from "./drive.ts";
import { forecast, type Taken } from "./forecast.ts";

export class Autopilot {
  readonly #parts: DriveParts;
  readonly #drives = new Map<number, Drive>();

  constructor(parts: DriveParts) {
    this.#parts = parts;
    // A search goes on when the window that brought its models is closed.
    parts.models.keepWhile(() => this.#parts.store.searches.open().length > 0);
    parts.models.onConfigured(() => {
      for (const drive of this.#drives.values()) drive.modelsConfigured();
    });
    parts.store.onTouched(({ ideas, runs, parents, searches }) => {
      for (const id of this.#drives.size === 0 ? [] : ideas) this.#see(id);
      if (runs.size > 0 || parents.size > 0 || searches.size > 0) for (const drive of this.#drives.values()) drive.pump();
    });
  }

  /** Takes up the searches that an earlier engine left. To be called once. */
  start(): void {
    for (const { id } of this.#parts.store.searches.open()) this.#drive(id).pump();
  }

  /** Whether any of them needs the engine now. */
  get busy(): boolean {
    return [...this.#drives.values()].some((drive) => drive.busy);
  }

  close(): void {
    for (const drive of this.#drives.values()) drive.close();
    this.#drives.clear();
  }

  /** @throws ProvingGroundError `usage`, `model`, `budget`, `dirty-baseline`, `no-slot` */
  async begin(wanted: ParamsOut<typeof searchStart>, benchmark: number | null = null): Promise<Search> {
    const { store } = this.#parts;
    const { environment: name } = wanted;
    const plan: SearchPlan = { ...wanted.plan, seed: wanted.plan.seed ?? randomInt(2 ** 31) };
    const { environment, commit } = await this.check(wanted);
    const { id } = store.searches.start("human", {
      ...{ environment: name, plan, baseline: commit, benchmark, gpus: environment.manifest.resources.gpus },
      firstEpoch: store.ideas.list(name).length === 0 ? 0 : store.ideas.newestEpoch(name) + 1,
    });
    this.#drive(id).pump();
    return store.searches.get(id);
  }

  /** Sees that a search could begin. @throws ProvingGroundError as `begin` */
  async check({ environment: name, plan }: ParamsOut<typeof searchStart>): Promise<{ environment: ValidEnvironment; commit: string }> {
    const { environments, scheduler } = this.#parts;
    const environment = await environments.get(name);
    this.#checkPlan(plan, environment.manifest.knobs.length);
    const { commit } = await environments.baselineCode(environment);
    await scheduler.width(name, plan.target);
    return { environment, commit };
  }

  /** What a search would take. @throws ProvingGroundError as `begin` */
  async forecast({ environment: name, plan }: ParamsOut<typeof searchForecast>): Promise<Forecast> {
    const { store, environments, scheduler } = this.#parts;
    const { manifest } = await environments.get(name);
    const taken = (kind: "ideas" | "implementation", model: string): Taken | null => store.calls.perIdea(name, kind, model);
    return forecast(plan, manifest, {
      seconds: store.runs.meanSeconds(name),
      slots: await scheduler.width(name, plan.target),
      ideas: taken("ideas", plan.source),
      implementations: taken("implementation", plan.implementer ?? plan.source),
    });
  }

  /** @throws ProvingGroundError `usage` when it has ended */
  change(id: number, { gates, caps, earlyStop, ...change }: PlanChange): Search {
    const { plan } = this.#notEnded(id);
    const said = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
    const next: SearchPlan = {
      ...{ ...plan, ...said, gates: merged(plan.gates, gates), caps: merged(plan.caps, caps) },
      earlyStop: merged(plan.earlyStop, earlyStop),
    };
    this.#parts.store.searches.change("human", id, next);
    this.#drive(id).planned();
    return this.#parts.store.searches.get(id);
  }

  pause(id: number): Search {
    if (this.#notEnded(id).state === "running") this.#parts.store.searches.setState("human", id, "paused", "You paused it.");
    this.#drive(id).planned();
    return this.#parts.store.searches.get(id);
  }

  resume(id: number): Search {
    if (this.#notEnded(id).state === "paused") this.#parts.store.searches.setState("human", id, "running", null);
    this.#drive(id).planned();
    return this.#parts.store.searches.get(id);
  }

  async stop(id: number): Promise<Search> {
    this.#notEnded(id);
    await this.#drive(id).stop("You stopped it.", "human");
    this.#drives.delete(id);
    return this.#parts.store.searches.get(id);
  }

  /** The human has looked at the parents of the next epoch. */
  goOn(id: number): Search {
    const { epoch, asksForParents } = this.#notEnded(id);
    if (asksForParents) {
      this.#parts.store.searches.seeParents(id, epoch + 1);
      this.#parts.store.searches.setAsksForParents(id, false);
    }
    this.#drive(id).pump();
    return this.#parts.store.searches.get(id);
  }

  /** Lets ideas pass the gate that each waits at; a proposal passes by being approved. */
  admit(ids: readonly number[]): Idea[] {
    const { store } = this.#parts;
    for (const id of ids) {
      const idea = store.ideas.get(id);
      const gate = waitsAt(idea, idea.search === null ? null : store.searches.get(idea.search));
      if (gate === "ideas" || gate === "runs") store.ideas.admit(id, gate);
    }
    return ids.map((id) => store.ideas.get(id));
  }

  #checkPlan({ source, algorithm, implementer, judge, caps }: Omit<SearchPlan, "seed">, knobs: number): void {
    const { models } = this.#parts;
    if (algorithm === "random" && source !== OPERATORS) {
      throw new ProvingGroundError("usage", "random search draws the knobs of environment.yaml, so that no model has a part in it", {
        hint: "Choose the operators as its source, or `best of n` for a model.",
      });
    }
    if (source === OPERATORS && knobs === 0) {
      throw new ProvingGroundError("usage", "the environment has no knobs for operators to move", {
        hint: "Add knobs to its environment.yaml, or choose a model.",
      });
    }
    for (const id of new Set([source, implementer, judge])) {
      if (id === null || id === OPERATORS) continue;
      models.get(id);
      if (caps.dollars > 0 && models.spending.price(id) === null) {
        throw new ProvingGroundError("budget", `no price is known for ${id}, so that the cap of $${caps.dollars} could not hold`, {
          hint: "Enter its price in provingGround.prices; a model that costs nothing has the price 0.",
        });
      }
    }
  }

  #notEnded(id: number): Search {
    const search = this.#parts.store.searches.get(id);
    if (search.state !== "ended") return search;
    throw new ProvingGroundError("usage", `search ${id} has ended`, {
      hint: "Start a new one; it can learn from everything in the environment.",
    });
  }

  #drive(id: number): Drive {
    const known = this.#drives.get(id);
    if (known !== undefined) return known;
    const drive = new Drive(this.#parts, id);
    this.#drives.set(id, drive);
    return drive;
  }

  #see(id: number): void {
    const idea = this.#parts.store.ideas.get(id);
    if (idea.search === null) return;
    this.#drives.get(idea.search)?.see(idea);
    for (const drive of this.#drives.values()) if (drive.ideasOf === idea.search) drive.pump();
  }
}

function merged<T extends object>(before: T, change: { [K in keyof T]?: T[K] | undefined } | undefined): T {
  const said = Object.entries(change ?? {}).filter(([, value]) => value !== undefined);
  return { ...before, ...(Object.fromEntries(said) as Partial<T>) };
}
