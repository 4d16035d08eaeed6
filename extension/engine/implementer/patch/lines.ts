/** A text file as lines and their ends apart, so that patches match whatever the line ends and files keep theirs. */

/** `texts[i]` is followed by `ends[i]`: "\n", "\r\n", or "" behind a last line that has no end. An empty file has no lines. */
export interface FileLines {
  texts: string[];
  ends: string[];
}

export function splitFile(text: string): FileLines {
  const texts = text.split("\n");
  const ends = new Array<string>(texts.length).fill("\n");
  const last = texts.length - 1;
  if (texts[last] === "") {
    texts.pop();
    ends.pop();
  } else ends[last] = "";
  for (let at = 0; at < texts.length; at++) {
    const line = texts[at] ?? "";
    if (ends[at] === "\n" && line.endsWith("\r")) {
      texts[at] = line.slice(0, -1);
      ends[at] = "\r\n";
    }
  }
  return { texts, ends };
}

export function joinFile({ texts, ends }: FileLines): string {
  let text = "";
  for (let at = 0; at < texts.length; at++) text += (texts[at] ?? "") + (ends[at] ?? "");
  return text;
}

/** The line end most lines have. */
export function usualEnd(file: FileLines): "\n" | "\r\n" {
  const windows = file.ends.reduce((sum, end) => sum + (end === "\r\n" ? 1 : 0), 0);
  return windows * 2 > file.ends.length ? "\r\n" : "\n";
}
