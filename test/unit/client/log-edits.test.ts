/** An editor is never asked to compare two long texts that have nothing in common. */
import { describe, expect, it } from "vitest";
import { editsTo } from "../../../extension/client/documents/log-edits.ts";

const lines = (start: number, end: number) => Array.from({ length: end - start }, (_, i) => `step ${start + i} of the run\n`).join("");

describe("the steps from a text to another", () => {
  it("are none where nothing changed, and one where lines were added or dropped", () => {
    const before = lines(0, 3000);
    expect(editsTo(before, before, "")).toEqual([]);
    expect(editsTo(before, lines(0, 3500), "")).toEqual([lines(0, 3500)]);
    expect(editsTo(before, lines(1000, 3000), "")).toEqual([lines(1000, 3000)]);
  });

  it("are two where lines go at the start and come at the end", () => {
    expect(editsTo(lines(0, 3000), lines(1000, 3500), lines(1000, 3000))).toEqual([lines(1000, 3000), lines(1000, 3500)]);
  });

  it("are one where a progress bar's line is another", () => {
    expect(editsTo(`${lines(0, 3000)}10%`, `${lines(0, 3000)}20% of it`, "")).toEqual([`${lines(0, 3000)}20% of it`]);
  });

  it("go by an empty text only where nothing is left and an editor would look for it", () => {
    expect(editsTo(lines(0, 3000), lines(9000, 12_000), "")).toEqual(["", lines(9000, 12_000)]);
    expect(editsTo(lines(0, 3000), lines(9000, 19_000), "")).toEqual([lines(9000, 19_000)]);
    expect(editsTo("one\n", "another\n", "")).toEqual(["another\n"]);
  });
});
