/** The search that the user is about to start: the form as it was left, what it would take, and starting it. */
import * as vscode from "vscode";
import { ProvingGroundError } from "../../protocol/errors.ts";
import { searchForecast, searchStart } from "../../protocol/methods.ts";
import type { Forecast } from "../../protocol/search.ts";
import type { SearchForm } from "../../protocol/webview/composer.ts";
import type { Current } from "../engine/current.ts";
import type { Lab } from "../engine/lab.ts";
import { Disposables } from "../lifecycle.ts";
import { messageOf } from "../../protocol/message.ts";
import { defaultTarget } from "../settings/compute.ts";
import { implementerModel, implementerSamples, judgeModel } from "../settings/settings.ts";
import { Forecasts } from "./forecasts.ts";
import type { Answer, Question } from "./forecasts.ts";
import type { Ideation } from "./ideation.ts";
import { FIRST_FORM, formProblem, planOf } from "./search-form.ts";
import type { Plan } from "./search-form.ts";

const MEMORY = "provingGround.search";

export class Searching implements vscode.Disposable {
  readonly #current: Current;
  readonly #ideation: Ideation;
  readonly #memento: vscode.Memento;
  readonly #owner = new Disposables();
  readonly #changed = this.#owner.add(new vscode.EventEmitter<void>());
  readonly #forecasts = this.#owner.add(
    new Forecasts(
      (question, signal) => this.#ask(question, signal),
      () => this.#changed.fire(),
    ),
  );
  #form: SearchForm;
  #starting = false;
  #failure: string | null = null;

  /** Form, forecast or start have changed. */
  readonly onDidChange = this.#changed.event;

  constructor(current: Current, ideation: Ideation, memento: vscode.Memento) {
    this.#current = current;
    this.#ideation = ideation;
    this.#memento = memento;
    this.#form = { ...FIRST_FORM, ...memento.get<Partial<SearchForm>>(MEMORY) };
  }

  get form(): SearchForm {
    return this.#form;
  }

  /** Target that the settings name for runs; null: any. */
  get target(): string | null {
    return defaultTarget();
  }

  get starting(): boolean {
    return this.#starting;
  }

  /** Why the last one could not be started. */
  get failure(): string | null {
    return this.#failure;
  }

  /** What the form's search would take; `old` while a newer answer is on its way. */
  get forecast(): { answer: Answer; old: boolean } | null {
    const { answer, pending } = this.#forecasts;
    return answer === null ? null : { answer, old: pending };
  }

  get plan(): Plan {
    const settings = { implementer: implementerModel(), samples: implementerSamples(), judge: judgeModel(), target: defaultTarget() };
    return planOf(this.#form, this.#ideation.draft, settings);
  }

  change(fields: Partial<SearchForm>): void {
    this.#form = { ...this.#form, ...fields };
    this.#failure = null;
    void this.#memento.update(MEMORY, this.#form);
    this.#changed.fire();
  }

  /** Keeps the forecast while somebody looks at it. */
  look(inSight: boolean): void {
    const { lab, environment } = this.#current;
    const wanted = inSight && this.#form.open && formProblem(this.#form, this.#ideation.draft) === null;
    if (!wanted || environment === null || lab?.snapshot == null || lab.link.state.kind !== "connected") {
      // An answer that is out of sight is asked for again when it comes into sight: what is known may be more by then.
      this.#forecasts.want(null);
      return;
    }
    this.#forecasts.want({ environment: environment.name, plan: this.plan, state: knowledgeOf(lab) });
  }

  /** What the form's search would take, asked now. @throws ProvingGroundError */
  foresee(signal: AbortSignal): Promise<Forecast> {
    this.#check();
    return this.#ask({ environment: this.#ideation.need().environment.name, plan: this.plan, state: "" }, signal);
  }

  /** Starts it. @returns why it could not be; null when it runs */
  async start(): Promise<ProvingGroundError | null> {
    if (this.#starting) return null;
    this.#starting = true;
    this.#failure = null;
    this.#changed.fire();
    try {
      const { lab, environment } = this.#ideation.need();
      this.#check();
      await lab.link.request(searchStart, { environment: environment.name, plan: this.plan });
      // The card takes its place.
      this.change({ open: false });
      return null;
    } catch (thrown) {
      const error = ProvingGroundError.from(thrown);
      this.#failure = messageOf(error);
      return error;
    } finally {
      this.#starting = false;
      this.#changed.fire();
    }
  }

  dispose(): void {
    this.#owner.dispose();
  }

  #check(): void {
    const problem = formProblem(this.#form, this.#ideation.draft);
    if (problem !== null) throw new ProvingGroundError("usage", problem);
  }

  #ask({ environment, plan }: Question, signal: AbortSignal): Promise<Forecast> {
    const { lab } = this.#ideation.need();
    // Nothing of a forecast is drawn.
    return lab.link.request(searchForecast, { environment, plan: { ...plan, seed: 0 } }, { signal });
  }
}

/** What forecasts are made from, apart from the plan: places to run, and how long runs took. */
function knowledgeOf({ key, snapshot }: Lab): string {
  const open = snapshot?.targets.filter((target) => target.problem === null && !target.drained) ?? [];
  const slots = open.reduce((sum, target) => sum + target.slots, 0);
  const done = snapshot?.runs.filter((run) => run.state === "succeeded").length ?? 0;
  return `${key}/${slots}/${done}`;
}
