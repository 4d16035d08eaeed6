import { describe, expect, it } from "vitest";
import { applyDelta, type Snapshot } from "../../../extension/protocol/lab.ts";
import { targetFixture } from "../../fixtures/lab.ts";

const target = (busy: number) => targetFixture({ busy });
const empty: Snapshot = { seq: 4, environments: [], ideas: [], runs: [], targets: [target(0)], parents: { tinylm: [1] }, searches: [] };

describe("a snapshot and its deltas", () => {
  it("replace what is known and append what is new", () => {
    const next = applyDelta(empty, {
      seq: 5,
      changes: [
        { kind: "targets", targets: [target(2)] },
        { kind: "parents", environment: "other", ideas: [7] },
      ],
    });
    expect(next?.targets).toEqual([target(2)]);
    expect(next?.parents).toEqual({ tinylm: [1], other: [7] });
  });

  it("ignore a delta that the snapshot already contains", () => {
    expect(applyDelta(empty, { seq: 4, changes: [{ kind: "targets", targets: [target(2)] }] })).toBe(empty);
  });

  it("ask for a new snapshot when one was missed", () => {
    expect(applyDelta(empty, { seq: 6, changes: [] })).toBeNull();
  });
});
