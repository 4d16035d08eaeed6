/** Schemas that are built when they are first used: an editor that opens a folder pays for none of them before it talks to an engine. */

/** Functions that make schemas, by name. */
export type Makers = Readonly<Record<string, (...parts: never[]) => unknown>>;

/** Methods that make a schema from a schema. Whatever else is asked of a schema builds it. */
const MADE_FROM = new Set([
  "default",
  "describe",
  "extend",
  "max",
  "min",
  "nullable",
  "optional",
  "partial",
  "positive",
  "refine",
  "regex",
  "superRefine",
]);

const unbuilt = new WeakMap<object, () => object>();

/**
 * The same functions, each of which only remembers what is to be made.
 * @param names of the functions wanted
 * @param load gives the real ones; called once, when the first schema is used
 */
export function deferred<Name extends string>(names: readonly Name[], load: () => Makers): Record<Name, (...parts: unknown[]) => unknown> {
  const make = (name: Name) => {
    return (...parts: unknown[]) => schema(() => call(load(), name, parts));
  };
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<Name, ReturnType<typeof make>>;
}

function schema(build: () => unknown): object {
  let built: object | undefined;
  const real = () => (built ??= build() as object);
  const stand = new Proxy(
    {},
    {
      get: (_, key) => {
        if (typeof key === "string" && MADE_FROM.has(key)) return (...parts: unknown[]) => schema(() => call(real(), key, parts));
        const value: unknown = Reflect.get(real(), key);
        return typeof value === "function" ? (value as (...parts: unknown[]) => unknown).bind(real()) : value;
      },
      has: (_, key) => Reflect.has(real(), key),
    },
  );
  unbuilt.set(stand, real);
  return stand;
}

function call(of: object, name: string, parts: readonly unknown[]): unknown {
  return (Reflect.get(of, name) as (...parts: unknown[]) => unknown).apply(of, parts.map(resolved));
}

/** What a schema is made from, with the schemas in it built. */
function resolved(part: unknown): unknown {
  if (typeof part !== "object" || part === null) return part;
  const real = unbuilt.get(part);
  if (real !== undefined) return real();
  if (Array.isArray(part)) return part.map(resolved);
  if (Object.getPrototypeOf(part) !== Object.prototype) return part;
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, resolved(value)]));
}
