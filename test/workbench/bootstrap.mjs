/**
 * First step of `npm start` and `npm test` on a fresh clone: plain JavaScript that any Node from 18 on can run, it installs
 * the locked packages when they are missing or out of date, then runs the given TypeScript file with the project's own Node.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const windows = process.platform === "win32";
const ownNode = path.join(root, "node_modules/node/bin", windows ? "node.exe" : "node");

/** True when node_modules holds what package-lock.json asks for; packages for other platforms may be absent. */
function installed() {
  const record = path.join(root, "node_modules/.package-lock.json");
  if (!existsSync(record) || !existsSync(ownNode)) return false;
  const wanted = JSON.parse(readFileSync(path.join(root, "package-lock.json"), "utf8")).packages;
  const present = JSON.parse(readFileSync(record, "utf8")).packages;
  return Object.entries(wanted).every(
    ([place, entry]) => place === "" || entry.optional === true || present[place]?.version === entry.version,
  );
}

if (!installed()) {
  console.log("Installing the locked npm packages (npm ci)…");
  const npm = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: "inherit",
    shell: windows,
  });
  if (npm.error) console.error(`npm ci could not be started in ${root}: ${npm.error.message}. Is npm on the PATH?`);
  if (npm.status !== 0) process.exit(npm.status ?? 1);
}

const [script, ...args] = process.argv.slice(2);
if (script === undefined) {
  console.error("usage: node test/workbench/bootstrap.mjs SCRIPT.ts [arguments…]");
  process.exit(2);
}
const child = spawn(ownNode, [path.join(root, script), ...args], {
  cwd: root,
  stdio: "inherit",
  env: {
    ...process.env,
    PATH: [path.join(root, "node_modules/.bin"), process.env["PATH"]].join(path.delimiter),
  },
});
// Ctrl-C reaches the child by itself, being in the same process group: this process only waits for it to finish tidying up.
process.on("SIGINT", () => undefined);
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
