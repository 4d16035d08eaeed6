/** What was found once under a key, kept while it may be asked for again; what failed is looked for anew. */

/** @param most keys that are kept; beyond, the oldest goes */
export function remembered<T>(known: Map<string, Promise<T>>, key: string, find: () => Promise<T>, most = Infinity): Promise<T> {
  const had = known.get(key);
  if (had !== undefined) return had;
  const finding = find();
  known.set(key, finding);
  finding.catch(() => known.delete(key));
  const oldest = known.keys().next();
  if (known.size > most && oldest.done !== true) known.delete(oldest.value);
  return finding;
}
