import fc from "fast-check";
import { expect, test } from "vitest";
import { logSlice } from "../../../extension/engine/scheduler/log.ts";

/** Reads a log piece by piece as a client does. */
function readAll(log: Uint8Array, limit: number): string {
  let text = "";
  for (let from = 0; from < log.length;) {
    const slice = logSlice({ bytes: log.subarray(from, from + limit), from, size: log.length }, true);
    expect(slice.next).toBeGreaterThan(from);
    text += slice.text;
    from = slice.next;
  }
  return text;
}

test("a log read in pieces is the whole log, no character cut in two", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 4, max: 16 }), (log, limit) => {
      expect(readAll(new TextEncoder().encode(log), limit)).toBe(log);
    }),
  );
});

test("bytes that are no text are passed over", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (log) => void readAll(log, 5)));
});

test("a character still being written waits for its other half", () => {
  const euro = new TextEncoder().encode("1 €");
  expect(logSlice({ bytes: euro.subarray(0, 4), from: 0, size: 4 }, false)).toEqual({ text: "1 ", from: 0, next: 2, size: 4 });
});
