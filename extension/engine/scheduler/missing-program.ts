/** Recognises a shell's complaint about a program that is not there, Python above all. Pure. */

/**
 * @param log end of the log of a command that ended with exit code 127
 * @returns what is missing and how to get it, or null when the log does not say
 */
export function missingProgram(log: string): string | null {
  const found = /(?:^|\s|:)([\w./+-]+): (?:command )?not found|env: [‘'"]?([\w./+-]+)[’'"]?: No such file/m.exec(log);
  const program = found?.[1] ?? found?.[2];
  if (program === undefined) return null;
  if (/^python[\d.]*$/.test(program)) {
    return (
      `Python is missing: there is no \`${program}\` on the PATH of the engine. Install Python 3` +
      " (Debian, Ubuntu: `apt install python3 python3-venv`; macOS: `brew install python`), start a new terminal or window, and try again."
    );
  }
  return `The program \`${program}\` is missing: it is not on the PATH of the engine. Install it and try again.`;
}
