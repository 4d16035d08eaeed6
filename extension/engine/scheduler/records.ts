/** Reads back what runs wrote: logs and curves, of runs under way and of ended ones. */
import path from "node:path";
import type { Curve, LogSlice } from "../../protocol/run.ts";
import type { Compute, JobRef } from "../compute/compute.ts";
import { metricFile, readInto } from "./follow.ts";
import { logSlice } from "./log.ts";
import { MetricReader } from "./metric.ts";
import { readPlan } from "./plan.ts";

const LOG_END = 8192;

export class Records {
  readonly #computeOf: (run: number) => Compute;
  readonly #folder: string;

  /**
   * @param computeOf where a run's files are now: its target while it is under way, this machine once they were brought back
   * @param folder the lab's state folder
   */
  constructor(computeOf: (run: number) => Compute, folder: string) {
    this.#computeOf = computeOf;
    this.#folder = folder;
  }

  /** Where a run's job is found. */
  ref(run: number): JobRef {
    return { id: String(run), directory: path.join(this.#folder, "runs", String(run)) };
  }

  /**
   * At most `limit` bytes of a run's log from byte `from` on, no character cut in two.
   * @param final whether the log will not grow any more
   */
  async log(run: number, from: number, limit: number, final: boolean): Promise<LogSlice> {
    return logSlice(await this.#computeOf(run).tail(this.ref(run), from, limit), final);
  }

  /** The last few KiB of a run's log. */
  async logEnd(run: number): Promise<string> {
    const compute = this.#computeOf(run);
    const { size } = await compute.tail(this.ref(run), 0, 0);
    const { bytes } = await compute.tail(this.ref(run), Math.max(0, size - LOG_END), LOG_END);
    return new TextDecoder().decode(bytes);
  }

  /** Readings of a run, thinned to at most some two thousand; none where it never began. */
  async curve(run: number): Promise<Curve> {
    const ref = this.ref(run);
    const plan = await readPlan(ref.directory);
    if (plan === null) return { run, axis: "reading", x: [], values: [] };
    const reader = new MetricReader(plan.metric);
    await readInto(reader, this.#computeOf(run), ref, metricFile(plan.metric), 0);
    reader.finish();
    return reader.curve(run);
  }
}
