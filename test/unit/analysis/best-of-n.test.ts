import { describe, expect, it } from "vitest";
import { comparisonsOf } from "../../../extension/engine/analysis/best-of-n.ts";
import type { Idea } from "../../../extension/protocol/idea.ts";
import { failed, reached, searchFixture, trajectories } from "./ideas.ts";

const evolution = searchFixture(1);
const sampling = searchFixture(2, { algorithm: "best of n" });
const by = (search: number | null, strategy: Idea["strategy"], more: Partial<Idea> = {}) => ({
  ...{ search, strategy, source: "model" as const, model: "lab/a" },
  ...more,
});
/** Two fresh ideas, then two that build on them; of the others two are worse than the baseline or fail. */
const ideas = [
  reached(1, 1.75, by(1, "fresh")),
  failed(2, by(1, "fresh")),
  reached(3, 1.25, by(1, "exploit")),
  reached(4, 1.5, by(1, "explore")),
  reached(5, 1.5, by(2, "fresh")),
  reached(6, 2.5, by(2, "fresh")),
];
const compare = (all: Idea[], searches = [evolution, sampling], measured = true) => comparisonsOf(trajectories(all), searches, measured);

describe("a search against as many fresh ideas", () => {
  it("has its best so far beside what the best of so many is expected to be", () => {
    const [one] = compare(ideas);
    expect(one).toMatchObject({ search: 1, writers: ["lab/a"], pool: 4, problem: null });
    // Fresh gains 0, 0, 0.25, 0.5: the best of two is 0 once, 0.25 twice and 0.5 three times of six.
    expect(one?.points).toEqual([
      { ideas: 1, best: 0.25, expected: { value: expect.closeTo(0.1875, 12), low: 0, high: 0.5 }, reached: 0.5 },
      { ideas: 2, best: 0.25, expected: { value: expect.closeTo(2 / 6, 12), low: 0, high: 0.5 }, reached: 0.75 },
      { ideas: 3, best: 0.75, expected: { value: expect.closeTo(1.75 / 4, 12), low: 0, high: 0.5 }, reached: 0 },
      { ideas: 4, best: 0.75, expected: { value: 0.5, low: 0, high: 0.5 }, reached: 0 },
    ]);
  });

  it("goes on alone where there are not as many fresh ones", () => {
    const more = [...ideas.slice(0, 5), reached(6, 1.1, by(1, "exploit"))];
    expect(compare(more)[0]?.points.at(-1)).toEqual({ ideas: 5, best: expect.closeTo(0.9, 12), expected: null, reached: null });
  });

  it("has the whole budget and the largest common one among its points, however many ideas", () => {
    const fresh = Array.from({ length: 150 }, (_, at) => reached(1 + at, 2 - at / 1000, by(2, "fresh")));
    const searched = Array.from({ length: 400 }, (_, at) => reached(200 + at, 2 - at / 1000, by(1, at < 50 ? "fresh" : "exploit")));
    const [one] = compare([...fresh, ...searched]);
    expect(one?.points.length).toBeLessThanOrEqual(62);
    expect(one?.points.filter(({ expected }) => expected !== null).at(-1)?.ideas).toBe(200);
    expect(one?.points.at(-1)?.ideas).toBe(400);
  });

  it("takes no fresh ideas of another writer or another implementer", () => {
    const others = [reached(5, 1.5, by(2, "fresh", { model: "lab/b" })), reached(6, 1.5, by(3, "fresh")), reached(7, 1.5, by(2, "random"))];
    const other = searchFixture(3, { algorithm: "best of n", implementer: "lab/c" });
    const [one] = compare([...ideas.slice(0, 4), ...others], [evolution, sampling, other]);
    expect(one).toMatchObject({ pool: 2, points: [] });
  });

  it("is not made for sampling itself, nor for a benchmark", () => {
    const benchmark = searchFixture(3, {}, { benchmark: 1 });
    expect(compare(ideas, [sampling, benchmark, evolution]).map(({ search }) => search)).toEqual([1]);
  });

  it("is made of what was done by hand too", () => {
    const byHand = ideas.map((idea) => ({ ...idea, search: null, source: "operator" as const, model: null }));
    expect(compare(byHand, [])).toMatchObject([{ search: null, writers: ["operators"], pool: 4, problem: null }]);
    expect(compare(byHand.slice(4), [])).toEqual([]);
    const taken = reached(9, 1, { strategy: "fresh", search: 4, source: "operator", model: null });
    const taker = searchFixture(4, { algorithm: "best of n", source: "operators", ideasOf: 3 });
    expect(compare([...byHand, taken], [taker])[0]?.pool).toBe(4);
  });
});

describe("where there is nothing to compare", () => {
  it("the baseline may be missing", () => {
    expect(compare(ideas, [evolution], false)[0]).toMatchObject({
      points: [],
      problem: expect.stringMatching(/^The baseline is not known/),
    });
  });

  it("the search may not have built on anything yet", () => {
    expect(compare([...ideas.slice(0, 2), ...ideas.slice(4)])[0]?.problem).toMatch(/^Nothing that builds on results/);
    expect(compare([])[0]?.problem).toMatch(/^Nothing that builds on results/);
  });

  it("there may be no fresh ideas but its own: it says how many are wanted", () => {
    expect(compare(ideas.slice(0, 4))[0]).toMatchObject({
      points: [],
      problem:
        "There is nothing to compare it with: no fresh ideas by lab/a besides those it began with. A best-of-n search with 6 ideas gives the comparison.",
    });
  });
});
