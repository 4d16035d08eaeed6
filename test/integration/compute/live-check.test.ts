import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Compute } from "../../../extension/engine/compute/compute.ts";
import { liveCheck } from "../../../extension/engine/compute/live-check.ts";
import type { CheckStep } from "../../../extension/protocol/target.ts";
import { host } from "./ssh-host.ts";

describe("the live check", () => {
  const steps = async (compute: Compute, prelude = "") => {
    const reports: CheckStep[] = [];
    const { ok: well, steps: told } = await liveCheck({
      compute,
      id: "check-1",
      prelude,
      containment: null,
      variables: {},
      tell: (report) => reports.push(report),
    });
    expect(told).toEqual(reports);
    return { well, reports };
  };

  test("tries everything in order and leaves nothing behind", async () => {
    const { far, compute } = await host();
    const { well, reports } = await steps(compute);
    expect(reports.map(({ step, ok }) => [step, ok])).toEqual(
      ["reach", "gpus", "disk", "write", "run", "python", "results"].map((step) => [step, true]),
    );
    expect(well).toBe(true);
    const detail = Object.fromEntries(reports.map((report) => [report.step, report.detail]));
    expect(detail).toMatchObject({ gpus: "none: runs use the processors", write: join(far, "lab-1/check-1"), results: "came back whole" });
    expect(detail.python).toMatch(/^Python 3\.\d/);
    expect(readdirSync(join(far, "lab-1"))).toEqual([]);
  });

  test("stops where the host cannot be reached, and says what to do", async () => {
    const { sshd, compute } = await host();
    sshd.kill();
    const { well, reports } = await steps(compute);
    expect(well).toBe(false);
    expect(reports).toMatchObject([{ step: "reach", ok: false, detail: expect.stringMatching(/refused\. Jobs there go on/) }]);
  });

  test("says that the folder for jobs cannot be made", async () => {
    const { compute } = await host({ directory: "/dev/null/jobs" });
    const { reports } = await steps(compute);
    expect(reports).toMatchObject([{ step: "reach", ok: false, detail: expect.stringMatching(/gpu-box: mkdir: .*Not a directory/) }]);
  });
});
