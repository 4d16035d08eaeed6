/** Variants of an environment: what one says laid over what all share. Pure. */

type Entries = Readonly<Record<string, unknown>>;

/** `changes` laid over `base`: maps are merged, key by key; lists and values replace what was there. */
export function merged(base: Entries, changes: Entries): Entries {
  const replaced = Object.entries(changes).map(([key, value]) => {
    const before = base[key];
    return [key, isMap(before) && isMap(value) ? merged(before, value) : value] as const;
  });
  return { ...base, ...Object.fromEntries(replaced) };
}

function isMap(value: unknown): value is Entries {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
