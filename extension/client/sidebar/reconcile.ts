/** Which rows of a tree have to be drawn again: pure. */
import { hasChildren } from "./rows.ts";
import type { Row } from "./rows.ts";

export interface Reconciled {
  /** The rows to show: a row that was shown before is the same object, with what it holds now. */
  rows: Row[];
  /** The fewest rows whose refresh shows everything: null where the top level has other rows or another order. */
  changed: Row[] | null;
}

/**
 * The editor forgets which row is which while it fetches what it was told to refresh, and a click that lands then reaches no row.
 * So rows stay the same objects and only those that differ are named.
 */
export function reconcile(shown: readonly Row[], fresh: readonly Row[]): Reconciled {
  const known = new Map(shown.map((row) => [row.id, row]));
  const changed: Row[] = [];
  const rows = fresh.map((row) => {
    const old = known.get(row.id);
    if (old?.kind !== row.kind) return row;
    if (update(old, row, changed)) changed.push(old);
    return old;
  });
  const same = shown.length === rows.length && shown.every((row, index) => row === rows[index]);
  return { rows, changed: same ? changed : null };
}

/**
 * Makes a shown row hold what a fresh one holds.
 * @param below gets the rows below it that differ, where the row itself need not be refreshed
 * @returns whether it has to be refreshed itself
 */
function update(old: Row, fresh: Row, below: Row[]): boolean {
  if (!hasChildren(old) || !hasChildren(fresh)) {
    const differs = JSON.stringify(old) !== JSON.stringify(fresh);
    Object.assign(old, fresh);
    return differs;
  }
  const { rows, changed } = reconcile(old.children, fresh.children);
  const differs = changed === null || JSON.stringify({ ...old, children: [] }) !== JSON.stringify({ ...fresh, children: [] });
  Object.assign(old, fresh, { children: rows });
  if (!differs) below.push(...changed);
  return differs;
}
