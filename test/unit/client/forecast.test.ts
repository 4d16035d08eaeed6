import { expect, test } from "vitest";
import { forecastText } from "../../../extension/client/sidebar/forecast.ts";
import { environmentFixture, labFixture, targetFixture } from "../../fixtures/lab.ts";

const cpu = environmentFixture();
const gpu = { ...cpu, manifest: { ...cpu.manifest, resources: { ...cpu.manifest.resources, gpus: 1 } } };
const on = (...targets: Parameters<typeof targetFixture>[0][]) => ({ ...labFixture(0), runs: [], targets: targets.map(targetFixture) });

test("what ideas take goes by the budget and the places that are there", () => {
  expect(forecastText(4, cpu, on({}), null)).toBe("about 16 s of runs on 2 slots");
  expect(forecastText(4, cpu, on({ drained: true }), null)).toBe("");
});

test("runs that need GPUs count on those who have some, and it is said when nobody does", () => {
  expect(forecastText(4, gpu, on({}), null)).toBe("a run needs 1 GPU, and no target has one");
  expect(forecastText(4, gpu, on({}, { name: "box", type: "ssh", kind: "gpu", slots: 4 }), null)).toBe("about 8 s of runs on 4 slots");
  // What a cluster has, its own scheduler knows.
  expect(forecastText(4, gpu, on({ name: "cluster", type: "slurm", slots: 1 }), null)).toBe("about 32 s of runs on 1 slot");
});
