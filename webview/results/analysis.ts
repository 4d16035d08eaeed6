/** The Analysis pane: what the environment's ideas say together. It is asked for when it is on show and something has changed. */
import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { Analysis } from "../../extension/protocol/analysis.ts";
import type { Search } from "../../extension/protocol/search.ts";
import { benchmarks, comparisons } from "./analysis-comparisons.ts";
import { completion, expenses, kinds, likeness, type PartView, progress } from "./analysis-parts.ts";
import { isEmpty, rewardText } from "./analysis-text.ts";
import { Freshness, PAGE_TIME } from "./freshness.ts";
import { Pane } from "./pane.ts";
import "./plot.ts";

const EMPTY =
  "Nothing has been tried yet. Implement ideas and run them, or begin a search: rewards, failures, kinds, likeness and cost are compared here.";

export class AnalysisPane extends Pane {
  static override properties = { ...Pane.properties, searches: { attribute: false } };
  declare searches: readonly Search[];
  reveal!: (idea: number) => void;
  #analysis: Analysis | null = null;
  /** Parts whose every row is shown. */
  #whole: ReadonlySet<string> = new Set();
  #shown: { analysis: Analysis; whole: ReadonlySet<string>; content: TemplateResult } | null = null;
  readonly #freshness = new Freshness(PAGE_TIME, () => this.requestUpdate());

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#freshness.stop();
  }

  protected override render() {
    const analysis = this.#analysis?.environment === this.results.name ? this.#analysis : null;
    const problem = this.problem === null ? nothing : this.failed(this.problem);
    if (analysis === null) return this.problem === null ? this.waiting("Analysing") : problem;
    return html`${problem}${isEmpty(analysis) ? this.hint(EMPTY) : this.#parts(analysis)}`;
  }

  /** The same as long as the analysis is: what runs report meanwhile must not draw the charts anew. */
  #parts(analysis: Analysis): TemplateResult {
    if (this.#shown?.analysis === analysis && this.#shown.whole === this.#whole) return this.#shown.content;
    const view: PartView = {
      ...{ analysis, reward: rewardText(analysis), reveal: this.reveal, whole: this.#whole },
      showWhole: (part) => {
        this.#whole = new Set([...this.#whole, part]);
        this.requestUpdate();
      },
    };
    const content = html`${progress(view)}${completion(view)}${kinds(view)}${likeness(view)}${comparisons(view)}${expenses(view)}${benchmarks(view)}`;
    this.#shown = { analysis, whole: this.#whole, content };
    return content;
  }

  protected override updated(): void {
    const { name, reference, baselineRuns, rows } = this.results;
    const measured = baselineRuns.filter(({ endedAt }) => endedAt !== null).length;
    const searches = this.searches.filter(({ environment }) => environment === name);
    if (!this.#freshness.due(name, [reference, measured, ...searches, ...rows.map(({ idea }) => idea)])) return;
    void this.settle(async () => {
      try {
        const analysis = await this.ask.analysis(name);
        if (this.#freshness.settled(name)) this.#analysis = analysis;
      } catch (thrown) {
        if (this.#freshness.settled(name)) throw thrown;
      }
    });
  }
}

customElements.define("proving-ground-analysis", AnalysisPane);
