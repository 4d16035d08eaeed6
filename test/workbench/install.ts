/** Installs code-server, a real VS Code that comes from the npm registry alone, once per machine. */
import { spawnSync } from "node:child_process";
import { copyFile } from "node:fs/promises";
import path from "node:path";
import { cached, hashOfFiles } from "./cache.ts";
import { ensurePrerequisites } from "./prerequisites.ts";

const here = path.join(import.meta.dirname, "code-server");
const locked = ["package.json", "package-lock.json"] as const;

/**
 * Path of code-server's entry script, installing it first where it is missing: about two minutes and 620 MB. Native modules
 * are compiled for the Node that runs this, so that is the Node to start it with.
 *
 * @throws {MissingPrerequisites} when a compiler or a header is missing and may not be installed.
 */
export async function installedCodeServer(): Promise<string> {
  const files = locked.map((name) => path.join(here, name));
  const name = `workbench-${await hashOfFiles(files, process.version, process.platform, process.arch)}`;
  const folder = await cached(name, async (attempt) => {
    ensurePrerequisites(["workbench"]);
    console.log("Installing code-server, once on this machine (about two minutes)…");
    await Promise.all(locked.map((file) => copyFile(path.join(here, file), path.join(attempt, file))));
    // The npm that runs this script left its own Node's version there, and code-server's installer believes it.
    const environment = { ...process.env };
    delete environment.npm_config_user_agent;
    const npm = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: attempt,
      stdio: "inherit",
      env: { ...environment, PATH: [path.dirname(process.execPath), process.env.PATH].join(path.delimiter) },
    });
    if (npm.status !== 0)
      throw new Error(`npm ci of code-server failed (exit ${npm.status ?? "?"}); its messages are above`, { cause: npm.error });
  });
  return path.join(folder, "node_modules/code-server/out/node/entry.js");
}
