import { describe, expect, it } from "vitest";
import { readKnob, writeKnob } from "../../../extension/engine/environments/knobs.ts";
import type { Knob } from "../../../extension/protocol/manifest.ts";

const CODE = `OPTIMIZER = "sgd"  # which\nRATE = 1_0.5\nWIDTH = 32\r\nTIED = True\nRATE_END = 3\n`;
const knob = (place: string, more: Partial<Knob> = {}): Knob => ({
  name: "x",
  title: "X",
  file: "train.py",
  place,
  kind: "hyper-parameter",
  when: {},
  why: {},
  ...more,
});

describe("a knob's value", () => {
  it("is read as the manifest would write it", () => {
    expect(readKnob(CODE, knob('^OPTIMIZER = "(\\w+)"', { choices: ["sgd", "adam"] }))).toBe("sgd");
    expect(readKnob(CODE, knob("^OPTIMIZER = (\\S+)", { choices: ["sgd", "adam"] }))).toBe("sgd");
    expect(readKnob(CODE, knob("^RATE = (\\S+)$"))).toBe(10.5);
    expect(readKnob(CODE, knob("^TIED = (\\w+)$", { choices: [true, false] }))).toBe(true);
  });

  it("is written with nothing else touched, in the quotes and line ends that were there", () => {
    expect(writeKnob(CODE, knob("^OPTIMIZER = (\\S+)"), "adam")).toBe(CODE.replace('"sgd"', '"adam"'));
    expect(writeKnob(CODE, knob('^OPTIMIZER = "(\\w+)"'), "adam")).toBe(CODE.replace('"sgd"', '"adam"'));
    expect(writeKnob(CODE, knob("^WIDTH = (\\d+)"), 64)).toBe(CODE.replace("32", "64"));
    expect(writeKnob(CODE, knob("^TIED = (\\w+)$"), false)).toBe(CODE.replace("True", "False"));
  });

  it("has one place, or none that can be edited", () => {
    expect(() => readKnob(CODE, knob("^RATE(?:_END)? = (\\S+)$"))).toThrow("matches 2 times in train.py");
    expect(() => writeKnob(CODE, knob("^DEPTH = (\\d+)"), 3)).toThrow("matches nowhere in train.py");
  });
});
