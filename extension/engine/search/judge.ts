/** Asks a model which kind of change an implementation is, beside what its diff shows; a failure is a note and keeps nothing waiting. */
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { IdeaKind } from "../../protocol/idea.ts";
import type { Git } from "../git/git.ts";
import { fenced } from "../ideator/trajectory.ts";
import type { Models } from "../models/catalogue.ts";
import { completeToText, type LanguageModel } from "../models/language-model.ts";
import type { Prompts } from "../models/prompts.ts";
import type { Store } from "../store/store.ts";
import { readKind } from "./kind-answer.ts";

export interface JudgeParts {
  store: Store;
  models: Pick<Models, "get">;
  prompts: Prompts;
  git: Pick<Git, "diff">;
}

export interface Judgement {
  /** What the model says; null when it was not asked or did not say. */
  kind: IdeaKind | null;
  /** What went wrong, one line; null when nothing did. */
  note: string | null;
}

/** Characters of a diff that are shown: what is beyond them does not make it another kind. */
const SHOWN = 24_000;
/** Tokens that the answer may have: one word, after as much thought as it takes. */
const LONGEST_ANSWER = 8_000;
const EXCERPT = 120;

export class Judge {
  readonly #parts: JudgeParts;
  readonly #underWay = new Map<number, Promise<Judgement>>();

  constructor(parts: JudgeParts) {
    this.#parts = parts;
  }

  /** Ideas that are being judged. */
  get busy(): number {
    return this.#underWay.size;
  }

  /**
   * Judges an idea whose implementation is approved, once; what was judged before stays. Never throws.
   * @param by `provider/model`; the one that the plan of the idea's search names comes before it, so that a search is judged by one alone
   */
  async look(idea: number, by?: string | null, signal: AbortSignal = new AbortController().signal): Promise<Judgement> {
    const known = this.#underWay.get(idea);
    if (known !== undefined) return known;
    const work = this.#look(idea, by, signal).catch((thrown: unknown): Judgement => ({
      kind: null,
      note: `the kind of #${idea} was not judged: ${ProvingGroundError.from(thrown).message}`,
    }));
    this.#underWay.set(idea, work);
    try {
      return await work;
    } finally {
      this.#underWay.delete(idea);
    }
  }

  async #look(idea: number, by: string | null | undefined, signal: AbortSignal): Promise<Judgement> {
    const { store, models, git } = this.#parts;
    const { judged, search } = store.ideas.get(idea);
    const judge = (search === null ? null : store.searches.get(search).plan.judge) ?? by ?? null;
    if (judged !== null || judge === null) return { kind: judged, note: null };
    // Before anything is waited for: whoever brought the model may be gone then.
    const model = models.get(judge);
    const implementation = store.implementations.implementation(idea);
    if (implementation === null) throw new ProvingGroundError("not-implemented-yet", "it has no approved implementation");
    const kind = await this.#ask(model, idea, await git.diff(implementation.base, implementation.commit, "."), signal);
    store.ideas.judge(idea, kind, model.id);
    return { kind, note: null };
  }

  async #ask(model: LanguageModel, idea: number, diff: string, signal: AbortSignal): Promise<IdeaKind> {
    const { store, prompts } = this.#parts;
    const { environment, search, text } = store.ideas.record(idea);
    const shown = diff.length <= SHOWN ? diff : `${diff.slice(0, SHOWN)}\n… ${diff.length - SHOWN} more characters`;
    const content = await prompts.render("judge-kind", { title: text.title, diff: fenced("diff", shown.trimEnd()) });
    const purpose = { kind: "judgement" as const, environment, idea, ...(search === null ? {} : { search }) };
    const request = { messages: [{ role: "user" as const, content }], purpose, temperature: 0, maxTokens: LONGEST_ANSWER };
    const answer = await completeToText(model, request, signal);
    const kind = readKind(answer.text);
    if (kind !== null) return kind;
    const line = answer.text.replace(/\s+/g, " ").trim();
    throw new ProvingGroundError("model-answer", `${model.id} says neither kind: “${line.slice(0, EXCERPT)}”`);
  }
}
