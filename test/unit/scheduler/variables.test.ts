import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allowedVariables, runVariables } from "../../../extension/engine/scheduler/variables.ts";

describe("a run's variables", () => {
  const engine = {
    ...{
      PATH: "/bin",
      HOME: "/home/me",
      LC_ALL: "C",
      CUDA_VISIBLE_DEVICES: "0",
      HTTPS_PROXY: "http://proxy",
      PIP_INDEX_URL: "https://pypi",
    },
    ...{
      OPENAI_API_KEY: "sk",
      HF_TOKEN: "hf",
      AWS_SECRET_ACCESS_KEY: "aws",
      PIP_PASSWORD: "p",
      UV_PUBLISH_TOKEN: "t",
      ELECTRON_RUN_AS_NODE: "1",
    },
    ...{ LC_KEY: "k", CONDA_TOKEN: "c", nothing: undefined },
  };

  test("are those on the list", () => {
    expect(allowedVariables(engine, "run")).toEqual({ PATH: "/bin", HOME: "/home/me", LC_ALL: "C", CUDA_VISIBLE_DEVICES: "0" });
  });

  test("a setup command sees proxies and installers' settings besides", () => {
    expect(Object.keys(allowedVariables(engine, "setup")).sort()).toEqual(
      ["PATH", "HOME", "LC_ALL", "CUDA_VISIBLE_DEVICES", "HTTPS_PROXY", "PIP_INDEX_URL"].sort(),
    );
  });

  test("never hold a key, token, secret or password, whatever its name begins with", () => {
    const part = fc.constantFrom("PIP_", "UV_", "CONDA_", "LC_", "NVIDIA_", "OMP_", "XDG_", "HF_", "");
    const word = fc.constantFrom("KEY", "TOKEN", "SECRET", "PASSWORD", "ACCESS_KEY", "ApiKey", "token");
    fc.assert(
      fc.property(
        part,
        word,
        fc.constantFrom("", "_FILE", "S"),
        fc.constantFrom("run" as const, "setup" as const),
        (head, middle, tail, purpose) => {
          expect(allowedVariables({ [head + middle + tail]: "x" }, purpose)).toEqual({});
        },
      ),
    );
  });

  test("bound its threads, unless the user did", () => {
    const seed = { variable: "SEED", value: 3 };
    const bound = runVariables({ inherited: { OMP_NUM_THREADS: "7" }, cpus: 2, devices: null, seed, setup: null });
    expect(bound).toMatchObject({ MKL_NUM_THREADS: "2", OPENBLAS_NUM_THREADS: "2", SEED: "3" });
    expect(bound).not.toHaveProperty("OMP_NUM_THREADS");
    expect(bound).not.toHaveProperty("CUDA_VISIBLE_DEVICES");
  });

  test("show it its own accelerators, and none to a run that asked for none", () => {
    const seed = { variable: "SEED", value: 0 };
    const of = (devices: number[]) => runVariables({ inherited: {}, cpus: 1, devices, seed, setup: "/s" });
    expect(of([1, 3])).toMatchObject({ CUDA_VISIBLE_DEVICES: "1,3", PROVING_GROUND_SETUP: "/s" });
    expect(of([])).toMatchObject({ CUDA_VISIBLE_DEVICES: "" });
  });
});
