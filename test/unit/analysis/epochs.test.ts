import { expect, it } from "vitest";
import { epochFigures } from "../../../extension/engine/analysis/epochs.ts";
import { ideaFixture } from "../../fixtures/lab.ts";
import { failed, reached, trajectories } from "./ideas.ts";

it("an epoch has the best and mean reward of its results, and the best of all so far", () => {
  const ideas = [
    reached(1, 1.5, { epoch: 1 }),
    reached(2, 2.5, { epoch: 1 }),
    failed(3, { epoch: 1 }),
    ideaFixture(4, { epoch: 1 }),
    reached(5, 1.75, { epoch: 3 }),
    failed(6, { epoch: 4 }),
    reached(7, 1.25, { epoch: 5 }),
  ];
  expect(epochFigures(trajectories(ideas))).toEqual([
    { epoch: 1, ideas: 4, tried: 3, valid: 2, best: 0.5, bestIdea: 1, mean: 0, bestSoFar: 0.5 },
    { epoch: 3, ideas: 1, tried: 1, valid: 1, best: 0.25, bestIdea: 5, mean: 0.25, bestSoFar: 0.5 },
    { epoch: 4, ideas: 1, tried: 1, valid: 0, best: null, bestIdea: null, mean: null, bestSoFar: 0.5 },
    { epoch: 5, ideas: 1, tried: 1, valid: 1, best: 0.75, bestIdea: 7, mean: 0.75, bestSoFar: 0.75 },
  ]);
});

it("rewards below the baseline are kept as they are", () => {
  const [epoch] = epochFigures(trajectories([reached(1, 2.5), reached(2, 3)]));
  expect(epoch).toMatchObject({ best: -0.5, mean: -0.75, bestSoFar: -0.5 });
});

it("epochs are in order whatever order ideas were written in", () => {
  const figures = epochFigures(trajectories([reached(1, 1.5, { epoch: 2 }), reached(2, 1.75, { epoch: 0 })]));
  expect(figures.map(({ epoch, bestSoFar }) => [epoch, bestSoFar])).toEqual([
    [0, 0.25],
    [2, 0.5],
  ]);
});
