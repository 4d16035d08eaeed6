import { describe, expect, it } from "vitest";
import { knobLine, knobsIn } from "../../../extension/engine/environments/knob-lines.ts";
import type { Knob } from "../../../extension/protocol/manifest.ts";

const place = "^X = (.+)$";
const knobs: Knob[] = [
  {
    name: "rate",
    title: "Rate",
    file: "train.py",
    place,
    kind: "hyper-parameter",
    range: { min: 0.01, max: 1, scale: "log", integer: false },
    when: {},
    why: {},
  },
  {
    name: "width",
    title: "Width",
    file: "train.py",
    place,
    kind: "hyper-parameter",
    range: { min: 8, max: 64, scale: "linear", integer: true },
    when: {},
    why: {},
  },
  { name: "optimizer", title: "Optimizer", file: "train.py", place, kind: "algorithmic", choices: ["sgd", "adam"], when: {}, why: {} },
  { name: "nesterov", title: "Nesterov", file: "train.py", place, kind: "algorithmic", choices: [true, false], when: {}, why: {} },
];

describe("planned changes that are knob settings", () => {
  it("are read back as they were printed", () => {
    const lines = [
      knobLine("rate", 0.1, 0.3),
      knobLine("width", null, 32),
      knobLine("optimizer", "sgd", "adam"),
      knobLine("nesterov", false, true),
    ];
    expect(knobsIn(lines.join("\n"), knobs)).toEqual({ rate: 0.3, width: 32, optimizer: "adam", nesterov: true });
  });

  it("may be written freely by hand", () => {
    expect(knobsIn("* rate = 0.5\n\n- `optimizer`: `Adam`", knobs)).toEqual({ rate: 0.5, optimizer: "adam" });
  });

  it("are words, not settings, as soon as anything else is said", () => {
    expect(knobsIn("", knobs)).toBeNull();
    expect(knobsIn("- `rate`: 0.5\nand then decay it", knobs)).toBeNull();
    expect(knobsIn("- depth: 3", knobs)).toBeNull();
  });

  it.each([
    ["- rate: 7", "rate cannot be 7"],
    ["- width: 8.5", "width cannot be 8.5"],
    ["- optimizer: lion", "optimizer cannot be lion"],
  ])("are refused with what is allowed: %s", (line, message) => {
    expect(() => knobsIn(line, knobs)).toThrow(message);
  });
});
