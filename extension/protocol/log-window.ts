/** The part of a log that somebody looks at: pieces that follow each other, bounded in memory whatever the log's size. Pure. */
import { compacted, readable } from "./log-text.ts";
import type { LogSlice } from "./run.ts";

/** Characters up to which a piece grows by what is read next. */
const PIECE = 8192;
/** Characters in which a line is looked for that begins in the window. */
const FIRST_LINE = 16_384;

/** Bytes `from` to `next` of a log, as {@link compacted} leaves them. */
interface Piece {
  readonly from: number;
  readonly next: number;
  readonly text: string;
}

/** Bytes `from` to `next` of a log of `size` bytes, when it was looked at last. */
export interface LogWindow {
  readonly pieces: readonly Piece[];
  readonly from: number;
  readonly next: number;
  readonly size: number;
}

export function windowOf(slice: LogSlice): LogWindow {
  return { pieces: piecesOf(slice), from: slice.from, next: slice.next, size: slice.size };
}

/** The window after newer text came; one that does not follow it is not taken. Bytes that begin no character may be missing between the two. */
export function append(window: LogWindow, slice: LogSlice): LogWindow {
  if (slice.from < window.next || slice.from > window.next + 3) return window;
  const [first, ...others] = piecesOf(slice);
  const last = window.pieces.at(-1);
  const grows = first !== undefined && last !== undefined && last.text.length + first.text.length <= PIECE;
  const joined = grows ? [{ from: last.from, next: first.next, text: compacted(last.text + first.text) }] : [last, first];
  const pieces = [...window.pieces.slice(0, -1), ...joined.filter((piece) => piece !== undefined), ...others];
  return { pieces, from: window.from, next: slice.next, size: slice.size };
}

/** The window after older text came; one that does not end where the window begins is not taken. */
export function prepend(window: LogWindow, slice: LogSlice): LogWindow {
  if (slice.next > window.from || slice.next < window.from - 3) return window;
  return { ...window, pieces: [...piecesOf(slice), ...window.pieces], from: slice.from };
}

/** Drops what is oldest, down to some `characters`, where there are more than `most`. */
export function withoutStart(window: LogWindow, most: number, characters = most): LogWindow {
  let left = lengthOf(window);
  if (left <= most) return window;
  let dropped = 0;
  for (const { text } of window.pieces.slice(0, -1)) {
    if (left <= characters) break;
    left -= text.length;
    dropped++;
  }
  const pieces = window.pieces.slice(dropped);
  return { ...window, pieces, from: pieces[0]?.from ?? window.next };
}

/** Drops what is newest where there are more than `most` characters; what is left ends before the log does. */
export function withoutEnd(window: LogWindow, most: number): LogWindow {
  if (lengthOf(window) <= most) return window;
  const pieces = [...window.pieces];
  for (let left = lengthOf(window); left > most && pieces.length > 1;) left -= pieces.pop()?.text.length ?? 0;
  return { ...window, pieces, next: pieces.at(-1)?.next ?? window.from };
}

/** The window as it is read. A line that begins before the window is left out, as long as another one begins in it. */
export function textOf(window: LogWindow): string {
  const text = readable(window.pieces.map((piece) => piece.text).join(""));
  const line = window.from === 0 ? -1 : text.slice(0, FIRST_LINE).indexOf("\n");
  return line === text.length - 1 ? text : text.slice(line + 1);
}

function lengthOf(window: LogWindow): number {
  return window.pieces.reduce((sum, piece) => sum + piece.text.length, 0);
}

/** A slice cut at lines. Where a character stands for bytes that were none, nobody knows how many there were, and the slice stays whole. */
function piecesOf(slice: LogSlice): Piece[] {
  if (slice.text === "") return [];
  const encoder = new TextEncoder();
  const whole = { from: slice.from, next: slice.next, text: compacted(slice.text) };
  if (slice.text.length <= PIECE || encoder.encode(slice.text).length !== slice.next - slice.from) return [whole];
  const pieces: Piece[] = [];
  for (let at = 0, from = slice.from; at < slice.text.length;) {
    const line = slice.text.indexOf("\n", at + PIECE - 1);
    const end = line === -1 ? slice.text.length : line + 1;
    const text = slice.text.slice(at, end);
    const next = from + encoder.encode(text).length;
    pieces.push({ from, next, text: compacted(text) });
    at = end;
    from = next;
  }
  return pieces;
}
