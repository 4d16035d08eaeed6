/** Hands an idea whose run failed back to the model that wrote its code, with the end of the log: once, as an idea of its own. */
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Idea } from "../../protocol/idea.ts";
import type { LogSlice, Run } from "../../protocol/run.ts";
import { ENDED } from "../../protocol/run.ts";
import type { Implementer } from "../implementer/implementer.ts";
import type { Models } from "../models/catalogue.ts";
import type { Store } from "../store/store.ts";
import type { Caller } from "./background.ts";

export interface RepairsParts {
  store: Store;
  models: Models;
  implementer: Implementer;
  /** A piece of a run's log, in bytes. */
  log: (run: number, from: number, limit: number) => Promise<LogSlice>;
  /** Told what went wrong with a repair that nobody waits for. */
  onError: (cause: unknown) => void;
}

/** Bytes of the log that are handed back, from its end. */
const LOG_END = 6_000;

export class Repairs {
  readonly #parts: RepairsParts;
  #within = 0;

  constructor(parts: RepairsParts) {
    this.#parts = parts;
  }

  /** @param seconds runs that crash within them are handed back unasked; 0: none is */
  configure(seconds: number): void {
    this.#within = seconds;
  }

  /** Looks at runs that changed: those that crashed early are handed back. */
  look(runs: Iterable<number>): void {
    if (this.#within === 0) return;
    for (const id of runs) {
      const run = this.#parts.store.runs.get(id);
      if (!this.#crashedEarly(run) || run.idea === null) continue;
      const writer = this.#writerOf(run.idea);
      if (writer === null || this.#parts.store.ideas.isRepaired(run.idea)) continue;
      const caller = { signal: new AbortController().signal, report: () => undefined };
      this.repair(run.idea, writer, caller).catch(this.#parts.onError);
    }
  }

  /**
   * Writes the idea down once more, and has a model write its code knowing what it was and how it failed.
   * @param model null: the model that wrote the code
   * @returns the new idea, in review or not implemented
   * @throws ProvingGroundError `usage` when no run of it failed or it was repaired already, `model` when no model wrote it
   */
  async repair(id: number, model: string | null, caller: Caller): Promise<Idea> {
    const { store, models, implementer } = this.#parts;
    const failed = store.runs.ofIdea(id).findLast((run) => ENDED.has(run.state));
    if (failed?.state !== "failed") {
      throw new ProvingGroundError("usage", `idea #${id} has no failed run to repair`, {
        hint: "Repair is for ideas whose newest run failed.",
      });
    }
    if (store.ideas.isRepaired(id)) {
      throw new ProvingGroundError("usage", `idea #${id} was handed back already`, { hint: "Duplicate it to try it in another way." });
    }
    const writer = model ?? this.#writerOf(id);
    if (writer === null) {
      throw new ProvingGroundError("model", `the code of idea #${id} was not written by a model`, { hint: "Choose a model to repair it." });
    }
    const by = models.get(writer);
    const log = await this.#logEnd(failed.id);
    const record = store.ideas.record(id);
    const { epoch, source, strategy, parents, model: author } = store.ideas.get(id);
    const [again] = store.ideas.add("engine", [
      {
        ...{ environment: record.environment, epoch, source, model: author, strategy, parents },
        ...{ text: record.text, kind: null, knobs: null, base: record.base, seed: null, repairs: id },
      },
    ]);
    if (again === undefined) throw new ProvingGroundError("internal", "the repaired idea was not written");
    const onProgress = (progress: Parameters<Caller["report"]>[0]) => caller.report(progress);
    await implementer.implement([again.id], {
      model: by,
      signal: caller.signal,
      onProgress,
      crash: { idea: id, reason: failed.reason, log },
    });
    return store.ideas.get(again.id);
  }

  #crashedEarly({ state, failure, startedAt, endedAt }: Run): boolean {
    const early = startedAt !== null && endedAt !== null && endedAt - startedAt <= this.#within * 1000;
    return state === "failed" && failure === "crash" && early;
  }

  /** Model that wrote the code, or null for a human or an operator. */
  #writerOf(id: number): string | null {
    const { by } = this.#parts.store.implementations.attempts(id).findLast(({ outcome }) => outcome === "applied") ?? {};
    return by === undefined || by === "operator" ? null : by;
  }

  async #logEnd(run: number): Promise<string> {
    const { size } = await this.#parts.log(run, 0, 0);
    return (await this.#parts.log(run, Math.max(0, size - LOG_END), LOG_END)).text;
  }
}
