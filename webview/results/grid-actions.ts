/** What the table, its headings and its keys ask of the panel. */
import type { Line } from "./lines.ts";

/** What the table asks of its owner; it changes nothing itself. */
export interface GridActions {
  moveTo(key: string): void;
  /** @param range true extends the ticks from the cursor to this line */
  tick(key: string, range: boolean): void;
  tickAll(ticked: boolean): void;
  expand(key: string, open: boolean): void;
  open(line: Line): void;
  sortBy(column: string): void;
  /** @param width pixels; null restores the usual width */
  resize(column: string, width: number | null): void;
}
