/** Packs and unpacks files on this machine by tar, and writes the scripts that do so at a host. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import type { ScriptEnded } from "./ssh-shell.ts";
import { end } from "./site-process.ts";
import { quote } from "./job-files.ts";

/** Exit code of `packing` when the files are more than it was told to take. */
export const TOO_LARGE = 75;

const MOST_SAID = 4096;
const BASE64_LINE = 76;

/** A script that unpacks an archive, which it reads from its file descriptor 3, into a folder that it makes. */
export function unpacking(to: string): string {
  return `mkdir -p -- ${quote(to)} && cd -- ${quote(to)} && tar -x -o -f - <&3`;
}

/** A script that holds an archive, and unpacks it. */
export function unpackingThis(to: string, archive: Buffer): string {
  const lines = archive.toString("base64").match(new RegExp(`.{1,${BASE64_LINE}}`, "g")) ?? [];
  return `mkdir -p -- ${quote(to)} && cd -- ${quote(to)} && base64 -d << 'ARCHIVE' | tar -x -o -f -\n${lines.join("\n")}\nARCHIVE`;
}

/** A script that writes an archive of those files of a folder that are there. @param most bytes of them; absent: as many as there are */
export function packing(from: string, files: readonly string[], most?: number): string {
  const names = files.map((file) => quote(`./${file}`)).join(" ");
  return `cd -- ${quote(from)} || exit 1
set --
for file in ${names}; do [ ! -e "$file" ] || set -- "$@" "$file"; done
[ $# -gt 0 ] || exec dd if=/dev/zero bs=1024 count=1
${most === undefined ? "" : `[ "$(ls -ln -- "$@" | awk '{ sum += $5 } END { printf "%.0f", sum }')" -le ${most} ] || exit ${TOO_LARGE}\n`}tar -c -f - "$@"`;
}

/** The archive of a folder here; null when it is larger than `most` bytes, or cannot be made. */
export async function packed(from: string, most: number, environment: Record<string, string>): Promise<Buffer | null> {
  const tar = archiver(from, environment);
  const over = ending(tar);
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of tar.stdout as AsyncIterable<Buffer>) {
    pieces.push(piece);
    size += piece.length;
    if (size > most) {
      end(tar);
      return null;
    }
  }
  return (await over).code === 0 ? Buffer.concat(pieces) : null;
}

/** Hands the archive of a folder here to somebody. @returns how that ended, as an error of his when tar failed */
export async function handOver(
  from: string,
  environment: Record<string, string>,
  to: (archive: Readable) => Promise<ScriptEnded>,
): Promise<ScriptEnded> {
  const tar = archiver(from, environment);
  const over = ending(tar);
  const ended = await to(tar.stdout);
  end(tar);
  const { code, said } = await over;
  return ended.code === 0 && code !== 0 ? { ...ended, code: 1, said: `tar could not read ${from}: ${said}` } : ended;
}

/** Unpacks an archive here as it comes from somebody. @returns how that ended, as an error of his when tar failed */
export async function receive(
  into: string,
  environment: Record<string, string>,
  from: (take: (piece: Buffer) => Promise<void>) => Promise<ScriptEnded>,
): Promise<ScriptEnded> {
  const tar = spawn("tar", ["-x", "-o", "-f", "-", "-C", into], { env: environment, stdio: ["pipe", "ignore", "pipe"], detached: true });
  tar.stdin.on("error", () => undefined);
  const over = ending(tar);
  const ended = await from(async (piece) => {
    if (tar.stdin.writable && !tar.stdin.write(piece)) await Promise.race([once(tar.stdin, "drain"), over]);
  }).finally(() => tar.stdin.end());
  const { code, said } = await over;
  if (ended.code === TOO_LARGE) return ended;
  // The files of a job that runs change while they are read, which tar calls an error of the smallest kind.
  const whole = ended.code === 1 && code === 0 ? { ...ended, code: 0 } : ended;
  return whole.code === 0 && code !== 0 ? { ...whole, code: 1, said: `tar could not write ${into}: ${said}` } : whole;
}

function archiver(from: string, environment: Record<string, string>) {
  return spawn("tar", ["-c", "-f", "-", "-C", from, "."], { env: environment, stdio: ["ignore", "pipe", "pipe"], detached: true });
}

function ending(child: ChildProcess): Promise<{ code: number | null; said: string }> {
  let said = "";
  child.stderr?.on("data", (piece: Buffer) => (said = (said + piece.toString()).slice(-MOST_SAID)));
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ code: null, said: error.message }));
    child.once("close", (code) => resolve({ code, said }));
  });
}
