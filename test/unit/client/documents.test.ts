/** Documents of the scheme `proving-ground`: addresses and the text of new ideas. */
import { expect, test } from "vitest";
import { parseAddress, printAddress } from "../../../extension/client/documents/address.ts";
import type { Address } from "../../../extension/client/documents/address.ts";
import { NEW_IDEA, readIdea, TITLE_COLUMN } from "../../../extension/client/documents/template.ts";
import { keysFor } from "../../../extension/client/engine/lab.ts";

const addresses: Address[] = [
  { kind: "idea", lab: "lab", idea: 12 },
  { kind: "new", lab: "lab", environment: "tinylm", search: null, number: 1 },
  { kind: "new", lab: "lab", environment: "tinylm", search: null, number: 3 },
  { kind: "new", lab: "lab", environment: "tinylm", search: 12, number: 1 },
  { kind: "new", lab: "lab", environment: "tinylm", search: 12, number: 2 },
  { kind: "attempts", lab: "lab", idea: 12 },
  { kind: "answer", lab: "lab", idea: 12, attempt: 40 },
  { kind: "log", lab: "lab-2", run: 7 },
  { kind: "base", lab: "lab", commit: "abc123", path: "envs/tiny lm/train.py" },
  { kind: "deleted", lab: "lab", idea: 4, path: "tinylm/old.py" },
];

test.each(addresses)("an address of kind $kind survives being written", (address) => {
  expect(parseAddress(printAddress(address))).toEqual(address);
  expect(parseAddress(printAddress(address, "Adam: β₂ 0.99 / warm-up 5% #3?"))).toEqual(address);
});

test("a title that no file system takes becomes a name that all take", () => {
  expect(printAddress({ kind: "idea", lab: "lab", idea: 1 }, 'a/b\\c:d*"e"?\n.')).toBe("/lab/ideas/1 a b c d e.md");
});

test.each([
  "",
  "/",
  "/lab",
  "/lab/ideas/x.md",
  "/lab/ideas/1.txt",
  "/lab/new/tinylm/other.md",
  "/lab/base/abc",
  "/lab/attempts/x.md",
  "/lab/answers/1/2.md",
  "/lab/what/1",
])("%j is no address", (path) => {
  expect(parseAddress(path)).toBeNull();
});

test("the template's cursor is where the title goes, and its questions are no part of the idea", () => {
  expect(NEW_IDEA.slice(0, TITLE_COLUMN)).toBe("# ");
  const written = `${NEW_IDEA.slice(0, TITLE_COLUMN)}Wider layers${NEW_IDEA.slice(TITLE_COLUMN)}`;
  expect(readIdea(written)).toEqual({ title: "Wider layers", description: "", changes: "" });
});

test("a template without a title is refused with what to do", () => {
  expect(() => readIdea(NEW_IDEA)).toThrow(expect.objectContaining({ code: "usage", hint: expect.stringContaining("# Title") as string }));
});

test("repositories of the same name get keys that do not depend on the order they were opened in", () => {
  const keys = keysFor(["/b/lab", "/a/lab", "/c/my lab"]);
  expect([...keys]).toEqual([...keysFor(["/c/my lab", "/a/lab", "/b/lab", "/a/lab"])]);
  expect(keys.get("/a/lab")).toBe("lab");
  expect(keys.get("/b/lab")).toBe("lab-2");
  expect(keys.get("/c/my lab")).toBe("my-lab");
});
