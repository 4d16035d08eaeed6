/** Schemas that are built when they are first used, against the real ones. */
import { expect, test } from "vitest";
import * as zod from "zod";
import { deferred, type Makers } from "../../../extension/client/schemas/deferred.ts";

const NAMES = ["array", "enum", "int", "object", "string", "union", "literal"] as const;

/** The same schemas by a library of either kind. */
function schemas(library: typeof zod) {
  const Place = library.object({ file: library.string().regex(/^\w/), line: library.int().min(1).optional() });
  const Kind = library.enum(["a", "b"]);
  const Entry = library
    .object({
      places: library.array(Place).min(1).describe("Where."),
      kind: Kind.default("a"),
      not: library.union([Place, library.literal(0)]).nullable(),
    })
    .refine(({ kind }) => kind === "a", { message: "must be a" });
  return { Place, Kind, Entry };
}

function both() {
  let loads = 0;
  const load = () => {
    loads++;
    return zod as unknown as Makers;
  };
  const late = schemas(deferred(NAMES, load) as unknown as typeof zod);
  return { late, real: schemas(zod), loads: () => loads };
}

test("nothing is loaded while schemas are only declared", () => {
  expect(both().loads()).toBe(0);
});

test.each([
  { places: [{ file: "x" }], not: null },
  { places: [{ file: "x", line: 1 }], kind: "a", not: 0, more: 1 },
  { places: [{ file: "x", line: 0 }], kind: "b", not: { file: "" } },
  { places: [], kind: "c", not: null },
  undefined,
])("%j is read as by the real ones", (value) => {
  const { late, real } = both();
  expect(late.Entry.safeParse(value)).toEqual(real.Entry.safeParse(value));
});

test("a schema's own properties are the real ones', and a part of several schemas is built once", () => {
  const { late } = both();
  expect(late.Kind.options).toEqual(["a", "b"]);
  expect(late.Entry.shape.places.element).toBe((late.Entry.shape.not.unwrap() as unknown as { options: unknown[] }).options[0]);
  expect("safeParse" in late.Place).toBe(true);
});
