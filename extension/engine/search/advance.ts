/** Takes the ideas of one search a step further each: code, approval, runs, as far as gates and the cap on hours let it. */
import type { ValidEnvironment } from "../../protocol/environment.ts";
import type { Idea } from "../../protocol/idea.ts";
import { OPERATORS } from "../../protocol/model.ts";
import type { Search } from "../../protocol/search.ts";
import type { Implementer } from "../implementer/implementer.ts";
import type { Proposals } from "../implementer/proposals.ts";
import type { Models } from "../models/catalogue.ts";
import type { LanguageModel } from "../models/language-model.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import type { Store } from "../store/store.ts";
import { mostHours, runsLeft } from "./budget.ts";
import { moveOf } from "./moves.ts";

export interface AdvanceParts {
  store: Store;
  models: Models;
  implementer: Implementer;
  proposals: Proposals;
  scheduler: Scheduler;
  /** Fires when the search is stopped. */
  signal: AbortSignal;
  /** An idea was taken further, or was not: look at it again. */
  onMoved: (idea: number) => void;
  /** A model has answered. */
  onAnswered: () => void;
  onFailed: (cause: unknown, idea: number) => void;
  onError: (cause: unknown) => void;
}

export interface Limits {
  /** Ideas that may be written at the same time; 0 while nothing may be spent or no model answers. */
  writing: number;
}

export class Advance {
  readonly #parts: AdvanceParts;
  readonly #inHand = new Set<number>();
  /** Ideas that nothing more comes of although their row does not say so. */
  readonly #settled = new Set<number>();

  constructor(parts: AdvanceParts) {
    this.#parts = parts;
  }

  get busy(): boolean {
    return this.#inHand.size > 0;
  }

  /** Whether something may still come of an idea. */
  isOpen(idea: Idea, search: Search): boolean {
    return moveOf(idea, search) !== "over" && !this.#settled.has(idea.id);
  }

  /** Nothing more comes of an idea. */
  settle(idea: number): void {
    this.#settled.add(idea);
  }

  /**
   * Begins what can be begun.
   * @returns why no more runs may be queued; null while they may
   */
  async all(open: Iterable<Idea>, search: Search, environment: ValidEnvironment, { writing }: Limits): Promise<string | null> {
    const ideas = [...open];
    let left = writing - ideas.filter(({ id, status }) => this.#inHand.has(id) && status !== "approved").length;
    const toRun: number[] = [];
    for (const idea of ideas) {
      if (this.#inHand.has(idea.id)) continue;
      switch (moveOf(idea, search)) {
        case "implement":
          if (left-- > 0) this.#work(idea.id, () => this.#implement(idea.id, search));
          break;
        case "approve":
          this.#work(idea.id, () => this.#approve(idea.id));
          break;
        case "run":
          toRun.push(idea.id);
          break;
        case "wait":
        case "over":
      }
    }
    return toRun.length === 0 ? null : this.#run(search, environment, toRun);
  }

  #work(idea: number, work: () => Promise<void>): void {
    const { onFailed, onMoved, onError } = this.#parts;
    this.#inHand.add(idea);
    work()
      .catch((cause: unknown) => onFailed(cause, idea))
      .finally(() => {
        this.#inHand.delete(idea);
        onMoved(idea);
      })
      .catch(onError);
  }

  async #implement(idea: number, { plan }: Search): Promise<void> {
    const { store, models, implementer, signal, onAnswered } = this.#parts;
    const { knobs } = store.ideas.record(idea);
    let model: LanguageModel | null = null;
    if (knobs === null) {
      const writer = plan.implementer ?? store.ideas.get(idea).model ?? (plan.source === OPERATORS ? null : plan.source);
      // The human's own idea in a search without models: it waits for their hands.
      if (writer === null) {
        this.settle(idea);
        return;
      }
      model = models.get(writer);
    }
    // The first rung of successive halving costs no slot.
    const smoke = plan.earlyStop.rule === "halving";
    const [done] = await implementer.implement([idea], { model, samples: plan.samples, smoke, signal });
    if (done?.error != null) throw done.error;
    onAnswered();
  }

  async #approve(idea: number): Promise<void> {
    await this.#parts.proposals.approve(idea, { undecided: "accept", actor: "search" });
  }

  /** Queues what the cap on hours has room for. */
  async #run(search: Search, environment: ValidEnvironment, ideas: readonly number[]): Promise<string | null> {
    const { store, scheduler, signal } = this.#parts;
    const { seeds, caps } = search.plan;
    const under = store.runs.openOf(search.id).length;
    const room = Math.floor(runsLeft(search, under, mostHours(environment.manifest.resources)) / seeds.length);
    const now = ideas.slice(0, room);
    if (now.length === 0) return under > 0 ? null : `The cap of ${caps.hours} hours could be passed by one more run.`;
    for (const idea of now) this.#inHand.add(idea);
    try {
      const queued = await scheduler.enqueue("search", now, { seeds, target: search.plan.target, search });
      if (signal.aborted)
        await scheduler.stop(
          queued.map(({ id }) => id),
          "engine",
        );
    } finally {
      for (const idea of now) this.#inHand.delete(idea);
    }
    return null;
  }
}
