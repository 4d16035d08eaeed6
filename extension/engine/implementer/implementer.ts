/** Turns ideas into proposals: a model's answer or an operator's knobs, applied to a copy of the base, guarded and recorded. */
import { join } from "node:path";
import type { ValidEnvironment } from "../../protocol/environment.ts";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { KnobValue } from "../../protocol/manifest.ts";
import type { ImplementResult, ProgressReport } from "../../protocol/methods.ts";
import { BY_HAND } from "../../protocol/model.ts";
import { checkoutInto } from "../git/checkout.ts";
import type { LanguageModel } from "../models/language-model.ts";
import type { Prompts } from "../models/prompts.ts";
import type { IdeaRecord } from "../store/ideas.ts";
import { Attempts, type OpenAttempt } from "./attempts.ts";
import { baseFor, rulesOf, type Grounds } from "./base.ts";
import type { Checks } from "./checks/checks.ts";
import type { ProposalFolders } from "./folders.ts";
import type { Job } from "./job.ts";
import { folderTree, writeChanges } from "./patch/folder.ts";
import { PathGuard } from "./patch/paths.ts";
import { Turns, type Claims } from "./queue.ts";
import { turnKnobs } from "./turn-knobs.ts";
import { fingerprintOf, isEdited, readChanges, sizeOf } from "./working-copy.ts";
import { type Crash, Writer } from "./writer.ts";

/** Ideas at the same time. */
const AT_ONCE = 8;

export interface ImplementOptions {
  /** Writes ideas that are in words: a model, the human (`hand`), or null where neither was chosen. */
  model: LanguageModel | typeof BY_HAND | null;
  /** Whether a proposal that a human has worked on may be replaced. */
  replace?: boolean;
  /** Whether code that an operator edited must pass the smoke command, as a model's always must. */
  smoke?: boolean;
  /** Answers at the same time; the first that passes becomes the proposal. */
  samples?: number;
  /** What the human asks to do differently. */
  note?: string | null;
  /** An earlier implementation of the idea, and how its run failed. */
  crash?: Crash | null;
  signal: AbortSignal;
  onProgress?: (progress: Omit<ProgressReport, "progress">) => void;
}

/** What happened to an idea, with what kept it from being implemented. */
export type Implemented = ImplementResult & { error: ProvingGroundError | null };

export class Implementer {
  readonly #grounds: Grounds;
  readonly #folders: ProposalFolders;
  readonly #claims: Claims;
  readonly #attempts: Attempts;
  readonly #writer: Writer;
  readonly #checks: Checks;
  readonly #turns: Turns;

  /** @param claims shared with the proposals */
  constructor(grounds: Grounds, folders: ProposalFolders, claims: Claims, prompts: Prompts, checks: Checks, atOnce: number = AT_ONCE) {
    this.#grounds = grounds;
    this.#folders = folders;
    this.#claims = claims;
    this.#attempts = new Attempts(grounds.store);
    this.#checks = checks;
    this.#writer = new Writer(grounds, this.#attempts, prompts, checks);
    this.#turns = new Turns(atOnce);
  }

  /** Ideas that are being written. */
  get busy(): number {
    return this.#claims.size;
  }

  /**
   * Writes proposals, several at once. An idea that cannot be written gives a result with the reason, and leaves an earlier
   * proposal of it as it is.
   * @throws ProvingGroundError what kept the first from being begun, when not one could be begun; `cancelled`
   */
  async implement(ideas: readonly number[], options: ImplementOptions): Promise<Implemented[]> {
    const unique = [...new Set(ideas)];
    const kept: unknown[] = [];
    let done = 0;
    const report = (idea: number, message: string) => options.onProgress?.({ message: `#${idea}: ${message}`, done, total: unique.length });
    const results = await Promise.all(
      unique.map(async (idea): Promise<Implemented> => {
        try {
          const error = await this.#turns.take(options.signal, () => this.#one(idea, options, (message) => report(idea, message)));
          return { idea, status: error === null ? "in review" : "not implemented", reason: error?.message ?? null, error };
        } catch (cause) {
          kept.push(cause);
          const error = ProvingGroundError.from(cause);
          return { idea, status: "not implemented", reason: error.message, error };
        } finally {
          done++;
          report(idea, "done");
        }
      }),
    );
    if (kept.length === unique.length) throw ProvingGroundError.from(kept[0]);
    return results;
  }

  /** @returns null, or why there is no proposal, once attempts are recorded; before that it throws */
  async #one(idea: number, options: ImplementOptions, report: (message: string) => void): Promise<ProvingGroundError | null> {
    return this.#claims.hold(idea, "implemented", async (finishing) => {
      const record = this.#grounds.store.ideas.record(idea);
      this.#refuseSettled(record);
      if (record.knobs === null && options.model === null) {
        throw new ProvingGroundError("model", `idea #${idea} is in words, and no model was chosen to write its code`, {
          hint: "Choose a model, or write it by hand; ideas that spell out knob settings need neither.",
        });
      }
      const byHand = record.knobs === null && options.model === BY_HAND;
      if (byHand && this.#folders.has(idea)) return null; // what the human has written so far
      const environment = await this.#grounds.environments.get(record.environment);
      if (options.replace !== true) await this.#keepEdited(record, environment);
      const base = await baseFor(this.#grounds, record, environment);
      report("preparing the working copy");
      const stage = await this.#folders.stage(idea);
      try {
        await checkoutInto(this.#grounds.git, base, environment.directory, stage);
        const job: Job = {
          ...{ record, environment, base, stage, finishing },
          folder: join(stage, environment.directory),
          rules: rulesOf(environment.manifest),
        };
        if (record.knobs !== null) return await this.#byOperator(job, record.knobs, options, report);
        if (options.model !== null && options.model !== BY_HAND) return await this.#byModel(job, options.model, options, report);
        await this.#publish(job, null);
        return null;
      } finally {
        await this.#folders.dropStage(idea);
      }
    });
  }

  async #byOperator(
    job: Job,
    knobs: Readonly<Record<string, KnobValue>>,
    { smoke = false, signal }: ImplementOptions,
    report: (message: string) => void,
  ): Promise<ProvingGroundError | null> {
    const { record, environment, folder, rules, stage } = job;
    const { manifest, directory } = environment;
    const answer = Object.entries(knobs)
      .map(([name, value]) => `${name} = ${String(value)}`)
      .join("\n");
    const attempt = this.#attempts.start({ idea: record.id, sample: 1, number: 1, by: "operator", note: null });
    attempt.answer = answer;
    return this.#attempts.closing(attempt, async () => {
      const tree = folderTree(folder);
      const changes = turnKnobs(tree, knobs, manifest, new PathGuard(rules));
      if (smoke) await this.#checks.pass({ manifest, directory, stage, tree, changes }, signal, report);
      writeChanges(folder, changes);
      await this.#publish(job, attempt);
    });
  }

  async #byModel(
    job: Job,
    model: LanguageModel,
    options: ImplementOptions,
    report: (message: string) => void,
  ): Promise<ProvingGroundError | null> {
    const written = await this.#writer.write(job, model, options, report);
    if ("failed" in written) return written.failed;
    const { attempt, changes } = written.passed;
    return this.#attempts.closing(attempt, async () => {
      writeChanges(job.folder, changes);
      await this.#publish(job, attempt);
    });
  }

  /** From here on the proposal counts. `attempt` is null when the human is to write it. */
  async #publish({ record, environment, base, stage, finishing }: Job, attempt: OpenAttempt | null): Promise<void> {
    const { git, store } = this.#grounds;
    const changes = await readChanges(git, base, environment.directory, stage);
    const proposal = { idea: record.id, base, change: sizeOf(changes), written: fingerprintOf(changes) };
    const actor = attempt === null ? "human" : record.knobs === null ? "model" : "engine";
    finishing();
    await this.#folders.publish(record.id, () => store.implementations.openProposal(actor, proposal, attempt ?? undefined));
  }

  /** @throws ProvingGroundError `proposal-edited` when a human's work would be lost */
  async #keepEdited({ id }: IdeaRecord, { directory }: ValidEnvironment): Promise<void> {
    const { git, store } = this.#grounds;
    if (!this.#folders.has(id)) return;
    const proposal = store.implementations.proposal(id);
    if (!isEdited(proposal, await readChanges(git, proposal.base, directory, this.#folders.of(id)))) return;
    throw new ProvingGroundError("proposal-edited", `the proposal of idea #${id} was worked on by hand and would be replaced`, {
      hint: "Approve it, discard it, or say that it may be replaced.",
    });
  }

  #refuseSettled({ id, rejected }: IdeaRecord): void {
    if (rejected) throw new ProvingGroundError("usage", `idea #${id} was rejected`, { hint: "Restore it first." });
    if (this.#grounds.store.implementations.implementation(id) !== null) {
      throw new ProvingGroundError("usage", `idea #${id} is approved: what was executed must stay what was written`, {
        hint: "Duplicate it and implement the copy.",
      });
    }
  }
}
