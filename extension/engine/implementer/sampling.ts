/** Several tries at the same time, of which the first that passes is taken and the others are called off. */

/** How a try ended: with something that passed, or with the reason why nothing did. */
export type Tried<T, Reason> = { passed: T } | { failed: Reason };

/**
 * @param one begins a try; counts from 1. `signal` fires when the whole is cancelled or another try has passed. `pass` is asked when
 *   a try would pass, and says whether it is the first: only then may it end as passed
 * @returns what passed first, or every reason in the order of the tries; once all tries have ended
 * @throws what a try threw before any had passed
 */
export async function firstToPass<T, Reason>(
  count: number,
  signal: AbortSignal,
  one: (sample: number, signal: AbortSignal, pass: () => boolean) => Promise<Tried<T, Reason>>,
): Promise<Tried<T, Reason[]>> {
  const own = Array.from({ length: count }, () => new AbortController());
  let taken = false;
  const pass = (winner: AbortController) => {
    if (taken) return false;
    taken = true;
    for (const other of own) if (other !== winner) other.abort();
    return true;
  };
  const ends = await Promise.allSettled(
    own.map((controller, index) => one(index + 1, AbortSignal.any([signal, controller.signal]), () => pass(controller))),
  );
  const tried = ends.flatMap((end) => (end.status === "fulfilled" ? [end.value] : []));
  for (const end of tried) if ("passed" in end) return end;
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  return { failed: tried.flatMap((end) => ("failed" in end ? [end.failed] : [])) };
}
