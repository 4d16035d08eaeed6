/** The bar between table and pane: dragged, or moved with the arrow keys. */
import { html } from "lit";
import type { TemplateResult } from "lit";

const STEP = 0.03;

/**
 * @param share of the panel that the pane takes, 0.15 to 0.75
 * @param change called with the new share
 */
export function splitter(share: number, change: (share: number) => void): TemplateResult {
  const set = (wanted: number): void => change(Math.min(0.75, Math.max(0.15, wanted)));
  return html`<div
    class="splitter"
    role="separator"
    tabindex="0"
    aria-orientation="vertical"
    aria-label="Width of the right pane"
    aria-valuenow=${Math.round(share * 100)}
    aria-valuemin="15"
    aria-valuemax="75"
    @keydown=${(event: KeyboardEvent) => {
      const step =
        event.key === "ArrowLeft" || event.key === "ArrowUp"
          ? STEP
          : event.key === "ArrowRight" || event.key === "ArrowDown"
            ? -STEP
            : null;
      if (step === null) return;
      event.preventDefault();
      set(share + step);
    }}
    @pointerdown=${(event: PointerEvent) => drag(event, set)}
  ></div>`;
}

function drag(event: PointerEvent, set: (share: number) => void): void {
  const bar = event.currentTarget as HTMLElement;
  const body = bar.parentElement;
  if (body === null) return;
  bar.setPointerCapture(event.pointerId);
  const move = (moved: PointerEvent): void => {
    const box = body.getBoundingClientRect();
    const stacked = getComputedStyle(body).flexDirection === "column";
    set(stacked ? (box.bottom - moved.clientY) / box.height : (box.right - moved.clientX) / box.width);
  };
  bar.addEventListener("pointermove", move);
  bar.addEventListener("lostpointercapture", () => bar.removeEventListener("pointermove", move), { once: true });
}
