import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { manifestNamed, readManifest } from "../../../extension/engine/environments/manifest-file.ts";

const VALID = `name: tiny
title: Tiny
objective: Lower the loss.
metric:
  name: val_loss
  direction: minimize
  from: { metrics: val_loss }
files:
  context: [train.py]
  editable: [train.py]
run: { command: python train.py }
resources: { timeout: 60 }
seed: { variable: SEED }
`;

function problems(text: string) {
  const reading = readManifest(text, "envs/tiny/environment.yaml");
  return reading.ok ? [] : reading.problems.map((problem) => [problem.message, problem.hint]);
}

describe("environment.yaml", () => {
  it("is accepted when it is complete, with defaults filled in", () => {
    const reading = readManifest(VALID, "environment.yaml");
    expect(reading).toMatchObject({ ok: true, manifests: [{ metric: { select: "last" }, seed: { default: 0 }, resources: { gpus: 0 } }] });
  });

  it("the example's is accepted", () => {
    const reading = readManifest(
      readFileSync(new URL("../../../envs/tinylm/environment.yaml", import.meta.url), "utf8"),
      "environment.yaml",
    );
    expect(reading.ok).toBe(true);
  });

  it("says which knob a condition names that there is not", () => {
    const knob = `knobs:
  - { name: rate, title: rate, file: train.py, place: "^RATE = (.+)$", kind: hyper-parameter, range: { min: 0, max: 1 }, when: { optimiser: [adam] } }
`;
    expect(problems(VALID + knob)).toEqual([
      ["envs/tiny/environment.yaml:15:141: `knobs.0.when.optimiser` names no knob of this environment", expect.anything()],
    ]);
  });

  it("with a typo names the place and the word that was meant", () => {
    expect(problems(VALID.replace("direction:", "dirction:"))).toEqual(
      expect.arrayContaining([["envs/tiny/environment.yaml:6:3: unknown key `dirction` in `metric`", "Did you mean `direction`?"]]),
    );
  });

  it("with a wrong value names what is allowed", () => {
    expect(problems(VALID.replace("minimize", "down"))).toEqual([
      ["envs/tiny/environment.yaml:6:14: `metric.direction` must be minimize or maximize", expect.any(String)],
    ]);
  });

  it("without a key says which is missing and where", () => {
    expect(problems(VALID.replace("run: { command: python train.py }\n", ""))).toEqual([
      ["envs/tiny/environment.yaml:1:1: `run` is missing", expect.stringContaining("must be object")],
    ]);
  });

  it("with a file outside its folder is refused", () => {
    expect(problems(VALID.replace("editable: [train.py]", "editable: [../train.py]"))[0]?.[0]).toContain("must be a path inside");
  });

  it("with a pattern that has no group is refused", () => {
    expect(problems(VALID.replace("{ metrics: val_loss }", "{ log: 'loss .*' }"))[0]?.[0]).toContain("one capture group");
  });

  it("that is no YAML says where", () => {
    expect(problems("name: [tiny\ntitle: x")[0]?.[0]).toMatch(/^envs\/tiny\/environment\.yaml:\d+:\d+: not valid YAML/);
  });
});

describe("variants", () => {
  const variants = (text: string) => `${VALID}variants:\n${text}`;
  const read = (text: string) => {
    const reading = readManifest(variants(text), "environment.yaml");
    if (!reading.ok) throw new Error(reading.problems.map(({ message }) => message).join("\n"));
    return reading.manifests;
  };

  it("are environments of their own, in the order of the file, and the file none besides", () => {
    const [small, large, ...others] = read(
      "  small: {}\n  large-8gpu: { title: Large, resources: { gpus: 8 }, files: { context: [train.py, model.py] } }\n",
    );
    expect(others).toEqual([]);
    expect(small).toMatchObject({ name: "tiny-small", title: "Tiny", resources: { gpus: 0, timeout: 60 } });
    // Maps are merged, lists and values replaced.
    expect(large).toMatchObject({ name: "tiny-large-8gpu", title: "Large", resources: { gpus: 8, timeout: 60 } });
    expect(large?.files).toMatchObject({ context: ["train.py", "model.py"], editable: ["train.py"] });
    expect(small).not.toHaveProperty("variants");
  });

  it("with a mistake say where in the variant it is", () => {
    expect(problems(variants("  small: {}\n  large: { resources: { gpu: 8 } }\n"))).toEqual([
      ["envs/tiny/environment.yaml:16:25: unknown key `gpu` in `variants.large.resources`", "Did you mean `gpus`?"],
    ]);
    expect(problems(variants("  large: { resources: { gpus: many } }\n"))[0]?.[0]).toMatch(
      /:15:31: `variants\.large\.resources\.gpus` must be/,
    );
    expect(problems(variants("  large: { name: big }\n"))).toEqual([
      ["envs/tiny/environment.yaml:15:12: `variants.large` may not have a `name`", "It is called tiny-large: remove the line."],
    ]);
    expect(problems(variants("  Large: {}\n"))[0]?.[0]).toContain("lower case letters");
    expect(problems(`${VALID}variants: {}\n`)[0]?.[0]).toContain("must name at least one variant");
  });

  it("are found by name; a file that has one environment answers for whatever it was called", () => {
    const both = read("  small: {}\n  large: {}\n");
    expect(manifestNamed(both, "tiny-large")?.name).toBe("tiny-large");
    expect(manifestNamed(both, "tiny")).toBeUndefined();
    expect(manifestNamed(both.slice(0, 1), "renamed")?.name).toBe("tiny-small");
  });
});
