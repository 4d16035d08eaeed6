import { expect, test } from "vitest";
import { implementerChoices } from "../../../extension/client/settings/implementer-choices.ts";
import { OPERATORS } from "../../../extension/protocol/model.ts";

const operators = { id: OPERATORS, title: "Operators (no model)", problem: null };
const model = (id: string, problem: string | null = null) => ({ id, title: id.toUpperCase(), problem });

test("an idea's code is written by a model that can be asked, or by hand", () => {
  const choices = implementerChoices([operators, model("lab/a"), model("lab/", "no key"), model("lab/b")]);
  expect(choices.map(({ id, label }) => [id, label])).toEqual([
    ["lab/a", "LAB/A"],
    ["lab/b", "LAB/B"],
    ["hand", "By hand"],
  ]);
});

test("without a model there is nothing to choose: the engine does what needs none, and says what does", () => {
  expect(implementerChoices([operators, model("lab/", "no key")])).toEqual([]);
});
