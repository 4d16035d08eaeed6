/** What terminal codes, rewritten lines and odd bytes leave of a log when it is read as plain text. Pure. */

/** Characters after which a line goes on in the next: editors do not draw the rest of longer ones. */
const LONGEST_LINE = 8000;

// eslint-disable-next-line no-control-regex -- terminal codes are what is looked for
const TERMINAL_CODES = /\u001b(?:\[[0-9;:?]*[ -/]*[@-~]|\][^\u0007\u001b\n]{0,2048}(?:\u0007|\u001b\\)|[@-Z\\-_])/g;
// eslint-disable-next-line no-control-regex -- the same, cut off by the end of what is known
const BEGUN_CODE = /\u001b(?:\[[0-9;:?]{0,64}|\][^\u0007\u001b\n]{0,2048})?$/;
// eslint-disable-next-line no-control-regex -- controls that a text has no use for
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;
const ODD_SEPARATORS = /[\u0085\u2028\u2029]/g;

/**
 * A piece of a log with what its own end overwrote left out, so that hours of a progress bar are a few characters. Pieces that follow each
 * other are still readable when they are joined: what only the neighbour can tell stays.
 */
export function compacted(text: string): string {
  const [first = "", ...others] = text.replace(TERMINAL_CODES, "").split("\n");
  const start = lastState(first);
  // The piece before ends with the line's beginning, which is overwritten too.
  return [start === first ? first : `\r${start}`, ...others.map(lastState)].join("\n");
}

/** As a terminal would have left it: no colour codes, of a rewritten line its last state, and every other control made visible. */
export function readable(text: string): string {
  return text
    .replace(TERMINAL_CODES, "")
    .replace(BEGUN_CODE, "")
    .split("\n")
    .map((line) => broken(erased(lastState(line).replace(/\r+$/, ""))))
    .join("\n")
    .replaceAll("\ufeff", "")
    .replace(ODD_SEPARATORS, " ")
    .replace(CONTROLS, picture);
}

/** What a line shows after its carriage returns; those at its end overwrite nothing yet. */
function lastState(line: string): string {
  if (!line.includes("\r")) return line;
  const said = line.replace(/\r+$/, "");
  return line.slice(said.lastIndexOf("\r") + 1);
}

/** Takes back what backspaces take back. */
function erased(line: string): string {
  if (!line.includes("\b")) return line;
  const left: string[] = [];
  for (const character of line) {
    if (character === "\b") left.pop();
    else left.push(character);
  }
  return left.join("");
}

function broken(line: string): string {
  if (line.length <= LONGEST_LINE) return line;
  const parts: string[] = [];
  for (let at = 0; at < line.length;) {
    // No pair that makes one character is torn apart.
    const splitsPair = /[\ud800-\udbff]/.test(line.charAt(at + LONGEST_LINE - 1));
    const end = at + LONGEST_LINE - (splitsPair ? 1 : 0);
    parts.push(line.slice(at, end));
    at = end;
  }
  return parts.join("\n");
}

/** `␀` and the like: the sign that stands for a control. */
function picture(control: string): string {
  const code = control.charCodeAt(0);
  return String.fromCharCode(code === 0x7f ? 0x2421 : 0x2400 + code);
}
