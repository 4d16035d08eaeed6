/** Copies by rsync over the connection that is there. */
import { spawn } from "node:child_process";
import type { Ended, SshConnection } from "./ssh-connection.ts";
import { quote } from "./job-files.ts";

interface Copied extends Ended {
  code: number | null;
}

/** Seconds without a byte after which rsync gives up. */
const TIMEOUT = 60;
/** Wrong usage, files not selected, not supported: this rsync, or the other one, is not of use. */
const USELESS = new Set([1, 2, 4]);
/** Socket or stream broke, killed, timed out; 255 is ssh's own. */
const BROKEN = new Set([5, 10, 12, 20, 30, 35, 255]);
/** A file went away meanwhile. */
const VANISHED = 24;
const MOST_SAID = 4096;

/**
 * @param words for rsync; the host is called `there`
 * @param input for its standard input
 * @returns `useless` when rsync itself cannot do it, or what it complained of
 * @throws ProvingGroundError `unreachable`
 */
export async function rsync(
  connection: SshConnection,
  environment: Record<string, string>,
  words: readonly string[],
  input = "",
): Promise<"done" | "useless" | { said: string }> {
  const { code, said } = await connection.session((ssh) => once(ssh, environment, words, input));
  if (code === null || USELESS.has(code)) return "useless";
  return code === 0 || code === VANISHED ? "done" : { said };
}

function once(ssh: readonly string[], environment: Record<string, string>, words: readonly string[], input: string): Promise<Copied> {
  // rsync names the host itself; ssh's words do that already, and in a form that rsync may not know.
  const shell = `shift; exec ssh ${ssh.map(quote).join(" ")} "$@"`;
  const child = spawn("rsync", ["-s", `--timeout=${TIMEOUT}`, "-e", ["sh", "-c", shell, "sh"].map(word).join(" "), ...words], {
    ...{ env: environment, stdio: "pipe", detached: true },
  });
  let said = "";
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  child.stdout.resume();
  child.stderr.on("data", (piece: Buffer) => (said = (said + piece.toString()).slice(-MOST_SAID)));
  return new Promise((resolve) => {
    child.once("error", () => resolve({ answered: true, begun: false, said, code: null }));
    // Whatever it did before the connection broke, it may do again.
    child.once("close", (code) => resolve({ answered: code !== null && !BROKEN.has(code), begun: false, said, code }));
  });
}

/** A word as rsync's `-e` reads it. */
function word(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
