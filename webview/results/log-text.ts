/** A piece of a run's log as it is shown: bounded in memory, without terminal codes. Pure. */
import type { LogSlice } from "../../extension/protocol/run.ts";

/** Characters kept on screen; what is older can be loaded again. */
export const KEPT = 1_000_000;
/** Bytes that the extension sends at once. */
export const SLICE = 262_144;

/** Shown bytes `from` to `next` of a log of `size` bytes. */
export interface LogWindow {
  text: string;
  from: number;
  next: number;
  size: number;
}

/** The window after newer text came; its oldest lines go when it grows beyond what is kept. */
export function append(window: LogWindow, slice: LogSlice): LogWindow {
  if (slice.from !== window.next) return window;
  return bounded({ text: window.text + slice.text, from: window.from, next: slice.next, size: slice.size });
}

/** The window after older text came. The slice may reach into what is already shown; the overlap, counted in bytes, is cut off. */
export function prepend(window: LogWindow, slice: LogSlice): LogWindow {
  if (slice.from >= window.from) return window;
  const bytes = new TextEncoder().encode(slice.text).subarray(0, window.from - slice.from);
  return { ...window, text: new TextDecoder().decode(bytes) + window.text, from: slice.from };
}

/** Byte to ask from so that the slice ends with the log. */
export function tailFrom(size: number): number {
  return Math.max(0, size - SLICE / 2);
}

function bounded(window: LogWindow): LogWindow {
  if (window.text.length <= KEPT) return window;
  const cut = window.text.indexOf("\n", window.text.length - KEPT) + 1;
  const dropped = new TextEncoder().encode(window.text.slice(0, cut)).length;
  return { ...window, text: window.text.slice(cut), from: window.from + dropped };
}

// eslint-disable-next-line no-control-regex -- terminal codes are what is looked for
const TERMINAL_CODES = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

/** As a terminal would have left it: no colour codes, and of a line rewritten with carriage returns only its last state. */
export function readable(text: string): string {
  return text
    .replace(TERMINAL_CODES, "")
    .replaceAll("\r\n", "\n")
    .replace(/[^\n]*\r(?=[^\n])/g, "");
}
