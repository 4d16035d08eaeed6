/** Reads a log by byte ranges: its end, what came since, and what lies before or after the part that is shown. */
import { append, type LogWindow, prepend, windowOf } from "./log-window.ts";
import type { LogSlice } from "./run.ts";

/** At most `limit` bytes of a log from byte `from` on. */
export type ReadLog = (from: number, limit: number) => Promise<LogSlice>;

/** Readings in which a log is caught up with, before it has time to grow on. */
const AT_ONCE = 4;

/** The last `bytes` of a log: one reading of a short log, two of a long one. */
export async function readEnd(read: ReadLog, bytes: number): Promise<LogWindow> {
  const start = await read(0, bytes);
  return windowOf(start.size <= bytes ? start : await read(start.size - bytes, bytes));
}

/**
 * What a window at a log's end has become since. Only new bytes are read; of those of a log that grows faster than it is read, the last
 * `bytes`. A log that is shorter than it was has been written anew and is read as a new one.
 */
export async function advance(window: LogWindow, read: ReadLog, bytes: number): Promise<LogWindow> {
  let now = window;
  for (let reading = 0; reading < AT_ONCE; reading++) {
    const slice = await read(now.next, bytes);
    if (slice.size < now.next) return readEnd(read, bytes);
    if (slice.size - slice.next > bytes) return windowOf(await read(slice.size - bytes, bytes));
    now = append(now, slice);
    if (slice.text === "" || slice.next >= slice.size) break;
  }
  return now;
}

/** The window with at most `bytes` more before it. */
export async function readEarlier(window: LogWindow, read: ReadLog, bytes: number): Promise<LogWindow> {
  const from = Math.max(0, window.from - bytes);
  return from === window.from ? window : prepend(window, await read(from, window.from - from));
}

/** The window with at most `bytes` more after it. */
export async function readLater(window: LogWindow, read: ReadLog, bytes: number): Promise<LogWindow> {
  return append(window, await read(window.next, bytes));
}
