import { describe, expect, test } from "vitest";
import { places } from "../../../extension/engine/scheduler/fair.ts";
import type { Priority } from "../../../extension/protocol/search.ts";

/** The order in which runs leave the queue that searches fill one after the other. */
function order(...searches: { name: string; count: number; cost?: number; priority?: Priority }[]): string {
  const queue = searches.flatMap(({ name, count, cost = 10, priority = "normal" }) =>
    places(count, { cost, priority, left: 0, last: 0 }).map((position) => ({ name, position })),
  );
  return queue
    .toSorted((a, b) => a.position - b.position)
    .map(({ name }) => name)
    .join("");
}

describe("places in the queue", () => {
  test("are first come first served within one search", () => {
    expect(places(3, { cost: 10, priority: "normal", left: 0, last: 0 })).toEqual([0, 10, 20]);
  });

  test("let a second search in beside one that filled the queue before", () => {
    expect(order({ name: "a", count: 6 }, { name: "b", count: 3 })).toBe("abababaaa");
  });

  test("give time and not numbers: a search of long runs has fewer of them", () => {
    expect(order({ name: "a", count: 4, cost: 10 }, { name: "l", count: 2, cost: 40 })).toBe("alaaal");
  });

  test("give four times as much to the next priority", () => {
    expect(order({ name: "n", count: 2 }, { name: "h", count: 8, priority: "high" })).toBe("nhhhhnhhhh");
  });

  test("go on behind a search's own last run, and never before what has left the queue already", () => {
    expect(places(1, { cost: 10, priority: "normal", left: 35, last: 50 })).toEqual([60]);
    // Whoever asked for nothing for a while has saved up no claim.
    expect(places(2, { cost: 10, priority: "normal", left: 500, last: 50 })).toEqual([500, 510]);
    expect(places(1, { cost: 10, priority: "normal", left: 500, last: 0 })).toEqual([500]);
  });
});
