/** What an editor makes of a file's text, and back: pure. */

const MARK = "\uFEFF";

/** A file's text as the editor shows it: no byte order mark, and where lines end in two ways, the way of most of them. */
export function asShown(text: string): string {
  const plain = text.startsWith(MARK) ? text.slice(1) : text;
  const all = plain.split("\n").length - 1;
  const windows = plain.split("\r\n").length - 1;
  return plain.replaceAll(/\r?\n/g, windows > all / 2 ? "\r\n" : "\n");
}

/**
 * A text in the editor as it is on the disk once it is saved: the file's own text where nothing was changed.
 * @param file what the file was when it was read, and what it is compared with
 */
export function asSaved(shown: string, { read, base }: { read: string | null; base: string | null }): string {
  if (read !== null && asShown(read) === shown) return read;
  return base?.startsWith(MARK) === true ? MARK + shown : shown;
}
