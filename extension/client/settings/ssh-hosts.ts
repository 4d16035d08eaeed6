/** Names of hosts in the user's ssh configuration, the files that it includes read too. */
import { glob, readFile } from "node:fs/promises";
import path from "node:path";

/** Files within files that ssh follows. */
const DEEPEST = 16;

/**
 * Hosts that can be named after `ssh`, in the order of the files; patterns are none.
 * @param home the user's home folder
 */
export async function sshHosts(home: string): Promise<string[]> {
  const hosts = new Set<string>();
  await collect(path.join(home, ".ssh/config"), home, hosts, 0);
  return [...hosts];
}

async function collect(file: string, home: string, hosts: Set<string>, depth: number): Promise<void> {
  for (const [keyword, words] of await linesOf(file)) {
    if (keyword === "host") {
      for (const word of words) if (!/[*?!]/.test(word)) hosts.add(word);
    }
    if (keyword !== "include" || depth === DEEPEST) continue;
    for (const word of words) {
      const at = path.resolve(home, ".ssh", word.startsWith("~/") ? path.join(home, word.slice(2)) : word);
      const found: string[] = [];
      for await (const included of glob(at)) found.push(included);
      for (const included of found.sort()) await collect(included, home, hosts, depth + 1);
    }
  }
}

/** Keyword, in lower case, and arguments of each line. A file that is not there, or may not be read, has none. */
async function linesOf(file: string): Promise<[string, string[]][]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (["ENOENT", "EACCES", "EISDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return [];
    throw error;
  }
  return text.split(/\r?\n/).flatMap((line): [string, string[]][] => {
    const [, keyword, rest = ""] = /^\s*([A-Za-z]\w*)(?:\s*=\s*|\s+)(.*)$/.exec(line) ?? [];
    const words = [...rest.replace(/(^|\s)#.*$/, "").matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
    return keyword === undefined ? [] : [[keyword.toLowerCase(), words]];
  });
}
