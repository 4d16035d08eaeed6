/** What runs would take before they are queued, in words, the same in the editor and in the terminal. Pure. */
import { counted, durationText, roughly } from "./format.ts";
import type { RunsForecast } from "./search.ts";

/** Hours from which on a human is asked before runs are queued: GPU hours, or hours of runs where they need no GPU. */
const WORTH_ASKING = 1;

/**
 * `12 runs × 8 GPUs × 25 min = 40 GPU h, done about 04:10`; without GPUs `12 runs × 25 min = 5 h of runs, done about 04:10`.
 * @param now milliseconds since 1970
 * @param clock a moment as the user's own settings write it
 */
export function runsForecastText(
  { runs, gpus, each, hours, seconds }: RunsForecast,
  now: number,
  clock: (milliseconds: number) => string,
): string {
  const factors = [counted(runs, "run"), ...(gpus > 0 ? [counted(gpus, "GPU")] : [])];
  if (each === null || hours === null || seconds === null)
    return `${factors.join(" × ")}; how long one takes is not known before the first`;
  const product = gpus > 0 ? `${roughly(hours)} GPU h` : `${durationText(hours * 3600)} of runs`;
  return `${[...factors, durationText(each)].join(" × ")} = ${product}, done about ${clock(now + seconds * 1000)}`;
}

/** Whether runs are worth a question before they are queued: they take more than an hour in all, or something stands against them. */
export function worthAsking(forecasts: readonly Pick<RunsForecast, "hours" | "warnings">[]): boolean {
  const hours = forecasts.reduce((sum, forecast) => sum + (forecast.hours ?? 0), 0);
  return hours > WORTH_ASKING || forecasts.some(({ warnings }) => warnings.length > 0);
}
