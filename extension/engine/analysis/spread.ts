/** A part of a list that stands for the whole of it, the same part every time. */

/** At most so many of a list, evenly spread over it, in its order. */
export function spread<T>(list: readonly T[], most: number): readonly T[] {
  if (list.length <= most) return list;
  return Array.from({ length: most }, (_, index) => list[Math.floor((index * list.length) / most)] as T);
}
