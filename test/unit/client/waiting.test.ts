/** The view “Waiting for You”: its rows, and what is news. */
import { describe, expect, test } from "vitest";
import type { Row } from "../../../extension/client/sidebar/rows.ts";
import { newlyWaiting, newsText, stillWaiting } from "../../../extension/client/sidebar/waiting-news.ts";
import { waitingRows } from "../../../extension/client/sidebar/waiting-rows.ts";
import type { Snapshot } from "../../../extension/protocol/lab.ts";
import { UNATTENDED } from "../../../extension/protocol/search.ts";
import { ideaFixture, labFixture, runFixture } from "../../fixtures/lab.ts";
import { searchFixture } from "../../fixtures/search.ts";

const lab = (changes: Partial<Snapshot> = {}): Snapshot => ({ ...labFixture(0), runs: [], parents: {}, ...changes });
const text = (rows: readonly Row[]) => rows.map((row) => `${row.label} | ${row.description}`);
const attended = { gates: { ideas: "ask", diffs: "ask", runs: "ask", parents: "ask" } } as const;
const change = { files: 1, added: 31, removed: 12 };

describe("rows", () => {
  test("of nothing are none", () => {
    expect(waitingRows("lab", lab())).toEqual([]);
  });

  test("say what is asked and what helps to decide, and offer the answers", () => {
    const rows = waitingRows(
      "lab",
      lab({
        searches: [searchFixture(1, { plan: attended, asksForParents: true })],
        ideas: [
          ideaFixture(1, { title: "Lion", search: 1, status: "in review", change }),
          ideaFixture(2, { title: "Longer warm-up", search: 1, repeats: { idea: 9, likeness: 0.8 } }),
          ideaFixture(3, { title: "Tied", search: 1, status: "approved", commit: "c", change }),
          ideaFixture(9, { title: "Warm-up", status: "done", metric: 0.61 }),
        ],
        runs: [runFixture(7, 9, { state: "failed", failure: "implausible", reason: "too good", metric: null })],
      }),
    );
    expect(text(rows)).toEqual([
      "Parents of epoch 4: 0 chosen, go on? | evolutionary search 1",
      "Review: Lion | +31 −12",
      "Let in: Longer warm-up | like #9",
      "Run: Tied | +31 −12",
      "Quarantined: too good | Warm-up",
    ]);
    expect(rows.map((row) => row.context)).toEqual([
      "search change goOn pause stop",
      "idea diff edit reject review",
      "idea admit edit reject",
      "idea admit diff reject",
      "run diff log reject retry",
    ]);
    expect(rows[2]?.tooltip).toContain(String.raw`nearly repeats \#9 “Warm\-up” \(80% alike\), which reached 0\.61`);
    expect(rows.map((row) => (row.kind === "idea" ? row.opens : row.kind))).toEqual(["search", "review", undefined, "diff", "run"]);
  });

  test("of thirty things are thirty, each its own, with room for what stands behind a long title", () => {
    const title = "A title that goes on and on until no side bar of the usual width has any room left for it";
    const ideas = Array.from({ length: 30 }, (_, index) => ideaFixture(index + 1, { title, status: "in review", change }));
    const rows = waitingRows("lab", lab({ ideas }));
    expect(new Set(rows.map((row) => row.id)).size).toBe(30);
    expect(rows.every((row) => row.label.length <= 28 && row.label.endsWith("…"))).toBe(true);
    expect(rows[0]?.tooltip).toContain(title);
  });

  test("of several environments say which", () => {
    const ideas = [ideaFixture(1, { status: "in review" }), ideaFixture(2, { status: "in review", environment: "other" })];
    expect(waitingRows("lab", lab({ ideas })).map((row) => row.description)).toEqual(["tinylm", "other"]);
  });

  test("of a search that is held up or paused offer to change, resume or stop it", () => {
    const searches = [
      searchFixture(1, { waitsFor: "lab/m does not answer" }),
      searchFixture(2, { state: "paused", reason: "A cap is reached." }),
    ];
    const rows = waitingRows("lab", lab({ searches }));
    expect(text(rows)).toEqual([
      "Waits: lab/m does not answer | evolutionary search 1",
      "Paused: A cap is reached. | evolutionary search 2",
    ]);
    expect(rows.map((row) => row.context)).toEqual(["search change pause stop", "search change resume stop"]);
  });

  test("are not Markdown, whatever a model calls its idea", () => {
    const [row] = waitingRows("lab", lab({ ideas: [ideaFixture(1, { title: "[x](command:y)", status: "in review" })] }));
    expect(row?.tooltip).toContain(String.raw`\[x\]\(command:y\)`);
  });
});

describe("news", () => {
  const before = lab({ searches: [searchFixture(1, { plan: attended })] });
  const after = (...titles: string[]) =>
    lab({ ...before, ideas: titles.map((title, index) => ideaFixture(index + 1, { title, search: 1 })) });

  test("is what a search has come to ask, however much at once", () => {
    expect(newsText(newlyWaiting(before, after("Lion")))).toBe("A search waits for you. Let in: Lion");
    expect(newsText(newlyWaiting(before, after("A", "B", "C")))).toBe("A search waits for you: 3 ideas to let in.");
  });

  test("is not what waited before, what a human had implemented, a failed run, or a pause, which the engine tells itself", () => {
    const paused = lab({ searches: [searchFixture(1, { state: "paused", reason: "You paused it." })] });
    expect(newlyWaiting(before, paused)).toEqual([]);
    expect(newlyWaiting(after("Lion"), after("Lion"))).toEqual([]);
    const own = lab({ ideas: [ideaFixture(1, { status: "in review" })] });
    expect(newlyWaiting(lab(), own)).toEqual([]);
    expect(newlyWaiting(lab(), lab({ runs: [runFixture(1, null, { state: "failed", failure: "implausible", metric: null })] }))).toEqual(
      [],
    );
  });

  test("that was answered before it could be told is not told", () => {
    const list = newlyWaiting(before, after("A", "B"));
    const unattended = { ...after("A", "B"), searches: [searchFixture(1, { plan: { gates: UNATTENDED } })] };
    expect(stillWaiting(list, unattended)).toEqual([]);
    expect(stillWaiting(list, after("A"))).toHaveLength(1);
  });
});
