/** From a file to the editor and back: nothing that the human did not change is changed. */
import { expect, test } from "vitest";
import { asSaved, asShown } from "../../../extension/client/review/as-shown.ts";

test("an editor ends all lines the way that most of them end", () => {
  expect(asShown("a\nb\r\nc\n")).toBe("a\nb\nc\n");
  expect(asShown("a\r\nb\r\nc\n")).toBe("a\r\nb\r\nc\r\n");
  expect(asShown("a\r\nb\n")).toBe("a\nb\n");
  expect(asShown("no end")).toBe("no end");
});

test.each(["a\nb\r\nc\n", "a\r\nb\r\nc\n", "\uFEFFa\n", "a", ""])("a file that nobody changed is saved as it was: %j", (read) => {
  expect(asSaved(asShown(read), { read, base: null })).toBe(read);
});

test("an edited text is saved as it is shown, with the byte order mark that the editor kept to itself", () => {
  expect(asSaved("a\nB\n", { read: "a\nb\r\n", base: "a\nb\r\n" })).toBe("a\nB\n");
  expect(asSaved("A\n", { read: "\uFEFFa\n", base: "\uFEFFa\n" })).toBe("\uFEFFA\n");
});
