/** Stands in for zod in the extension host's bundle: see `deferred.ts`. The build puts it in zod's place. */
import { deferred, type Makers } from "./deferred.ts";

// eslint-disable-next-line @typescript-eslint/no-require-imports -- zod's file is read when it is first needed, and at once then
const load = () => require("./used.ts") as Makers;

const made = deferred(
  [
    "array",
    "boolean",
    "discriminatedUnion",
    "enum",
    "int",
    "literal",
    "number",
    "object",
    "record",
    "strictObject",
    "string",
    "union",
    "unknown",
    "url",
  ],
  load,
);

export const { array, boolean, discriminatedUnion, int, literal, number, object, record, strictObject, string, union, unknown, url } = made;
const enumeration = made.enum;
export { enumeration as enum };
