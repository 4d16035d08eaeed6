/** Has a model write an idea's code: several samples at once, each revised with what was wrong, until one passes the checks. */
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { ProgressReport } from "../../protocol/methods.ts";
import type { Purpose } from "../../protocol/spending.ts";
import { completeToText, type Completion, type LanguageModel, type Message } from "../models/language-model.ts";
import type { Prompts } from "../models/prompts.ts";
import type { Attempts, OpenAttempt } from "./attempts.ts";
import type { Grounds } from "./base.ts";
import type { Checks } from "./checks/checks.ts";
import { CheckFailure } from "./checks/failure.ts";
import type { Job } from "./job.ts";
import { applyEdits } from "./patch/apply.ts";
import { folderTree } from "./patch/folder.ts";
import { parseAnswer } from "./patch/parse.ts";
import { PatchRefusal } from "./patch/refusal.ts";
import { firstMessages, revised, type Background } from "./request.ts";
import { firstToPass, type Tried } from "./sampling.ts";

/** A refused answer is revised at most this often (paper: twice). */
const REVISIONS = 2;
/** Reasons of earlier attempts that the model is told. */
const FAILURES_TOLD = 3;

export interface WriteOptions {
  samples?: number;
  note?: string | null;
  /** An earlier implementation of the same idea, and how its run failed. */
  crash?: Crash | null;
  signal: AbortSignal;
  onProgress?: (progress: Omit<ProgressReport, "progress">) => void;
}

/** A run that failed. */
export interface Crash {
  /** Idea whose implementation was run. */
  idea: number;
  reason: string | null;
  /** End of its log. */
  log: string;
}

/** What is to become the proposal: an open attempt and its new files, by path in the environment's folder. */
export interface Written {
  attempt: OpenAttempt;
  changes: ReadonlyMap<string, string | null>;
}

export class Writer {
  readonly #grounds: Grounds;
  readonly #attempts: Attempts;
  readonly #prompts: Prompts;
  readonly #checks: Checks;

  constructor(grounds: Grounds, attempts: Attempts, prompts: Prompts, checks: Checks) {
    this.#grounds = grounds;
    this.#attempts = attempts;
    this.#prompts = prompts;
    this.#checks = checks;
  }

  /** @returns what passed first, its attempt still open; or why nothing did, every attempt recorded */
  async write(
    job: Job,
    model: LanguageModel,
    options: WriteOptions,
    report: (message: string) => void,
  ): Promise<Tried<Written, ProvingGroundError>> {
    const { samples = 1, signal } = options;
    const messages = await firstMessages(this.#prompts, job, folderTree(job.folder), await this.#background(job, options));
    const end = await firstToPass(samples, signal, (sample, either, pass) => {
      const name = samples === 1 ? "" : ` (sample ${sample} of ${samples})`;
      const told = (what: string) => report(`${what}${name}`);
      return this.#sample(job, model, messages, { ...options, sample, signal: either, whole: signal }, pass, told);
    });
    if ("passed" in end) return end;
    const [first = new ProvingGroundError("model-answer", "the model wrote nothing")] = end.failed;
    if (samples === 1) return { failed: first };
    const message = `none of ${samples} samples passed; the first: ${first.message}`;
    return { failed: new ProvingGroundError(first.code, message, { cause: first }) };
  }

  /** One conversation: an answer, and its revisions. */
  async #sample(
    job: Job,
    model: LanguageModel,
    first: readonly Message[],
    options: WriteOptions & { sample: number; whole: AbortSignal },
    pass: () => boolean,
    told: (what: string) => void,
  ): Promise<Tried<Written, ProvingGroundError>> {
    const { sample, signal, whole, note = null } = options;
    let overtaken = false;
    const calledOff = () => (whole.aborted ? "cancelled" : overtaken || signal.aborted ? "overtaken" : null);
    let messages = first;
    for (let number = 1; ; number++) {
      told(number === 1 ? `${model.id} writes` : `${model.id} revises`);
      const attempt = this.#attempts.start({ idea: job.record.id, sample, number, by: model.id, note });
      let changes: Written["changes"] = new Map();
      const work = async () => {
        // The streams of several samples would be read as one text.
        const onText = (text: string) => sample === 1 && options.onProgress?.({ message: `#${job.record.id}: ${model.id} writes`, text });
        const purpose = purposeOf(job, attempt);
        await ask(attempt, model, { messages, purpose }, signal, onText);
        const tree = folderTree(job.folder);
        changes = applyEdits(tree, editsOf(job.environment.directory, attempt.answer), job.rules);
        const { stage, environment } = job;
        const candidate = { manifest: environment.manifest, directory: environment.directory, stage, tree, changes };
        await this.#checks.pass(candidate, signal, told);
        overtaken = !pass();
        if (overtaken) throw new ProvingGroundError("cancelled", "another sample passed first");
      };
      const error = await this.#attempts.closing(attempt, work, calledOff);
      if (error === null) return { passed: { attempt, changes } };
      const mendable = error instanceof PatchRefusal || error instanceof CheckFailure;
      if (!mendable || number > REVISIONS) return { failed: error };
      messages = await revised(this.#prompts, messages, attempt.answer, error.detail);
    }
  }

  async #background({ record, environment }: Job, { note = null, crash = null }: WriteOptions): Promise<Background> {
    const { git, store } = this.#grounds;
    const parent = record.base === null ? null : store.implementations.implementation(record.base);
    const crashed = crash === null ? null : store.implementations.implementation(crash.idea);
    const reasons = store.implementations
      .attempts(record.id)
      .filter(({ outcome }) => outcome !== "applied" && outcome !== "overtaken" && outcome !== "cancelled" && outcome !== "interrupted")
      .flatMap(({ reason }) => reason ?? []);
    return {
      parentDiff: parent === null ? null : await git.diff(parent.base, parent.commit, environment.directory),
      failures: [...new Set(reasons)].slice(-FAILURES_TOLD),
      note,
      crash:
        crash === null || crashed === null ? null : { ...crash, diff: await git.diff(crashed.base, crashed.commit, environment.directory) },
    };
  }
}

function purposeOf({ record: { id, environment, search } }: Job, attempt: OpenAttempt): Purpose {
  return { kind: "implementation", environment, idea: id, attempt: attempt.id, ...(search === null ? {} : { search }) };
}

async function ask(
  attempt: OpenAttempt,
  model: LanguageModel,
  request: Completion,
  signal: AbortSignal,
  onText: (text: string) => void,
): Promise<void> {
  const answer = await completeToText(model, request, signal, (chunk) => {
    // Kept as it grows, so that an answer that is cut is recorded as far as it came.
    if (chunk.type === "text") attempt.answer += chunk.text;
    if (chunk.type === "restart") attempt.answer = "";
    if (chunk.type === "text") onText(chunk.text);
  });
  attempt.answer = answer.text;
  attempt.usage = answer.usage;
  if (signal.aborted) throw new ProvingGroundError("cancelled", "cancelled");
}

/** Edits with paths in the environment's folder, whether or not the answer wrote the folder in front. */
export function editsOf(directory: string, answer: string): ReturnType<typeof parseAnswer> {
  const bare = (path: string) => (directory !== "." && path.startsWith(`${directory}/`) ? path.slice(directory.length + 1) : path);
  return parseAnswer(answer).map((edit) => {
    if (edit.kind === "rename") return { ...edit, path: bare(edit.path), to: bare(edit.to) };
    return { ...edit, path: bare(edit.path) };
  });
}
