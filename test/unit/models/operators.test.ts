import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { knobLine, knobsIn } from "../../../extension/engine/environments/knob-lines.ts";
import type { OperatorRequest } from "../../../extension/engine/models/operators.ts";
import { proposeByOperators } from "../../../extension/engine/models/operators.ts";
import { type Assignment, fingerprint, sameValue } from "../../../extension/engine/models/knob-values.ts";
import { Tried } from "../../../extension/engine/models/tried.ts";
import { Random } from "../../../extension/engine/models/random.ts";
import { Knob } from "../../../extension/protocol/manifest.ts";

const place = "^X = (.+)$";
const common = { file: "train.py", place };
const KNOBS = [
  {
    ...common,
    name: "optimizer",
    title: "optimizer",
    kind: "algorithmic",
    choices: ["sgd", "momentum", "adam"],
    why: { adam: "Each weight gets a step of its own size." },
  },
  {
    ...common,
    name: "rate",
    title: "peak learning rate, of all layers",
    kind: "hyper-parameter",
    range: { min: 0.01, max: 10, scale: "log" },
    why: { higher: "The loss still falls at the end.", lower: "The loss jumps about." },
  },
  { ...common, name: "depth", title: "depth", kind: "hyper-parameter", range: { min: 1, max: 4, integer: true } },
  { ...common, name: "decay", title: "decay", kind: "hyper-parameter", range: { min: 0.5, max: 0.99 } },
  { ...common, name: "tied", title: "tied embeddings", kind: "algorithmic", choices: [false, true] },
].map((knob) => Knob.parse(knob));
const BASELINE = { optimizer: "sgd", rate: 0.5, depth: 1, decay: 0.9, tied: false };

const triedOf = (...all: Assignment[]) => {
  const tried = new Tried(KNOBS, BASELINE);
  for (const values of all) tried.add(values);
  return tried;
};
const ask = (more: Partial<OperatorRequest> = {}): OperatorRequest => ({
  knobs: KNOBS,
  baseline: BASELINE,
  base: null,
  parents: [],
  count: 6,
  tried: triedOf(),
  mode: "vary",
  changeLine: knobLine,
  random: new Random(1),
  ...more,
});
const ADAM = { idea: 3, title: "Adam", result: "loss 0.61", reward: -0.61, values: { ...BASELINE, optimizer: "adam", rate: 0.8 } };
const DEEP = { idea: 5, title: "Deep", result: null, reward: null, values: { ...BASELINE, depth: 3, tied: true } };

describe("operators", () => {
  it("give the same ideas for the same seed", () => {
    expect(proposeByOperators(ask())).toEqual(proposeByOperators(ask()));
    expect(proposeByOperators(ask({ random: new Random(2) }))).not.toEqual(proposeByOperators(ask()));
  });

  it("never move a knob that has no effect beside the others", () => {
    const knobs = KNOBS.map((knob) =>
      knob.name === "decay"
        ? { ...knob, when: { optimizer: ["momentum", "adam"] } }
        : knob.name === "tied"
          ? { ...knob, when: { depth: [2, 3, 4] } }
          : knob,
    );
    fc.assert(
      fc.property(
        fc.integer(),
        fc.constantFrom([], [ADAM, DEEP], [{ ...DEEP, values: { ...DEEP.values, decay: 0.6 } }]),
        (seed, parents) => {
          const { ideas } = proposeByOperators(ask({ knobs, parents, random: new Random(seed) }));
          expect(ideas).toHaveLength(6);
          for (const { values, knobs: set, text } of ideas) {
            if (values.optimizer === "sgd") expect(set).not.toHaveProperty("decay");
            if (values.depth === 1) expect(set).not.toHaveProperty("tied");
            for (const knob of knobs) expect(text.changes.includes(`\`${knob.name}\``)).toBe(knob.name in set);
          }
        },
      ),
    );
  });

  it("never repeat a combination, stay inside ranges and choices, and say what they set", () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom("vary", "explore", "random"), fc.constantFrom(null, 3), (seed, mode, base) => {
        const parents = base === null ? [] : [ADAM, DEEP];
        const tried = [{ ...BASELINE, depth: 2 }];
        const { ideas } = proposeByOperators(ask({ random: new Random(seed), count: 10, mode, base, parents, tried: triedOf(...tried) }));
        expect(ideas).toHaveLength(10);
        const all = [BASELINE, ...tried, ...parents.map(({ values }) => values), ...ideas.map(({ values }) => values)];
        expect(new Set(all.map((values) => fingerprint(KNOBS, values))).size).toBe(all.length);
        const start: Record<string, unknown> = base === null ? BASELINE : ADAM.values;
        for (const { knobs, values, text, kind, parents: from } of ideas) {
          expect({ ...start, ...knobs }).toEqual(values);
          for (const knob of KNOBS) {
            const value = values[knob.name]!;
            if (knob.choices) expect(knob.choices.some((choice) => sameValue(choice, value))).toBe(true);
            if (knob.range) expect(Number(value) >= knob.range.min && Number(value) <= knob.range.max).toBe(true);
            if (knob.range?.integer) expect(Number.isInteger(value)).toBe(true);
          }
          // A human who edits the idea's Markdown starts from lines that mean the same.
          expect(knobsIn(text.changes, KNOBS)).toEqual(knobs);
          const algorithmic = Object.keys(knobs).some((name) => KNOBS.find((knob) => knob.name === name)!.kind === "algorithmic");
          expect(kind).toBe(algorithmic ? "algorithmic" : "hyper-parameter");
          expect(from.every((id) => parents.some(({ idea }) => idea === id))).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("name an idea by its intent and give the manifest's reason", () => {
    const ideas = proposeByOperators(ask({ count: 40 })).ideas.map(({ text }) => text);
    const adam = ideas.find(({ title }) => title === "Optimizer adam instead of sgd");
    expect(adam?.description).toContain("Each weight gets a step of its own size.");
    expect(adam?.changes).toBe("- `optimizer`: sgd → adam");
    const rate = ideas.find(({ title }) => /^Peak learning rate 0\.5 → \S+$/.test(title));
    expect(rate?.description).toMatch(/The loss still falls at the end\.|The loss jumps about\./);
    expect(ideas.some(({ title }) => title.includes("ied embeddings on"))).toBe(true);
  });

  it("round numbers as a person would", () => {
    const rates = proposeByOperators(ask({ count: 60 })).ideas.flatMap(({ knobs }) =>
      knobs.rate === undefined ? [] : [String(knobs.rate)],
    );
    expect(rates.length).toBeGreaterThan(5);
    for (const rate of rates) expect(rate).toMatch(/^(\d{1,2}|0\.0?\d{1,2}|\d\.\d|0\.0\d\d)$/);
  });

  it("combine what two parents changed and say which part is whose", () => {
    const { ideas } = proposeByOperators(ask({ base: 3, parents: [ADAM, DEEP], count: 20 }));
    const crossed = ideas.filter(({ parents }) => parents.length === 2);
    expect(crossed.length).toBeGreaterThan(3);
    for (const { text, values, parents } of crossed) {
      expect(parents).toEqual([3, 5]);
      expect(text.title).toMatch(/\(#3 × #5\)$/);
      expect(text.description).toContain("Combines what #3 “Adam” (loss 0.61) and #5 “Deep” changed");
      const fromAdam = values.optimizer === "adam" || values.rate === 0.8;
      const fromDeep = values.depth === 3 || values.tied === true;
      // A mutation on top may move one of them once more.
      expect([fromAdam, fromDeep]).toContain(true);
    }
    expect(crossed.some(({ text }) => text.description.includes("(from #5)"))).toBe(true);
    expect(ideas.filter(({ parents }) => parents.length === 1).every(({ text }) => text.title.endsWith("(on #3)"))).toBe(true);
  });

  it("leave out knobs that the code they are written on no longer has", () => {
    const rest = Object.fromEntries(Object.entries(ADAM.values).filter(([name]) => name !== "optimizer"));
    const { ideas } = proposeByOperators(ask({ base: 3, parents: [{ ...ADAM, values: rest }], count: 20 }));
    expect(ideas).toHaveLength(20);
    expect(ideas.some(({ knobs }) => "optimizer" in knobs)).toBe(false);
  });

  it("prefer knobs that were moved least when they explore", () => {
    const tried = Array.from({ length: 50 }, (_, index) => ({ ...BASELINE, rate: 1 + index / 100 }));
    const moves = (mode: OperatorRequest["mode"]) =>
      proposeByOperators(ask({ mode, tried: triedOf(...tried), count: 30 })).ideas.filter(({ knobs }) => "rate" in knobs).length;
    expect(moves("explore")).toBeLessThan(moves("vary") / 2);
  });

  it("give better parents more children, in proportion to a tournament of two", () => {
    const parents = Array.from({ length: 8 }, (_, index) => ({
      ...{ idea: index + 1, title: `P${index + 1}`, result: null, reward: index },
      values: { ...BASELINE, rate: 1 + index / 10 },
    }));
    const { ideas } = proposeByOperators(ask({ parents, count: 2000, knobs: [...KNOBS], random: new Random(5) }));
    const alone = ideas.filter((idea) => idea.parents.length === 1);
    const share = (id: number) => alone.filter((idea) => idea.parents[0] === id).length / alone.length;
    // The k-th best of n wins a tournament of two with probability (2(n − k) + 1) / n².
    expect(share(8)).toBeCloseTo(15 / 64, 1);
    expect(share(1)).toBeCloseTo(1 / 64, 1);
    expect(share(8)).toBeGreaterThan(share(1) * 4);
  });

  it("draw every knob anew as a control, each value as likely on its own scale", () => {
    const { ideas } = proposeByOperators(ask({ mode: "random", count: 400 }));
    const logs = ideas.map(({ values }) => Math.log10(Number(values.rate)));
    expect(logs.filter((log) => log < -0.5).length / logs.length).toBeCloseTo(0.5, 1);
    expect(ideas.filter(({ values }) => values.optimizer === "adam").length / ideas.length).toBeCloseTo(1 / 3, 1);
    expect(ideas[0]?.text.title).toMatch(/\(drawn at random\)$/);
    expect(ideas[0]?.text.description).toContain("Draws every setting anew");
  });

  it("say so when every combination was tried", () => {
    const knobs = KNOBS.filter(({ name }) => name === "tied" || name === "optimizer");
    const { ideas, note } = proposeByOperators(ask({ knobs, count: 10 }));
    expect(ideas).toHaveLength(5);
    expect(note).toMatch(/^asked for 10, made 5: no further combination/);
  });

  it("say so when there is no knob to move", () => {
    expect(proposeByOperators(ask({ baseline: {} })).note).toContain("there are none");
  });
});
