/** Reads a run's metric as it is written, and keeps of all readings only what counts and a curve of bounded size. Pure. */
import type { Manifest } from "../../protocol/manifest.ts";
import type { Curve, LiveReading } from "../../protocol/run.ts";
import { Lines } from "./lines.ts";

export type MetricSettings = Manifest["metric"];

/** One reading; `value` may be NaN or infinite, as it was written. */
export interface Reading {
  value: number;
  step: number | null;
  seconds: number | null;
}

/** Points a curve keeps at most; beyond, every second one is given up, again and again. */
const MOST_POINTS = 2000;

export class MetricReader {
  readonly #settings: MetricSettings;
  readonly #lines = new Lines();
  readonly #pattern: RegExp | null;
  #count = 0;
  #last: Reading | null = null;
  #best: Reading | null = null;
  #stride = 1;
  #points: (Reading & { number: number })[] = [];
  #everyStep = true;
  #everySecond = true;

  constructor(settings: MetricSettings) {
    this.#settings = settings;
    this.#pattern = "log" in settings.from ? new RegExp(settings.from.log) : null;
  }

  /** @returns how many readings were in these bytes */
  feed(bytes: Uint8Array): number {
    return this.#take(this.#lines.feed(bytes));
  }

  /** To be called when no more bytes will come. */
  finish(): number {
    return this.#take(this.#lines.finish());
  }

  get count(): number {
    return this.#count;
  }

  /** The reading that counts by the manifest's `select`; null before the first. The best is the best finite one, if there is any. */
  get selected(): Reading | null {
    return this.#settings.select === "best" ? (this.#best ?? this.#last) : this.#last;
  }

  /** Newest reading, for showing; a value that is not finite shows as none. */
  get live(): LiveReading {
    const { value, step, seconds } = this.#last ?? { value: null, step: null, seconds: null };
    return { value: value === null || !Number.isFinite(value) ? null : value, step, seconds };
  }

  /** Finite readings over the best axis that every reading has. */
  curve(run: number): Curve {
    const last = this.#last;
    const points = [...this.#points];
    if (last !== null && points.at(-1)?.number !== this.#count) points.push({ ...last, number: this.#count });
    const finite = points.filter((point) => Number.isFinite(point.value));
    const axis = this.#everySecond ? "seconds" : this.#everyStep ? "step" : "reading";
    const x = finite.map((point) => (axis === "seconds" ? point.seconds : axis === "step" ? point.step : null) ?? point.number);
    return { run, axis: this.#count === 0 ? "reading" : axis, x, values: finite.map((point) => point.value) };
  }

  #take(lines: string[]): number {
    const before = this.#count;
    for (const line of lines) {
      const reading = this.#pattern === null ? this.#fromJson(line) : fromLog(line, this.#pattern);
      if (reading !== null) this.#add(reading);
    }
    return this.#count - before;
  }

  #add(reading: Reading): void {
    this.#count++;
    this.#last = reading;
    if (Number.isFinite(reading.value) && (this.#best === null || this.#better(reading.value, this.#best.value))) this.#best = reading;
    this.#everyStep &&= reading.step !== null;
    this.#everySecond &&= reading.seconds !== null;
    if ((this.#count - 1) % this.#stride !== 0) return;
    this.#points.push({ ...reading, number: this.#count });
    if (this.#points.length < MOST_POINTS) return;
    this.#points = this.#points.filter((_, index) => index % 2 === 0);
    this.#stride *= 2;
  }

  #better(value: number, than: number): boolean {
    return this.#settings.direction === "minimize" ? value < than : value > than;
  }

  #fromJson(line: string): Reading | null {
    const { from } = this.#settings;
    if (!("metrics" in from)) return null;
    const entry = parseMetrics(line);
    const value = entry === null ? null : numberOf(entry[from.metrics]);
    if (entry === null || value === null) return null;
    return { value, step: finite(entry.step), seconds: finite(entry.seconds) };
  }
}

const NOT_JSON = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;

/**
 * One line of metrics.jsonl.
 * @returns its entries, with `NaN` and `Infinity` as Python's json writes them kept as words; null for a line that is not an object
 */
export function parseMetrics(line: string): Record<string, unknown> | null {
  for (const text of [line, line.replace(NOT_JSON, (token) => (token.startsWith('"') ? token : `"${token}"`))]) {
    try {
      const value: unknown = JSON.parse(text);
      return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
    } catch {
      // Half a line, or words that only Python's json knows.
    }
  }
  return null;
}

function fromLog(line: string, pattern: RegExp): Reading | null {
  const text = pattern.exec(line)?.[1]?.trim();
  if (text === undefined || text === "") return null;
  const value = /^[+-]?nan$/i.test(text)
    ? NaN
    : /^[+-]?inf(inity)?$/i.test(text)
      ? text.startsWith("-")
        ? -Infinity
        : Infinity
      : Number(text);
  if (Number.isNaN(value) && !/nan/i.test(text)) return null;
  return { value, step: null, seconds: null };
}

function numberOf(value: unknown): number | null {
  if (typeof value === "number") return value;
  if (value === null) return null;
  return value === "NaN" || value === "Infinity" || value === "-Infinity" ? Number(value) : null;
}

function finite(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
