/**
 * What is known of an environment's ideas at a moment: a fold over the event log, the same while a search goes on and when it is
 * replayed. Pure.
 */
import type { Mark } from "../../protocol/idea.ts";
import type { KnobValue } from "../../protocol/manifest.ts";
import type { LoggedEvent } from "../store/events.ts";

/** An idea as far as it is known. */
export interface Known {
  readonly id: number;
  readonly search: number | null;
  title: string;
  /** Digest of the rest of its text. */
  body: string;
  /** Settings that it consists of; null where words decide. */
  knobs: Readonly<Record<string, KnobValue>> | null;
  /** Idea whose implementation it is written on. */
  base: number | null;
  /** Characters of its description and planned changes. */
  length: number;
  /** Lines that its implementation changes. */
  changed: number;
  implemented: boolean;
  rejected: boolean;
  mark: Mark | null;
  /** Results of its successful runs, in the metric's unit. */
  metrics: number[];
  /** Whether its newest attempt or run failed. */
  failed: boolean;
  /** Whether a run of it was stopped early, clearly worse than others. */
  stopped: boolean;
}

/** What an attempt may end with that says nothing about the idea. */
const NO_FAILURE: ReadonlySet<unknown> = new Set(["applied", "overtaken", "interrupted", "cancelled"]);

/** Characters of English and code that make a token on average, on the safe side. */
const CHARACTERS_PER_TOKEN = 3.5;
/** Characters of a changed line in a diff, its share of context and headers included. */
const CHARACTERS_PER_CHANGED_LINE = 90;

export class Knowledge {
  readonly #environment: string;
  readonly #ideas = new Map<number, Known>();
  #picked: readonly number[] = [];
  #upTo = 0;

  constructor(environment: string) {
    this.#environment = environment;
  }

  /** Number of the newest event it contains. */
  get upTo(): number {
    return this.#upTo;
  }

  /** Every idea, oldest first. */
  get ideas(): IterableIterator<Known> {
    return this.#ideas.values();
  }

  idea(id: number): Known | undefined {
    return this.#ideas.get(id);
  }

  /** Parents that the human chose, in the order chosen, less those that no longer can be any. */
  get picked(): number[] {
    return this.#picked.filter((id) => canBeParent(this.#ideas.get(id)));
  }

  /** Ideas that the human wants among the parents for ever. */
  get pinned(): number[] {
    return [...this.#ideas.values()].filter((idea) => idea.mark === "pinned" && canBeParent(idea)).map(({ id }) => id);
  }

  /** Takes in events in their order; those before {@link upTo} are known already. */
  learn(events: Iterable<LoggedEvent>): void {
    for (const event of events) {
      if (event.seq <= this.#upTo) continue;
      this.#upTo = event.seq;
      if (event.environment === this.#environment) this.#take(event);
    }
  }

  #take({ kind, idea: id, run, search, detail, metric }: LoggedEvent): void {
    if (kind === "parents chosen") {
      this.#picked = detail.ideas as number[];
      return;
    }
    if (id === null) return;
    if (kind === "idea added") {
      const { title, body = "", length = 0, knobs = null, base = null } = detail as Pick<Known, "title"> & Partial<Known>;
      const fresh = { changed: 0, implemented: false, rejected: false, mark: null, metrics: [], failed: false, stopped: false };
      this.#ideas.set(id, { ...{ id, search, title, body, length, knobs, base }, ...fresh });
      return;
    }
    const idea = this.#ideas.get(id);
    if (idea !== undefined) change(idea, kind, detail, run === null ? null : metric);
  }
}

function change(idea: Known, kind: string, detail: LoggedEvent["detail"], metric: number | null): void {
  switch (kind) {
    case "idea edited":
      idea.title = (detail.text as { title: string }).title;
      idea.body = (detail.body ?? "") as string;
      idea.length = Number(detail.length ?? idea.length);
      idea.knobs = detail.knobs as Known["knobs"];
      break;
    case "idea rebased":
      idea.base = detail.base as number | null;
      break;
    case "idea rejected":
    case "idea restored":
      idea.rejected = kind === "idea rejected";
      break;
    case "idea marked":
      idea.mark = detail.mark as Mark | null;
      break;
    case "attempt ended":
      if (!NO_FAILURE.has(detail.outcome)) idea.failed = true;
      break;
    case "attempt started":
    case "proposal opened":
      idea.failed = false;
      break;
    case "implementation approved":
      idea.implemented = true;
      idea.changed = Number(detail.added ?? 0) + Number(detail.removed ?? 0);
      break;
    case "run succeeded":
      if (metric !== null) idea.metrics.push(metric);
      idea.failed = false;
      break;
    case "run stopped early":
      idea.stopped = true;
      idea.failed = false;
      break;
    case "run failed":
      idea.failed = true;
      break;
    default:
  }
}

function canBeParent(idea: Known | undefined): boolean {
  return idea !== undefined && idea.implemented && !idea.rejected && idea.mark !== "banned";
}

/** Mean of its results; null without one. */
export function metricOf({ metrics }: Known): number | null {
  return metrics.length === 0 ? null : metrics.reduce((sum, value) => sum + value, 0) / metrics.length;
}

/** Whether something came of it, a failure and an early end being something; those that were put aside have no outcome. */
export function hasOutcome(idea: Known): boolean {
  return !idea.rejected && (idea.metrics.length > 0 || idea.failed || idea.stopped);
}

/** Tokens that it takes to tell of it. */
export function tokensOf({ title, length, changed }: Known): number {
  return Math.ceil((title.length + length + changed * CHARACTERS_PER_CHANGED_LINE) / CHARACTERS_PER_TOKEN);
}
