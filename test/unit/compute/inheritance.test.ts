import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { inheritable, inheritancePatterns, type Purpose } from "../../../extension/engine/compute/inheritance.ts";

const NAMES = [
  ...["PATH", "PATHS", "HOME", "LC_ALL", "LC_", "CUDA_HOME", "CUDA_API_KEY", "SLURM_JOB_ID", "SLURM_JWT", "slurm_job_id", "MASTER_ADDR"],
  ...[
    "HTTPS_PROXY",
    "https_proxy",
    "PIP_INDEX_URL",
    "PIP_Password",
    "UV_PYTHON_INSTALL_DIR",
    "CONDA_PREFIX",
    "OMP_token",
    "HF_HOME",
    "HF_TOKEN",
  ],
];

for (const purpose of ["run", "setup"] as const) {
  test(`the shell lets the same names through as the engine (${purpose})`, () => {
    expect(inShell(NAMES, purpose)).toEqual(NAMES.filter((name) => inheritable(name, purpose)));
    const word = fc.constantFrom("A", "KEY", "key", "TOKEN", "Auth", "_", "OMP_", "NCCL_", "PIP_", "PATH", "XDG_", "cookie", "7");
    const names = fc.uniqueArray(
      fc.tuple(word, word, word).map((words) => words.join("")),
      { minLength: 40, maxLength: 40 },
    );
    fc.assert(
      fc.property(names, (some) => {
        const valid = some.filter((name) => /^[A-Za-z_]\w*$/.test(name));
        expect(inShell(valid, purpose)).toEqual(valid.filter((name) => inheritable(name, purpose)));
      }),
      { numRuns: 10 },
    );
  });
}

test("a run may know where its figures are followed, and no key to that", () => {
  for (const name of ["WANDB_MODE", "WANDB_PROJECT", "MLFLOW_TRACKING_URI", "TENSORBOARD_DIR"]) expect(inheritable(name, "run")).toBe(true);
  for (const name of ["WANDB_API_KEY", "MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_PASSWORD"]) expect(inheritable(name, "run")).toBe(false);
});

test("names that are no shell's are never inherited", () => {
  for (const name of ["BASH_FUNC_x%%", "LC_\nPATH", "", "OMP_a-b", "7"]) expect(inheritable(name, "setup")).toBe(false);
});

function inShell(names: readonly string[], purpose: Purpose): string[] {
  const { secret, allowed } = inheritancePatterns(purpose);
  const script = `for name; do case $name in ${secret}) continue ;; esac; case $name in ${allowed}) printf '%s\\n' "$name" ;; esac; done`;
  return execFileSync("sh", ["-c", script, "sh", ...names], { encoding: "utf8" })
    .split("\n")
    .filter(Boolean);
}
