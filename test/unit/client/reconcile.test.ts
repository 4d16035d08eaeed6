/** A refreshed tree keeps its rows and names only those that differ. */
import { expect, test } from "vitest";
import { reconcile } from "../../../extension/client/sidebar/reconcile.ts";
import type { GroupRow, IdeaRow, Row } from "../../../extension/client/sidebar/rows.ts";

const idea = (id: number, description = ""): IdeaRow => ({
  ...{ kind: "idea", lab: "lab", idea: id, id: `idea/${id}`, label: `#${id}`, description, tooltip: "", icon: null, context: "idea" },
});
const group = (id: string, children: Row[], description = ""): GroupRow => ({
  ...{ kind: "group", id, label: id, description, tooltip: "", icon: null, context: "group", children },
});
const names = (rows: readonly Row[] | null) => rows?.map((row) => row.id) ?? null;

test("nothing that differs: nothing to refresh, and the very same rows", () => {
  const shown = [group("0", [idea(1), idea(2)])];
  const { rows, changed } = reconcile(shown, [group("0", [idea(1), idea(2)])]);
  expect(changed).toEqual([]);
  expect(rows[0]).toBe(shown[0]);
});

test("one row says something else: only that row, as the object it was", () => {
  const first = idea(1);
  const { rows, changed } = reconcile([group("0", [first, idea(2)])], [group("0", [idea(1, "running"), idea(2)])]);
  expect(changed).toEqual([first]);
  expect(first.description).toBe("running");
  expect((rows[0] as GroupRow).children[0]).toBe(first);
});

test("rows that come, go or change places refresh their group, not the others", () => {
  const shown = () => [group("0", [idea(1), idea(2)]), group("1", [idea(3)])];
  const changedBy = (...children: Row[]) => names(reconcile(shown(), [group("0", children), group("1", [idea(3)])]).changed);
  expect(changedBy(idea(1), idea(2), idea(4))).toEqual(["0"]);
  expect(changedBy(idea(2))).toEqual(["0"]);
  expect(changedBy(idea(2), idea(1))).toEqual(["0"]);
});

test("what a group says changes: the group once, with what is in it now", () => {
  const shown = [group("0", [idea(1)])];
  const { rows, changed } = reconcile(shown, [group("0", [idea(1, "done")], "1 measured")]);
  expect(names(changed)).toEqual(["0"]);
  expect(rows).toEqual([group("0", [idea(1, "done")], "1 measured")]);
});

test("another top level: everything", () => {
  expect(reconcile([], [group("0", [])]).changed).toBeNull();
  expect(reconcile([group("0", [])], []).changed).toBeNull();
  expect(reconcile([group("0", []), group("1", [])], [group("1", []), group("0", [])]).changed).toBeNull();
  expect(reconcile([group("0", [])], [{ ...idea(1), id: "0" }]).changed).toBeNull();
});

test("a row that moves to another group is a new row there", () => {
  const moved = idea(1);
  const { rows, changed } = reconcile([group("draft", [moved]), group("done", [])], [group("draft", []), group("done", [idea(1)])]);
  expect(names(changed)).toEqual(["draft", "done"]);
  expect((rows[1] as GroupRow).children[0]).not.toBe(moved);
});
