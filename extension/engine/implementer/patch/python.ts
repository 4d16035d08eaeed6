/** Whether lines are indented as Python demands: every block deeper than its opening, every end of one back at a known depth. */

/** What runs on from one line to the next. */
interface Open {
  brackets: number;
  /** The three quotes that end a string over several lines. */
  string: string | null;
  /** A backslash at the end. */
  continued: boolean;
}

const TAB = 8;

/** What is open where a line begins: the quotes of a string over several lines, or `(` in brackets; empty between statements. */
export function opensAbove(lines: readonly string[], row: number): string {
  let open: Open = { brackets: 0, string: null, continued: false };
  for (let at = 0; at < row; at++) open = scan(lines[at] ?? "", open).open;
  return open.string ?? (open.brackets > 0 || open.continued ? "(" : "");
}

/** Whether Python would take the indentation of a whole file. Says nothing about the rest of its syntax. */
export function isWellIndented(lines: readonly string[]): boolean {
  const depths = [0];
  let open: Open = { brackets: 0, string: null, continued: false };
  let opens = false;
  for (const line of lines) {
    const starts = open.brackets === 0 && open.string === null && !open.continued;
    const telling = line.trim() !== "" && !line.trimStart().startsWith("#");
    if (starts && telling && !settle(depths, widthOf(line), opens)) return false;
    const end = scan(line, open);
    open = end.open;
    if (end.last !== "") opens = end.last === ":" && open.brackets === 0 && open.string === null;
  }
  return !opens && open.brackets === 0 && open.string === null;
}

function settle(depths: number[], width: number, opens: boolean): boolean {
  if (opens) {
    if (width <= (depths.at(-1) ?? 0)) return false;
    depths.push(width);
    return true;
  }
  while ((depths.at(-1) ?? 0) > width) depths.pop();
  return depths.at(-1) === width;
}

function widthOf(line: string): number {
  let width = 0;
  for (const sign of line) {
    if (sign === " ") width++;
    else if (sign === "\t") width += TAB - (width % TAB);
    else break;
  }
  return width;
}

/** Reads a line to its end. `last` is its last sign that is neither blank nor comment, empty where there is none. */
function scan(line: string, before: Open): { open: Open; last: string } {
  let { brackets, string } = before;
  let last = "";
  for (let at = 0; at < line.length; at++) {
    if (string !== null) {
      const end = endOfString(line, at, string);
      last = '"';
      if (end === null) return { open: { brackets, string, continued: false }, last };
      at = end - 1;
      string = null;
      continue;
    }
    const sign = line.charAt(at);
    if (sign === "#") break;
    if (sign === '"' || sign === "'") {
      const triple = line.startsWith(sign.repeat(3), at);
      const mark = triple ? sign.repeat(3) : sign;
      const end = endOfString(line, at + mark.length, mark);
      last = '"';
      if (end === null && triple) return { open: { brackets, string: mark, continued: false }, last };
      at = (end ?? line.length) - 1;
    } else if (sign.trim() !== "") {
      if ("([{".includes(sign)) brackets++;
      if (")]}".includes(sign)) brackets = Math.max(0, brackets - 1);
      last = sign;
    }
  }
  return { open: { brackets, string, continued: last === "\\" }, last };
}

/** Index behind the mark that ends a string; null when it is not on the line. */
function endOfString(line: string, from: number, mark: string): number | null {
  for (let at = from; at < line.length; at++) {
    if (line.charAt(at) === "\\") at++;
    else if (line.startsWith(mark, at)) return at + mark.length;
  }
  return null;
}
