/** The Compare pane: curves of the chosen ideas' runs over the baseline's, and what differs between them. */
import { html, nothing } from "lit";
import type { IdeaDetail } from "../../extension/protocol/idea.ts";
import type { Curve, Run } from "../../extension/protocol/run.ts";
import type { IdeaRow } from "./collect.ts";
import { BASELINE_COLOR, CURVE_COLORS, drawCurves } from "./chart.ts";
import type { Series } from "./chart.ts";
import { differencesOf } from "./differences.ts";
import { decimalsFor } from "./numbers.ts";
import { Pane } from "./pane.ts";

/** More curves than this cannot be told apart. */
const MOST_IDEAS = 6;
const MOST_SEEDS = 5;
/** How often curves of running runs are read again, in milliseconds. */
const REFRESH = 1000;

export class Compare extends Pane {
  readonly #curves = new Map<number, Curve>();
  /** Runs whose curve was read after they had ended, and need not be read again. */
  readonly #whole = new Set<number>();
  readonly #details = new Map<number, IdeaDetail>();
  readonly #requested = new Set<number>();
  #asked = "";
  #undraw: (() => void) | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  readonly #theme = new MutationObserver(() => this.#draw());

  override connectedCallback(): void {
    super.connectedCallback();
    this.#theme.observe(document.body, { attributes: true, attributeFilter: ["class"] });
    this.#theme.observe(document.documentElement, { attributes: true, attributeFilter: ["style"] });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#theme.disconnect();
    this.#undraw?.();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#asked = "";
  }

  protected override render() {
    const rows = this.#rows();
    if (rows.length === 0 && this.#baselineRun() === undefined) {
      return this.hint("Choose rows in the table to lay their curves over each other.");
    }
    return html`${this.chosen.length > MOST_IDEAS ? this.hint(`Showing the first ${MOST_IDEAS} of ${this.chosen.length} chosen ideas.`) : nothing}
      ${this.problem === null ? nothing : this.failed(this.problem)}
      <div class="chart" role="img" aria-label="Curves of ${rows.map((row) => `#${row.idea.id}`).join(", ") || "the baseline"}"></div>
      ${this.#wanted().length === 0 ? this.hint("No run of these has a curve yet.") : nothing}
      ${rows.length === 0 ? nothing : this.#table(rows)}`;
  }

  protected override updated(): void {
    this.#request();
    this.#draw();
  }

  #table(rows: readonly IdeaRow[]) {
    const settings = differencesOf(rows, this.#details, this.results);
    return html`<p class="hint">
        ${
          rows.length === 1
            ? html`#${rows[0]?.idea.id} in short. Tick more rows to compare them.`
            : settings.length === 0
              ? "Nothing in their records differs."
              : `Only what differs between ${rows.map((row) => `#${row.idea.id}`).join(", ")}`
        }
      </p>
      <div class="scroll-x">
        <table class="settings">
          <thead>
            <tr>
              <th scope="col">Setting</th>
              ${rows.map((row, index) => html`<th scope="col" title=${row.idea.title}><i class="key" .style=${`background:var(${colorOf(index)})`}></i>#${row.idea.id}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${settings.map(
              (setting) =>
                html`<tr>
                  <th scope="row">${setting.name}</th>
                  ${setting.values.map((text) => html`<td>${text}</td>`)}
                </tr>`,
            )}
          </tbody>
        </table>
      </div>`;
  }

  #rows(): readonly IdeaRow[] {
    return this.chosen.slice(0, MOST_IDEAS);
  }

  #baselineRun(): Run | undefined {
    return this.results.baselineRuns.findLast((run) => run.state === "succeeded") ?? this.results.baselineRuns.findLast(hasCurve);
  }

  #wanted(): Run[] {
    const baseline = this.#baselineRun();
    return [...this.#rows().flatMap(runsOf), ...(baseline === undefined ? [] : [baseline])];
  }

  /** Asks for what is missing, and again for what still moves, at most once a second. */
  #request(): void {
    const wanted = this.#wanted();
    const ids = wanted.filter((run) => !this.#whole.has(run.id)).map((run) => run.id);
    const details = this.#rows().filter((row) => !this.#details.has(row.idea.id));
    const asked = JSON.stringify([wanted.map((run) => [run.id, run.endedAt, run.live?.step, run.live?.value]), details.length]);
    if (asked === this.#asked) return;
    // Rows just chosen are not kept waiting; only what is already shown is refreshed with a pause.
    const missing = details.length > 0 || ids.some((id) => !this.#requested.has(id));
    if (!missing && this.#timer !== null) return;
    this.#asked = asked;
    if (ids.length === 0 && !missing) return;
    for (const id of ids) this.#requested.add(id);
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.requestUpdate();
    }, REFRESH);
    void this.settle(async () => {
      const [curves, ...found] = await Promise.all([
        ids.length === 0 ? [] : this.ask.curves(ids),
        ...details.map((row) => this.ask.idea(row.idea.id)),
      ]);
      for (const detail of found) this.#details.set(detail.idea.id, detail);
      for (const curve of curves) this.#curves.set(curve.run, curve);
      for (const run of wanted) if (run.endedAt !== null) this.#whole.add(run.id);
    });
  }

  #drawn: readonly unknown[] = [];
  #draw(): void {
    const into = this.querySelector<HTMLElement>(".chart");
    if (into === null) return;
    const series = this.#series();
    const look = [
      into,
      document.body.className,
      document.documentElement.getAttribute("style"),
      ...series.flatMap((one) => [one.curve, one.label]),
    ];
    if (look.length === this.#drawn.length && look.every((one, index) => one === this.#drawn[index])) return;
    this.#drawn = look;
    this.#undraw?.();
    this.#undraw = drawCurves(into, series, decimalsFor(this.results.reference.mean));
  }

  #series(): Series[] {
    const series: Series[] = this.#rows().flatMap((row, index) =>
      runsOf(row).flatMap((run, nth): Series[] => {
        const curve = this.#curves.get(run.id);
        const label = `#${row.idea.id}${row.runs.length > 1 ? ` seed ${run.seed}` : ""}`;
        return curve === undefined ? [] : [{ curve, label, color: colorOf(index), dashed: false, thin: nth > 0 }];
      }),
    );
    const baseline = this.#curves.get(this.#baselineRun()?.id ?? -1);
    if (baseline !== undefined) series.push({ curve: baseline, label: "baseline", color: BASELINE_COLOR, dashed: true, thin: false });
    return series;
  }
}

function colorOf(index: number): string {
  return CURVE_COLORS[index % CURVE_COLORS.length] ?? CURVE_COLORS[0];
}

function hasCurve(run: Run): boolean {
  return run.startedAt !== null;
}

/** Finished runs before others; at most a handful of seeds. */
function runsOf(row: IdeaRow): Run[] {
  const finished = row.runs.filter((run) => run.state === "succeeded" || run.state === "running");
  return (finished.length > 0 ? finished : row.runs.filter(hasCurve)).slice(-MOST_SEEDS);
}

customElements.define("proving-ground-compare", Compare);
