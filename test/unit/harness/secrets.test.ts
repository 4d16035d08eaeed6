import { expect, test } from "vitest";
import { spellings } from "../../e2e/harness/secrets.ts";

const SECRET = "sk-end-to-end-7f3a9c51d2e84b60";
const found = (bytes: Buffer) => spellings(SECRET).some((spelling) => bytes.includes(spelling));

test.each([0, 1, 2, 3, 4, 5])("a secret is found as text, in two bytes a character, and in base64 behind %i other bytes", (before) => {
  const text = `${"x".repeat(before)}${SECRET}","more":1`;
  expect(found(Buffer.from(text))).toBe(true);
  expect(found(Buffer.from(text, "utf16le"))).toBe(true);
  expect(found(Buffer.from(Buffer.from(text).toString("base64")))).toBe(true);
});

test("another text is none", () => {
  const other = `sk-end-to-end-7f3a0000d2e84b60 ${"x".repeat(40)}`;
  expect(found(Buffer.from(other))).toBe(false);
  expect(found(Buffer.from(Buffer.from(other).toString("base64")))).toBe(false);
});
