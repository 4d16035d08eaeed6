/** Which rows are ticked and where the cursor is, as a value. Pure. */
import type { Line } from "./lines.ts";

export interface Selection {
  /** Ticked ideas in the order they were ticked. */
  ticked: ReadonlySet<number>;
  /** Key of the line with the cursor. */
  current: string | null;
}

/** After a line's box was ticked or unticked; with `range`, every idea from the cursor to it is ticked. */
export function tick(selection: Selection, lines: readonly Line[], key: string, range: boolean): Selection {
  const to = lines.findIndex((line) => line.key === key);
  const line = lines[to];
  if (line?.kind !== "idea") return selection;
  const ticked = new Set(selection.ticked);
  if (!range) {
    if (!ticked.delete(line.row.idea.id)) ticked.add(line.row.idea.id);
    return { ticked, current: key };
  }
  const from = lines.findIndex((one) => one.key === selection.current);
  const [low, high] = from === -1 ? [to, to] : [Math.min(from, to), Math.max(from, to)];
  for (const one of lines.slice(low, high + 1)) if (one.kind === "idea") ticked.add(one.row.idea.id);
  return { ticked, current: key };
}

/** All shown ideas ticked, or none at all. */
export function tickAll(selection: Selection, lines: readonly Line[], ticked: boolean): Selection {
  const ids = ticked ? lines.flatMap((line) => (line.kind === "idea" ? [line.row.idea.id] : [])) : [];
  return { ...selection, ticked: new Set(ids) };
}

/** Ideas meant by an action: the ticked ones, else the one with the cursor. */
export function chosenIds(selection: Selection): number[] {
  if (selection.ticked.size > 0) return [...selection.ticked];
  const id = /^idea-(\d+)$/.exec(selection.current ?? "")?.[1];
  return id === undefined ? [] : [Number(id)];
}

/** The same selection without ideas that are gone. */
export function prune(selection: Selection, exists: (idea: number) => boolean): Selection {
  const ticked = [...selection.ticked].filter(exists);
  return ticked.length === selection.ticked.size ? selection : { ...selection, ticked: new Set(ticked) };
}
