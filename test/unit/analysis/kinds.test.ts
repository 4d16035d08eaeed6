import { describe, expect, it } from "vitest";
import { agreementOf, kindsOf } from "../../../extension/engine/analysis/kinds.ts";
import type { IdeaKind } from "../../../extension/protocol/idea.ts";
import { ideaFixture } from "../../fixtures/lab.ts";
import { failed, reached, trajectories } from "./ideas.ts";

describe("kinds of ideas", () => {
  it("have their share of those whose kind is known, and the best of each", () => {
    const ideas = [
      reached(1, 1.5, { kind: "algorithmic" }),
      reached(2, 1.75, { kind: "algorithmic" }),
      failed(3, { kind: "algorithmic" }),
      reached(4, 2.25, { kind: "hyper-parameter" }),
      ideaFixture(5, { kind: null }),
    ];
    expect(kindsOf(trajectories(ideas))).toEqual({
      kinds: [
        { kind: "hyper-parameter", ideas: 1, share: 0.25, tried: 1, valid: 1, best: -0.25, bestIdea: 4, mean: -0.25 },
        { kind: "algorithmic", ideas: 3, share: 0.75, tried: 3, valid: 2, best: 0.5, bestIdea: 1, mean: 0.375 },
      ],
      unknown: 1,
      judge: null,
    });
  });

  it("are compared with the judge's where there are both", () => {
    const ideas = [
      reached(1, 1, { kind: "algorithmic", judged: "algorithmic" }),
      reached(2, 1, { kind: "hyper-parameter", judged: "algorithmic" }),
      reached(3, 1, { kind: "hyper-parameter", judged: null }),
    ];
    expect(kindsOf(trajectories(ideas)).judge).toMatchObject({ ideas: 2, same: 1, share: 0.5, judgedAlgorithmic: 1 });
  });
});

describe("Cohen's kappa", () => {
  const pairs = (counts: readonly (readonly [code: IdeaKind, judged: IdeaKind, times: number])[]) =>
    counts.flatMap(([code, judged, times]) => Array.from({ length: times }, () => ({ code, judged })));

  it("is agreement beyond chance", () => {
    // The usual example: 20 and 15 agree of 50, agreement by chance 0.5, kappa (0.7 − 0.5) / 0.5.
    const judge = agreementOf(
      pairs([
        ["algorithmic", "algorithmic", 20],
        ["algorithmic", "hyper-parameter", 5],
        ["hyper-parameter", "algorithmic", 10],
        ["hyper-parameter", "hyper-parameter", 15],
      ]),
    );
    expect(judge).toEqual({ ideas: 50, same: 35, share: 0.7, kappa: expect.closeTo(0.4, 12), judgedAlgorithmic: 0.6 });
  });

  it("is 1 for full agreement, below 0 for less than chance, and unknown where nothing could differ", () => {
    const kappa = (...counts: Parameters<typeof pairs>[0]) => agreementOf(pairs(counts))?.kappa;
    expect(kappa(["algorithmic", "algorithmic", 3], ["hyper-parameter", "hyper-parameter", 1])).toBe(1);
    expect(kappa(["algorithmic", "hyper-parameter", 1], ["hyper-parameter", "algorithmic", 1])).toBe(-1);
    expect(kappa(["algorithmic", "algorithmic", 9])).toBeNull();
    expect(agreementOf([])).toBeNull();
  });
});
