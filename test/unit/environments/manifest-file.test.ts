import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readManifest } from "../../../extension/engine/environments/manifest-file.ts";

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
    expect(reading).toMatchObject({ ok: true, manifest: { metric: { select: "last" }, seed: { default: 0 }, resources: { gpus: 0 } } });
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
