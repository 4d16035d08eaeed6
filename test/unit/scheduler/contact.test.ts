import { describe, expect, test } from "vitest";
import { Contact } from "../../../extension/engine/scheduler/contact.ts";
import { ProvingGroundError } from "../../../extension/protocol/errors.ts";
import type { Notice } from "../../../extension/protocol/methods.ts";

const away = () => new ProvingGroundError("unreachable", "gpubox does not answer: timed out", { hint: "Try `ssh gpubox`." });

/** A contact whose time passes by hand; `answers` says what the next attempts find. */
function contact(runs = 2) {
  const notices: Notice[] = [];
  const delays: number[] = [];
  let due: (() => void) | null = null;
  let there = false;
  let changes = 0;
  const made = new Contact({
    title: "gpubox",
    clock: () => 0,
    after: (milliseconds, callback) => {
      delays.push(milliseconds);
      due = callback;
      return () => {
        due = null;
      };
    },
    attempt: () => (there ? Promise.resolve() : Promise.reject(away())),
    changed: () => changes++,
    runs: () => runs,
    onNotice: (notice) => notices.push(notice),
    onError: (cause) => {
      throw cause;
    },
  });
  const pass = async () => {
    const callback = due;
    due = null;
    callback?.();
    // The attempt and what follows on it are a few turns of promises.
    await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    ...{ made, notices, delays, pass },
    comeBack: () => {
      there = true;
    },
    get changes() {
      return changes;
    },
    get waits() {
      return due !== null;
    },
  };
}

describe("a target that does not answer", () => {
  test("says why, and is tried again ever more slowly", async () => {
    const at = contact();
    expect(at.made.lost).toBeNull();
    at.made.fail(away());
    expect(at.made.lost).toBe("gpubox does not answer: timed out. Try `ssh gpubox`.");
    for (let n = 0; n < 8; n++) await at.pass();
    expect(at.delays).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  test("is told of once when it lasts, and once when it is back; what waits for it goes on", async () => {
    const at = contact();
    at.made.fail(away());
    at.made.fail(away());
    const back = at.made.whenBack();
    for (let n = 0; n < 6; n++) await at.pass();
    expect(at.notices).toEqual([
      {
        level: "warning",
        message: "gpubox does not answer: timed out. Try `ssh gpubox`. What comes of the 2 runs there is read when it answers again.",
      },
    ]);
    at.comeBack();
    await at.pass();
    await back;
    expect(at.made.lost).toBeNull();
    expect(at.notices.slice(1)).toEqual([{ level: "info", message: "gpubox answers again." }]);
    expect(at.changes).toBe(2);
  });

  test("for a moment is nobody's concern", async () => {
    const at = contact();
    at.made.fail(away());
    at.comeBack();
    await at.pass();
    expect(at.made.lost).toBeNull();
    expect(at.notices).toEqual([]);
  });

  test("can be tried at once", async () => {
    const at = contact();
    at.made.fail(away());
    at.comeBack();
    await at.made.tryNow();
    expect(at.made.lost).toBeNull();
    expect(at.waits).toBe(false);
  });

  test("is tried no more once it was let go", () => {
    const at = contact();
    at.made.fail(away());
    at.made.close();
    expect(at.waits).toBe(false);
    at.made.fail(away());
    expect(at.delays).toEqual([1000]);
  });
});
