/** Durations as the results panel writes them. */
import { expect, test } from "vitest";
import { seconds } from "../../../webview/results/numbers.ts";

test.each([
  [null, "–"],
  [0.04, "0.0 s"],
  [9.94, "9.9 s"],
  [9.96, "10 s"],
  [89.4, "89 s"],
  [89.6, "1 min 30 s"],
  [119.7, "2 min 0 s"],
  [3599.8, "1 h 0 min"],
])("%s seconds are %s", (amount, text) => {
  expect(seconds(amount)).toBe(text);
});
