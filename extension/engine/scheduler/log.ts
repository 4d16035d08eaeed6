/** Cuts pieces out of a log so that no character is split. */
import type { LogSlice } from "../../protocol/run.ts";
import type { Bytes } from "../compute/compute.ts";

/**
 * Text of a piece of a log. Bytes at its edges that belong to a character cut in two are left to the neighbouring pieces.
 * @param final true when the log will not grow, so that what is cut at its very end is shown as it is
 */
export function logSlice({ bytes, from, size }: Bytes, final: boolean): LogSlice {
  const start = from === 0 ? 0 : leading(bytes);
  const atEnd = from + bytes.length >= size;
  let end = bytes.length - (atEnd && final ? 0 : unfinished(bytes));
  // Bytes that are no text at all must not stop the reader for ever.
  if (end <= start && bytes.length >= 4) end = bytes.length;
  end = Math.max(end, start);
  return {
    text: new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(start, end)),
    from: from + start,
    next: from + end,
    size,
  };
}

/** Continuation bytes at the start, at most 3. */
function leading(bytes: Uint8Array): number {
  let count = 0;
  while (count < 3 && count < bytes.length && ((bytes[count] ?? 0) & 0xc0) === 0x80) count++;
  return count;
}

/** Bytes at the end that begin a character and do not complete it. */
function unfinished(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}
