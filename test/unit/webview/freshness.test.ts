/** When the Analysis pane asks again. */
import { beforeEach, describe, expect, it } from "vitest";
import { Freshness } from "../../../webview/results/freshness.ts";

let now = 0;
let later: { at: number; call: () => void }[] = [];
let again = 0;
let freshness: Freshness;
beforeEach(() => {
  [now, later, again] = [0, [], 0];
  const time = {
    now: () => now,
    later: (milliseconds: number, call: () => void) => {
      const entry = { at: now + milliseconds, call };
      later.push(entry);
      return () => (later = later.filter((one) => one !== entry));
    },
  };
  freshness = new Freshness(time, () => again++);
});

/** Lets time go by. */
function wait(milliseconds: number): void {
  now += milliseconds;
  const due = later.filter(({ at }) => at <= now);
  later = later.filter(({ at }) => at > now);
  for (const { call } of due) call();
}

const [idea, changed] = [{ id: 1 }, { id: 1 }];

describe("a question is asked", () => {
  it("once, and not again while nothing has changed", () => {
    expect(freshness.due("toy", [idea])).toBe(true);
    wait(10);
    expect(freshness.settled("toy")).toBe(true);
    wait(1000);
    expect(again).toBe(1);
    expect(freshness.due("toy", [idea])).toBe(false);
    expect(freshness.due("toy", [changed])).toBe(true);
  });

  it("not while another is under way or the engine rests; then a change is not forgotten", () => {
    freshness.due("toy", [idea]);
    expect(freshness.due("toy", [changed])).toBe(false);
    freshness.settled("toy");
    wait(999);
    expect(freshness.due("toy", [changed])).toBe(false);
    wait(1);
    expect(again).toBe(1);
    expect(freshness.due("toy", [changed])).toBe(true);
  });

  it("more seldom where the answer takes long", () => {
    freshness.due("toy", [idea]);
    wait(600);
    freshness.settled("toy");
    wait(2999);
    expect(again).toBe(0);
    wait(1);
    expect(again).toBe(1);
  });

  it("at once about another environment, and the answer about the first is not wanted any more", () => {
    freshness.due("toy", [idea]);
    expect(freshness.due("other", [changed])).toBe(true);
    expect(freshness.settled("toy")).toBe(false);
    expect(freshness.settled("other")).toBe(true);
  });

  it("anew when the pane is shown again, and nothing is waited for while it is not", () => {
    freshness.due("toy", [idea]);
    freshness.settled("toy");
    freshness.stop();
    expect(later).toEqual([]);
    expect(freshness.due("toy", [idea])).toBe(true);
    freshness.stop();
    expect(freshness.settled("toy")).toBe(false);
  });
});
