/** Which changes count as hyper-parameters: only other literals in assignments that were there. */
import { expect, test } from "vitest";
import { kindOf } from "../../../extension/engine/implementer/kind.ts";
import type { Knob } from "../../../extension/protocol/manifest.ts";

const CODE = 'LR = 1e-3  # rate\nNORM = "none"\nself.decay: float = 0.1\nmodel = Net(width=64, bias=True)\nif x == 3:\n    step(0.5)\n';
const NORM: Knob = {
  name: "norm",
  title: "norm",
  file: "train.py",
  place: '^NORM = "(.*)"$',
  kind: "algorithmic",
  choices: ["none", "rms"],
  when: {},
  why: {},
};

test.each([
  ["another number", CODE.replace("1e-3", "3e-4"), "hyper-parameter"],
  ["a negative number and a comment", CODE.replace("1e-3  # rate", "-2  # turned"), "hyper-parameter"],
  ["another truth value in a call that is assigned", CODE.replace("bias=True", "bias=False"), "hyper-parameter"],
  ["several settings at once", CODE.replace("0.1", "0.2").replace("64", "128"), "hyper-parameter"],
  ["a comment alone beside a setting", CODE.replace("0.1", "0.2").replace("LR", "# faster\nLR"), "hyper-parameter"],
  ["a new line", `${CODE}x = 1\n`, "algorithmic"],
  ["a removed line", CODE.replace("LR = 1e-3  # rate\n", ""), "algorithmic"],
  ["another name", CODE.replace("Net(", "WideNet("), "algorithmic"],
  ["an expression in place of a number", CODE.replace("0.1", "0.1 * 2"), "algorithmic"],
  ["a number in a condition", CODE.replace("== 3", "== 4"), "algorithmic"],
  ["a number in a statement that assigns nothing", CODE.replace("step(0.5)", "step(0.7)"), "algorithmic"],
  ["a knob that the manifest calls algorithmic", CODE.replace("none", "rms"), "algorithmic"],
])("%s", (_, after, kind) => {
  expect(kindOf([{ path: "train.py", before: CODE, after }], [NORM])).toBe(kind);
});

test("new and deleted files are algorithmic", () => {
  expect(kindOf([{ path: "new.py", before: null, after: "x = 1\n" }], [])).toBe("algorithmic");
  expect(kindOf([{ path: "old.py", before: "x = 1\n", after: null }], [])).toBe("algorithmic");
});
