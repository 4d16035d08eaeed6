/** The first try that passes is taken; the others are called off. */
import { describe, expect, test } from "vitest";
import { firstToPass, type Tried } from "../../../extension/engine/implementer/sampling.ts";

const never = () => new AbortController().signal;

/** Tries that end when they are told to. */
function tries(count: number, signal: AbortSignal = never()) {
  const begun = Array.from({ length: count }, () => Promise.withResolvers<Tried<string, string>>());
  const seen: { signal: AbortSignal; pass: () => boolean }[] = [];
  const end = firstToPass(count, signal, async (sample, own, pass) => {
    seen[sample - 1] = { signal: own, pass };
    own.addEventListener("abort", () => begun[sample - 1]?.reject(new Error(`try ${sample} was called off`)));
    return begun[sample - 1]!.promise;
  });
  return { begun, seen, end };
}

describe("of several tries at once", () => {
  test("the first to pass is taken, and the others are called off at once", async () => {
    const { begun, seen, end } = tries(3);
    expect(seen.map((one) => one.signal.aborted)).toEqual([false, false, false]);
    expect(seen[1]!.pass()).toBe(true);
    expect(seen[0]!.signal.aborted).toBe(true);
    begun[1]!.resolve({ passed: "second" });
    expect(await end).toEqual({ passed: "second" });
  });

  test("one that passes a moment later is told that it is not the first", async () => {
    const { begun, seen, end } = tries(2);
    expect([seen[0]!.pass(), seen[1]!.pass()]).toEqual([true, false]);
    begun[1]!.resolve({ failed: "too late" });
    begun[0]!.resolve({ passed: "first" });
    expect(await end).toEqual({ passed: "first" });
  });

  test("one that fails leaves the others going; all failed gives every reason", async () => {
    const { begun, seen, end } = tries(2);
    begun[1]!.resolve({ failed: "b" });
    await Promise.resolve();
    expect(seen[0]!.signal.aborted).toBe(false);
    begun[0]!.resolve({ failed: "a" });
    expect(await end).toEqual({ failed: ["a", "b"] });
  });

  test("cancelling calls off all of them", async () => {
    const whole = new AbortController();
    const { seen, end } = tries(2, whole.signal);
    whole.abort();
    expect(seen.map((one) => one.signal.aborted)).toEqual([true, true]);
    await expect(end).rejects.toThrow("was called off");
  });

  test("what one throws is thrown once the others have ended, unless another passed", async () => {
    const broken = tries(2);
    broken.begun[0]!.reject(new Error("no disk"));
    broken.begun[1]!.resolve({ failed: "b" });
    await expect(broken.end).rejects.toThrow("no disk");
    const saved = tries(2);
    saved.begun[0]!.reject(new Error("no disk"));
    saved.seen[1]!.pass();
    saved.begun[1]!.resolve({ passed: "second" });
    expect(await saved.end).toEqual({ passed: "second" });
  });
});
