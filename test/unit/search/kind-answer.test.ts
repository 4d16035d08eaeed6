/** Which kind a model says that a change is, whatever it says besides. */
import { expect, test } from "vitest";
import { readKind } from "../../../extension/engine/search/kind-answer.ts";

test.each([
  ["algorithmic", "algorithmic"],
  ["Hyper-parameter.", "hyper-parameter"],
  ["**hyperparameter**", "hyper-parameter"],
  ["`hyper-parameter`\n", "hyper-parameter"],
  ["Hyper parameters", "hyper-parameter"],
  ["Algorithmic, because a new layer is added and not only hyper-parameters change.", "algorithmic"],
  ["The learning rate changes, and that alone is hyper-parameter tuning; but a skip is added.\n\nalgorithmic", "algorithmic"],
  ["Is it algorithmic? Only numbers change.\n\n**Answer:** hyper-parameter", "hyper-parameter"],
  ['{"kind": "algorithmic"}', "algorithmic"],
  ["My verdict is hyper-parameter since algorithmic changes would add code.", "hyper-parameter"],
  ["<think>It looks like a hyper-parameter change, no: algorithmic.</think>\nhyper-parameter", "hyper-parameter"],
  ["so it may be algorithmic</think>Hyper-parameter", "hyper-parameter"],
  ["This change is purely algorithmic in nature.", "algorithmic"],
  ["This is not algorithmic.", null],
  ["It has something of a hyper-parameter and something algorithmic.", null],
  ["I cannot tell.", null],
  ["", null],
])("%j is %s", (answer, kind) => {
  expect(readKind(answer)).toBe(kind);
});
