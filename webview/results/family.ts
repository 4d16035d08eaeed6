/** The Family pane: ideas and what they build on as a graph; scroll zooms, dragging moves, a click goes to the row. */
import { html, nothing, svg } from "lit";
import type { PropertyValues } from "lit";
import { ideaKey } from "./collect.ts";
import type { IdeaRow } from "./collect.ts";
import { familyOf, layoutFamily, NODE_HEIGHT, NODE_WIDTH } from "./family-layout.ts";
import type { FamilyEdge, FamilyLayout, FamilyNode } from "./family-layout.ts";
import { decimalsFor, value } from "./numbers.ts";
import { Pane } from "./pane.ts";

/** Ideas drawn at most. */
const MOST = 200;
const MARGIN = 12;

export class Family extends Pane {
  /** Called with the key of a line to go to. */
  reveal!: (key: string) => void;
  #layout: FamilyLayout | null = null;
  #key = "";
  #view = { x: 0, y: 0, scale: 1 };
  #moved = false;

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("results") && !changed.has("chosen") && this.#layout !== null) return;
    const rows = familyOf(this.results, this.results.rows.length > MOST ? this.chosen : [], MOST);
    const key = rows.map((row) => `${row.idea.id}<${row.idea.parents.join(",")}`).join(" ");
    if (key !== this.#key || this.#layout === null) {
      this.#key = key;
      this.#layout = layoutFamily(rows, this.results.rows.length);
    } else {
      // Same family, newer results: positions stay, so nothing jumps while runs finish.
      for (const node of this.#layout.nodes) if (node.row !== null) node.row = this.results.byId.get(node.row.idea.id) ?? node.row;
    }
  }

  protected override updated(): void {
    if (!this.#moved) this.#fit();
  }

  protected override render() {
    const layout = this.#layout;
    if (layout === null || layout.nodes.length < 2) return this.hint("Ideas appear here with what they build on.");
    const { x, y, scale } = this.#view;
    return html`<div class="family-tools">
        ${
          layout.hidden > 0
            ? html`<span class="dim"
                >${layout.nodes.length - 1} of ${this.results.rows.length} ideas: relatives of the chosen, and the best</span
              >`
            : nothing
        }
        <button class="plain-button link" @click=${() => this.#zoom(1.25)} aria-label="Zoom in">+</button>
        <button class="plain-button link" @click=${() => this.#zoom(0.8)} aria-label="Zoom out">−</button>
        <button class="plain-button link" @click=${this.#refit}>Fit</button>
      </div>
      <svg
        class="family"
        role="group"
        aria-label="Family tree of ${layout.nodes.length - 1} ideas"
        @wheel=${this.#wheel}
        @pointerdown=${this.#drag}
        @keydown=${this.#keys}
      >
        <g transform="translate(${x} ${y}) scale(${scale})">
          ${layout.edges.map((edge) => this.#edge(edge))} ${layout.nodes.map((node) => this.#node(node))}
        </g>
      </svg>`;
  }

  #edge({ from, to }: FamilyEdge) {
    const start = from.x + NODE_WIDTH / 2;
    const end = to.x - NODE_WIDTH / 2;
    const middle = (start + end) / 2;
    const near = [from, to].every((node) => node.row === null || this.#isChosen(node.row));
    return svg`<path class=${near ? "near" : ""} d="M${start} ${from.y}C${middle} ${from.y} ${middle} ${to.y} ${end} ${to.y}" />`;
  }

  #node(node: FamilyNode) {
    const { row } = node;
    const decimals = decimalsFor(this.results.reference.mean);
    const metric = value(row === null ? this.results.reference.mean : (row.idea.metric ?? row.live), decimals);
    const name = row === null ? "Baseline" : `#${row.idea.id}`;
    const tone = row === null ? "plain" : row.idea.metric === null ? "none" : row.tone;
    const label =
      row === null ? `Baseline ${metric}` : `#${row.idea.id} ${row.idea.title}, ${row.idea.metric === null ? row.idea.status : metric}`;
    const chosen = row !== null && this.#isChosen(row);
    return svg`<g
      class="node ${tone} ${chosen ? "chosen" : ""}"
      role="button"
      tabindex="0"
      aria-label=${label}
      aria-pressed=${String(chosen)}
      data-key=${row === null ? "baseline" : ideaKey(row.idea.id)}
      transform="translate(${node.x - NODE_WIDTH / 2} ${node.y - NODE_HEIGHT / 2})"
    >
      <title>${label}</title>
      <rect width=${NODE_WIDTH} height=${NODE_HEIGHT} rx="3" />
      <rect class="stripe" width="3" height=${NODE_HEIGHT} rx="1" />
      <text x="9" y="16">${name}</text>
      <text class="metric" x=${NODE_WIDTH - 6} y="16" text-anchor="end">${row !== null && row.idea.metric === null && row.live === null ? "" : row === null ? "" : metric}</text>
    </g>`;
  }

  #isChosen(row: IdeaRow): boolean {
    return this.chosen.some((one) => one.idea.id === row.idea.id);
  }

  readonly #refit = (): void => {
    this.#moved = false;
    this.#fit();
  };

  /** Shows everything where that stays readable, else the surroundings of the chosen idea. */
  #fit(): void {
    const box = this.querySelector(".family")?.getBoundingClientRect();
    const layout = this.#layout;
    if (box === undefined || layout === null || box.width === 0) return;
    const scale = Math.min(1, Math.max(0.75, Math.min((box.width - 2 * MARGIN) / layout.width, (box.height - 2 * MARGIN) / layout.height)));
    const centre =
      layout.nodes.find((node) => node.row !== null && this.#isChosen(node.row)) ?? layout.nodes.find((node) => node.row === null);
    const view = {
      x: placed(layout.width * scale, box.width, (centre?.x ?? 0) * scale),
      y: placed(layout.height * scale, box.height, (centre?.y ?? 0) * scale),
      scale,
    };
    if (view.x === this.#view.x && view.y === this.#view.y && view.scale === this.#view.scale) return;
    this.#view = view;
    this.requestUpdate();
  }

  #zoom(factor: number, at?: { x: number; y: number }): void {
    const box = this.querySelector(".family")?.getBoundingClientRect();
    const centre = at ?? { x: (box?.width ?? 0) / 2, y: (box?.height ?? 0) / 2 };
    const scale = Math.min(3, Math.max(0.15, this.#view.scale * factor));
    const ratio = scale / this.#view.scale;
    this.#view = { x: centre.x - (centre.x - this.#view.x) * ratio, y: centre.y - (centre.y - this.#view.y) * ratio, scale };
    this.#moved = true;
    this.requestUpdate();
  }

  readonly #wheel = (event: WheelEvent): void => {
    event.preventDefault();
    const box = (event.currentTarget as Element).getBoundingClientRect();
    this.#zoom(Math.exp(-event.deltaY * 0.0015), { x: event.clientX - box.left, y: event.clientY - box.top });
  };

  readonly #drag = (event: PointerEvent): void => {
    const area = event.currentTarget as SVGSVGElement;
    const start = { x: event.clientX, y: event.clientY };
    const view = this.#view;
    const key = (event.target as Element).closest<SVGGElement>(".node")?.dataset.key;
    let dragged = false;
    area.setPointerCapture(event.pointerId);
    const move = (moved: PointerEvent): void => {
      const x = moved.clientX - start.x;
      const y = moved.clientY - start.y;
      dragged ||= Math.hypot(x, y) > 4;
      if (!dragged) return;
      this.#moved = true;
      this.#view = { ...view, x: view.x + x, y: view.y + y };
      this.requestUpdate();
    };
    area.addEventListener("pointermove", move);
    area.addEventListener(
      "lostpointercapture",
      () => {
        area.removeEventListener("pointermove", move);
        if (!dragged && key !== undefined) this.reveal(key);
      },
      { once: true },
    );
  };

  readonly #keys = (event: KeyboardEvent): void => {
    const key = (event.target as Element).closest<SVGGElement>(".node")?.dataset.key;
    if ((event.key === "Enter" || event.key === " ") && key !== undefined) this.reveal(key);
    else if (event.key === "+" || event.key === "=") this.#zoom(1.25);
    else if (event.key === "-") this.#zoom(0.8);
    else if (event.key === "0") this.#refit();
    else return;
    event.preventDefault();
  };
}

/** Where a drawing starts so that it fits with a margin, or else so that the point `centre` of it is in the middle. */
function placed(drawing: number, room: number, centre: number): number {
  return drawing <= room - 2 * MARGIN ? MARGIN : Math.max(room - drawing - MARGIN, Math.min(MARGIN, room / 2 - centre));
}

customElements.define("proving-ground-family", Family);
