/** Drives one search: asks for ideas, has them implemented, approved and run, as far as gates and caps let it, and lives on in the store. */
import type { ValidEnvironment } from "../../protocol/environment.ts";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Idea } from "../../protocol/idea.ts";
import { messageOf, sentence } from "../../protocol/message.ts";
import type { Notice } from "../../protocol/methods.ts";
import { OPERATORS } from "../../protocol/model.ts";
import type { Search } from "../../protocol/search.ts";
import type { Environments } from "../environments/catalogue.ts";
import type { Implementer } from "../implementer/implementer.ts";
import type { Proposals } from "../implementer/proposals.ts";
import { Recurring } from "../recurring.ts";
import type { After } from "../scheduler/clock.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import { Advance } from "./advance.ts";
import { ahead } from "./algorithms/algorithm.ts";
import { Asking, type AskingParts } from "./asking.ts";
import { deadlineOf, limitsOf } from "./budget.ts";
import type { Judge } from "./judge.ts";
import { Patience } from "./patience.ts";
import { Reference } from "./reference.ts";
import { takeOver } from "./take-over.ts";
import { NOT_THE_IDEAS, setbackOf } from "./setbacks.ts";

export interface DriveParts extends AskingParts {
  environments: Environments;
  implementer: Implementer;
  proposals: Proposals;
  scheduler: Scheduler;
  judge: Pick<Judge, "look">;
  after: After;
  /** Milliseconds since 1970. */
  now: () => number;
  onNotice: (notice: Notice) => void;
  /** It has more or less to do than before. */
  onBusy: () => void;
  onError: (cause: unknown) => void;
}

/** What a search is driven with once its environment was looked at. */
interface Ready {
  environment: ValidEnvironment;
  asking: Asking;
  reference: Reference;
  /** Runs that can go on at once. */
  slots: number;
}

export class Drive {
  readonly id: number;
  /** Search whose ideas it takes; null for one that asks for its own. */
  readonly ideasOf: number | null;
  readonly #parts: DriveParts;
  readonly #calls = new AbortController();
  /** Ideas that something may still come of. */
  readonly #open = new Map<number, Idea>();
  readonly #advance: Advance;
  /** Ideas whose kind a model was asked for. */
  readonly #judged = new Set<number>();
  #ready: Ready | null = null;
  #preparing: Promise<Ready> | null = null;
  #asking = false;
  readonly #stepping: Recurring;
  /** Why nothing more is spent; what is there is finished. */
  #exhausted: string | null = null;
  readonly #patience: Patience;
  /** Takes the end of its minutes back; null without one. */
  #deadline: (() => void) | null = null;
  #closed = false;

  constructor(parts: DriveParts, id: number) {
    this.#parts = parts;
    this.id = id;
    this.#stepping = new Recurring(
      () => this.#step(),
      (cause) => this.#suffer(cause),
      parts.onBusy,
    );
    this.#patience = new Patience(parts.after, () => this.pump());
    this.#advance = new Advance({
      ...parts,
      signal: this.#calls.signal,
      onMoved: (idea) => this.see(parts.store.ideas.get(idea)),
      onAnswered: () => this.#isBack(),
      onFailed: (cause, idea) => this.#suffer(cause, idea),
    });
    this.ideasOf = this.#search.plan.ideasOf;
    for (const idea of parts.store.ideas.ofSearch(id)) this.see(idea);
    this.#watchDeadline();
  }

  /** Whether something is under way or about to happen that needs the engine. */
  get busy(): boolean {
    if (this.#closed || this.#search.state !== "running") return false;
    return this.#advance.busy || this.#asking || this.#stepping.busy || this.#patience.waiting || this.#deadline !== null;
  }

  /** Takes note of an idea of the search that changed. */
  see(idea: Idea): void {
    if (this.#advance.isOpen(idea, this.#search)) this.#open.set(idea.id, idea);
    else this.#open.delete(idea.id);
    if (idea.status === "failed") this.#lookAtFailure(idea);
    if (idea.commit !== null && idea.judged === null) this.#judge(idea.id);
    this.pump();
  }

  /** Looks for something to do, once the caller's own turn is over. */
  pump(): void {
    if (!this.#closed) this.#stepping.ask();
  }

  /** Models may be there again that were away. */
  modelsConfigured(): void {
    this.#patience.wake();
  }

  /** The plan was changed, or the search was paused or resumed. */
  planned(): void {
    const search = this.#search;
    this.#exhausted = null;
    this.#patience.end();
    if (this.#ready === null) this.#preparing = null;
    else this.#ready.asking.tryAgain();
    this.#parts.models.spending.limitSearch(this.id, search.state === "ended" ? null : limitsOf(search));
    this.#watchDeadline();
    if (search.state === "running") this.#retryFailures();
    for (const idea of this.#parts.store.ideas.ofSearch(this.id)) this.see(idea);
  }

  /** Ends it: models are no longer asked, its runs leave the queue or are stopped. */
  async stop(reason: string, actor: "human" | "search"): Promise<void> {
    const { store, scheduler } = this.#parts;
    if (this.#search.state !== "ended") store.searches.setState(actor, this.id, "ended", reason);
    this.#parts.models.spending.limitSearch(this.id, null);
    this.close();
    this.#calls.abort();
    await scheduler.stop(
      store.runs.openOf(this.id).map(({ id }) => id),
      actor === "human" ? "human" : "engine",
    );
  }

  /** Does nothing more in this engine. */
  close(): void {
    this.#closed = true;
    this.#patience.end();
    this.#deadline?.();
    this.#deadline = null;
    this.#parts.onBusy();
  }

  get #search(): Search {
    return this.#parts.store.searches.get(this.id);
  }

  async #step(): Promise<void> {
    if (this.#search.state !== "running") return;
    const ready = (this.#ready ??= await (this.#preparing ??= this.#prepare()));
    const search = this.#search;
    if (this.#closed || search.state !== "running") return;
    const { environment, slots } = ready;
    const writing = this.#exhausted !== null || this.#patience.waiting ? 0 : slots + ahead(slots);
    const full = await this.#advance.all(this.#open.values(), search, environment, { writing });
    if (full !== null) this.#giveUpRuns(full);
    if (!this.#asking && !this.#patience.waiting) this.#proceed(search, ready);
  }

  async #prepare(): Promise<Ready> {
    const { environments, scheduler } = this.#parts;
    const search = this.#search;
    const environment = await environments.get(search.environment);
    const reference = await Reference.of(this.#parts, environment.name, search.baseline, environment.directory);
    if (!reference.isMeasured) await scheduler.queue.baseline("search", environment.name, search.plan, search.baseline);
    this.#parts.models.spending.limitSearch(this.id, limitsOf(search));
    const asking = new Asking(this.#parts, search, environment, reference);
    this.#retryFailures();
    return { environment, asking, reference, slots: Math.max(1, await scheduler.queue.width(environment.name, search.plan.target)) };
  }

  /** Asks for more ideas, waits, or ends. */
  #proceed(search: Search, { asking, reference, slots }: Ready): void {
    const { store, onNotice } = this.#parts;
    if (this.#exhausted !== null) {
      if (!this.#finishing()) this.#end(this.#exhausted);
      return;
    }
    if (this.ideasOf !== null) {
      const all = takeOver(store, this.ideasOf, search);
      if (all && this.#open.size === 0) this.#end(`All ${search.ideas} ideas are done.`);
      return;
    }
    if (asking.isOpen) {
      this.#ask(search, asking);
      return;
    }
    const step = asking.next(search, this.#open.size, slots);
    store.searches.setAsksForParents(this.id, step.kind === "look at parents");
    switch (step.kind) {
      case "ask":
        // What is better than the baseline can only be said once that is known.
        if (step.draw.strategy === "exploit" && reference.mean === null && reference.isMeasured) break;
        asking.open(this.id, step, this.#open.size, slots);
        this.#ask(search, asking);
        break;
      case "stuck": {
        const last = store.requests.of(this.id).at(-1)?.error ?? "nothing came";
        if (search.plan.source === OPERATORS) {
          if (this.#open.size === 0) this.#end(`The operators have nothing new to try: ${last}.`);
        } else this.#pause(`${search.plan.source} gave no usable idea three times in a row: ${last}`);
        break;
      }
      case "over":
        this.#end(`All ${search.ideas} ideas are done.`);
        onNotice({ level: "info", message: `Search ${this.id} is done: ${search.ideas} ideas.` });
        break;
      case "look at parents":
      case "wait":
    }
  }

  #ask(search: Search, asking: Asking): void {
    this.#asking = true;
    asking
      .answer(search, this.#calls.signal)
      .then(
        () => this.#isBack(),
        (cause: unknown) => this.#suffer(cause),
      )
      .finally(() => {
        this.#asking = false;
        this.pump();
      })
      .catch(this.#parts.onError);
  }

  /** Nothing more may run: approved ideas stay as they are. */
  #giveUpRuns(reason: string): void {
    this.#exhausted = reason;
    for (const { id, status } of [...this.#open.values()]) {
      if (status !== "approved") continue;
      this.#advance.settle(id);
      this.#open.delete(id);
    }
  }

  /** Whether something that costs no more may still come of an idea. */
  #finishing(): boolean {
    return this.#advance.busy || [...this.#open.values()].some(({ status }) => !["draft", "not implemented"].includes(status));
  }

  /** @param idea that it happened to; absent: asking for ideas */
  #suffer(cause: unknown, idea?: number): void {
    const error = ProvingGroundError.from(cause);
    const { store, onError } = this.#parts;
    if (this.#closed) return;
    switch (setbackOf(error)) {
      case "cancelled":
        break;
      case "cap":
        this.#exhausted = sentence(error.message);
        break;
      case "away":
        this.#patience.wait();
        store.searches.setWaitsFor(this.id, `${error.message}${error.hint === undefined ? "" : ` (${error.hint})`}`);
        break;
      case "halt":
        onError(cause);
        this.#pause(messageOf(error));
        break;
      case "idea":
        if (idea === undefined) this.#pause(sentence(error.message));
        else this.#giveUp(idea, error);
    }
  }

  /** An idea that failed before an attempt at it was recorded would be tried for ever. */
  #giveUp(idea: number, error: ProvingGroundError): void {
    const { store } = this.#parts;
    this.#advance.settle(idea);
    const { status } = store.ideas.get(idea);
    if (status === "draft" || status === "in review") store.ideas.reject("search", [idea], false, error.message);
  }

  #isBack(): void {
    this.#patience.end();
    this.#parts.store.searches.setWaitsFor(this.id, null);
  }

  /** Has a model judge an implementation's kind, where the plan names one; once, and nothing waits for it. */
  #judge(idea: number): void {
    if (this.#search.plan.judge === null || this.#judged.has(idea)) return;
    this.#judged.add(idea);
    this.#parts.judge
      .look(idea, undefined, this.#calls.signal)
      .then(({ note }) => {
        if (note !== null) this.#parts.onError(note);
      })
      .catch(this.#parts.onError);
  }

  /** A run that failed for a reason that is not its idea's: the next would too. */
  #lookAtFailure(idea: Idea): void {
    if (this.#search.state !== "running") return;
    const last = this.#parts.store.runs.ofIdea(idea.id).at(-1);
    if (last?.failure == null || !NOT_THE_IDEAS.has(last.failure)) return;
    this.#pause(
      `Runs fail for a reason that is not the ideas': ${last.reason ?? last.failure} Resume it once that is mended; they are run again.`,
    );
  }

  /** Runs that were lost to something else than their idea are made up for. */
  #retryFailures(): void {
    const { store, scheduler } = this.#parts;
    for (const { id, status } of store.ideas.ofSearch(this.id)) {
      if (status !== "failed") continue;
      const last = store.runs.ofIdea(id).at(-1);
      if (last?.failure != null && NOT_THE_IDEAS.has(last.failure)) scheduler.queue.retry([last.id], "search");
    }
  }

  #watchDeadline(): void {
    this.#deadline?.();
    this.#deadline = null;
    const search = this.#search;
    const deadline = deadlineOf(search);
    if (deadline === null || search.state !== "running") return;
    const { after, now, onError } = this.#parts;
    this.#deadline = after(Math.max(0, deadline - now()), () => {
      this.stop(`Its ${search.plan.caps.minutes} minutes are over.`, "search").catch(onError);
    });
  }

  #pause(reason: string): void {
    if (this.#search.state !== "running") return;
    this.#parts.store.searches.setState("search", this.id, "paused", reason);
    this.#parts.onNotice({ level: "warning", message: `Search ${this.id} is paused. ${reason}` });
  }

  #end(reason: string): void {
    if (this.#search.state === "ended") return;
    this.#parts.store.searches.setState("search", this.id, "ended", reason);
    this.#parts.models.spending.limitSearch(this.id, null);
    this.close();
  }
}
