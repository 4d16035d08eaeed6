/** What each key does in the table. */
import type { Results } from "./collect.ts";
import type { GridActions } from "./grid-actions.ts";
import { isExpandable } from "./lines.ts";
import type { Line } from "./lines.ts";

/**
 * @param page lines that fit on a page
 * @returns whether the key was used
 */
export function gridKey(
  event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "shiftKey">,
  lines: readonly Line[],
  current: string | null,
  page: number,
  results: Results,
  actions: GridActions,
): boolean {
  const at = lines.findIndex((line) => line.key === current);
  const line = lines[at];
  const command = event.ctrlKey || event.metaKey;
  switch (event.key) {
    case "ArrowDown":
      return move(at + 1, 1);
    case "ArrowUp":
      return move(Math.max(at, 0) - 1, -1);
    case "PageDown":
      return move(Math.min(at + page, lines.length - 1), -1);
    case "PageUp":
      return move(Math.max(at - page, 0), 1);
    case "Home":
      return move(0, 1);
    case "End":
      return move(lines.length - 1, -1);
    case "ArrowRight":
      return expand(true);
    case "ArrowLeft":
      return expand(false);
    case " ":
      if (line?.kind === "idea") actions.tick(line.key, event.shiftKey);
      return true;
    case "Enter":
      if (line !== undefined) actions.open(line);
      return true;
    case "a":
      if (command) actions.tickAll(true);
      return command;
    case "Escape":
      actions.tickAll(false);
      return true;
    default:
      return false;
  }

  /** Moves to a line, past group headings in the given direction. */
  function move(to: number, step: 1 | -1): boolean {
    let index = to;
    while (lines[index]?.kind === "group") index += step;
    const target = lines[index];
    if (target === undefined) return true;
    if (event.shiftKey && line?.kind === "idea" && target.kind === "idea") actions.tick(target.key, true);
    else actions.moveTo(target.key);
    return true;
  }

  function expand(open: boolean): boolean {
    if (line === undefined) return true;
    if ((line.kind === "idea" || line.kind === "baseline") && isExpandable(line, results)) {
      if (line.expanded !== open) actions.expand(line.key, open);
      else if (open) move(at + 1, 1);
    } else if (line.kind === "run" && !open) {
      const parent = lines.slice(0, at).findLast((one) => one.kind === "idea" || one.kind === "baseline");
      if (parent !== undefined) actions.moveTo(parent.key);
    }
    return true;
  }
}
