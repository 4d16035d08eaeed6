/** In which steps a text becomes another, so that an editor that looks for the smallest change finds it at once. Pure. */

/** Editors look for the smallest change between texts up to this length, and replace longer ones as a whole. */
const COMPARED = 100_000;
/** Work of comparing two stretches of text, in pairs of characters, that nobody notices. */
const UNNOTICED = 4_000_000;

/**
 * The texts to show one after the other, the last of them `after`.
 * @param between what both have in common when one became the other by losing its start and gaining an end
 */
export function editsTo(before: string, after: string, between: string): string[] {
  if (before === after) return [];
  if (isQuick(before, after)) return [after];
  if (between !== "" && isQuick(before, between) && isQuick(between, after)) return [between, after];
  return ["", after];
}

function isQuick(before: string, after: string): boolean {
  if (Math.max(before.length, after.length) > COMPARED) return true;
  const most = Math.min(before.length, after.length);
  let prefix = 0;
  while (prefix < most && before.charCodeAt(prefix) === after.charCodeAt(prefix)) prefix++;
  let suffix = 0;
  while (suffix < most - prefix && before.charCodeAt(before.length - 1 - suffix) === after.charCodeAt(after.length - 1 - suffix)) suffix++;
  return (before.length - prefix - suffix) * (after.length - prefix - suffix) <= UNNOTICED;
}
