/** Reads along with a run: its metric as it grows, a few times a second at most. */
import type { Compute, JobFile, JobRef } from "../compute/compute.ts";
import type { After } from "./clock.ts";
import { MetricReader, type MetricSettings } from "./metric.ts";

const PIECE = 1 << 18;
/** Milliseconds between two looks at a growing file. */
export const QUIET = 250;

export interface FollowOptions {
  compute: Compute;
  ref: JobRef;
  settings: MetricSettings;
  after: After;
  /** A new reading is there. */
  changed: (reader: MetricReader) => void;
  /** The job may be over. */
  over: () => void;
  failed: (cause: unknown) => void;
}

export class Follow {
  readonly reader: MetricReader;
  readonly #options: FollowOptions;
  readonly #file: JobFile;
  #offset = 0;
  #stop: () => void;
  #timer: (() => void) | null = null;
  /** The file changed since it was last looked at. */
  #stale = false;
  #reading: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: FollowOptions) {
    this.#options = options;
    this.reader = new MetricReader(options.settings);
    this.#file = metricFile(options.settings);
    this.#stop = () => undefined;
    const stop = options.compute.watch?.(options.ref, [this.#file], (what) => (what === "state" ? options.over() : this.look()));
    this.#stop = stop ?? this.#stop;
  }

  /** Looks at the file now, or soon where it was looked at just before. */
  look(): void {
    this.#stale = true;
    if (this.#timer !== null || this.#closed) return;
    this.#stale = false;
    this.#timer = this.#options.after(QUIET, () => {
      this.#timer = null;
      if (this.#stale) this.look();
    });
    this.#advance()
      .then((found) => {
        if (found > 0 && !this.#closed) this.#options.changed(this.reader);
      })
      .catch(this.#options.failed);
  }

  /** Reads what is left and stops following. */
  async finish(): Promise<MetricReader> {
    this.close();
    await this.#advance();
    this.reader.finish();
    return this.reader;
  }

  close(): void {
    this.#closed = true;
    this.#stop();
    this.#timer?.();
    this.#timer = null;
  }

  /** One reader of the file at a time. @returns new readings */
  #advance(): Promise<number> {
    const before = this.reader.count;
    this.#reading = this.#reading.then(async () => {
      this.#offset = await readInto(this.reader, this.#options.compute, this.#options.ref, this.#file, this.#offset);
    });
    return this.#reading.then(() => this.reader.count - before);
  }
}

/** The file in which a metric is found. */
export function metricFile(settings: MetricSettings): JobFile {
  return "log" in settings.from ? "stdout.log" : "metrics.jsonl";
}

/** Feeds a reader with a file from an offset to its present end, piece by piece. @returns the new offset */
export async function readInto(reader: MetricReader, compute: Compute, ref: JobRef, file: JobFile, from: number): Promise<number> {
  for (let offset = from; ;) {
    const { bytes } = await compute.tail(ref, offset, PIECE, file);
    if (bytes.length === 0) return offset;
    reader.feed(bytes);
    offset += bytes.length;
    if (bytes.length < PIECE) return offset;
  }
}
