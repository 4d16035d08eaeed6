/**
 * `npm start`: builds and packages the extension, prepares a git workspace with the example environment, and opens it in
 * VS Code: the desktop's `code` where it is on the PATH, else code-server on 127.0.0.1 until Ctrl-C.
 *
 *     npm start -- [--port N] [--browser] [--no-wait]
 *
 * `--browser` takes code-server although `code` is there; `--no-wait` (or PROVING_GROUND_NO_WAIT=1) looks whether the
 * window answers, then ends everything again.
 */
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { parseArgs } from "node:util";
import { installExtension, type Profile, quietSettings, startWorkbench, type Workbench, writeSettings } from "./code-server.ts";
import { runCommand } from "./commands.ts";
import { installedCodeServer } from "./install.ts";
import { cli, prepareLab, stopEngine } from "./lab.ts";
import { packaged, vsix } from "./packaged.ts";
import { ensurePrerequisites, MissingPrerequisites, thisMachine } from "./prerequisites.ts";

const root = path.resolve(import.meta.dirname, "../..");
const example = "tinylm";
const workspace = path.join(root, ".demo/tinylm-lab");

/** Taken when it is free, so that the address stays the same from one start to the next. */
const usualPort = 8642;

const nextClicks = `Next:
  1. Click the flask (Proving Ground) in the bar at the left edge; in Runs, click Measure Baseline.
  2. In Composer, leave the source on "Operators (no model)", which needs no key, and click Generate ideas.
  3. In Ideas, right-click an idea and choose Implement; then Review, Approve and Run in the same menu.
`;

/** Runs the environment's setup command in advance, where the engine will look for what it made. */
function prepareSetup(folder: string): void {
  console.log(`Preparing the Python environment of ${example}…`);
  runCommand(process.execPath, [cli, "env", "setup", example], { cwd: folder, show: true });
}

/** Installs the package and opens the workspace in the desktop's VS Code, which goes on by itself. */
function openDesktop(): void {
  runCommand("code", ["--install-extension", vsix, "--force"], { cwd: root, show: true });
  runCommand("code", [workspace], { cwd: root, show: true });
  console.log(`\nOpened ${workspace} in VS Code, with the extension installed.\n\n${nextClicks}`);
}

async function isFree(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => {
      resolve(false);
    });
    probe.listen(port, "127.0.0.1", () => {
      probe.close(() => {
        resolve(true);
      });
    });
  });
}

/** Installs the package unless the profile has the one with this stamp. */
async function installOnce(profile: Profile, stamp: string): Promise<void> {
  const note = path.join(profile.extensions, "installed.stamp");
  if (existsSync(note) && (await readFile(note, "utf8")) === stamp) return;
  await mkdir(profile.extensions, { recursive: true });
  await installExtension(profile, vsix);
  await writeFile(note, stamp);
}

async function startBrowserWindow(stamp: string, port: number | undefined): Promise<Workbench> {
  const profile: Profile = {
    codeServer: await installedCodeServer(),
    userData: path.join(root, ".demo/vscode/user"),
    extensions: path.join(root, ".demo/vscode/extensions"),
  };
  if (!existsSync(path.join(profile.userData, "User/settings.json"))) await writeSettings(profile.userData, quietSettings);
  await installOnce(profile, stamp);
  const chosen = port ?? ((await isFree(usualPort)) ? usualPort : 0);
  return await startWorkbench({ ...profile, folder: workspace, port: chosen });
}

/** Makes sure that the page of the workbench is served. */
async function assertAnswers(workbench: Workbench): Promise<void> {
  const response = await fetch(workbench.url, { signal: AbortSignal.timeout(30_000) });
  const page = await response.text();
  if (!response.ok || !page.includes("vscode-workbench-web-configuration")) {
    throw new Error(`VS Code at ${workbench.url} did not answer with its workbench (HTTP ${response.status})`);
  }
}

function nextSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.once(signal, () => {
        resolve();
      });
    }
  });
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { port: { type: "string" }, browser: { type: "boolean" }, "no-wait": { type: "boolean" } },
  });
  const wait = values["no-wait"] !== true && process.env.PROVING_GROUND_NO_WAIT !== "1";
  const desktop = values.browser !== true && wait && thisMachine().has("code");

  ensurePrerequisites(desktop ? ["environment"] : ["environment", "workbench"]);
  const stamp = await packaged();
  if (await prepareLab(workspace, example)) console.log(`Made the git workspace ${workspace}`);
  prepareSetup(workspace);
  if (desktop) {
    openDesktop();
    return;
  }
  const workbench = await startBrowserWindow(stamp, values.port === undefined ? undefined : Number(values.port));
  try {
    await assertAnswers(workbench);
    console.log(`\nVS Code with Proving Ground: ${workbench.url}\n\n${nextClicks}`);
    if (!wait) return;
    console.log("It is open to every account of this machine, and to nobody else. Ctrl-C ends it; runs go on.");
    await Promise.race([nextSignal(), workbench.ended]);
  } finally {
    await workbench.end();
    if (!wait) stopEngine(workspace);
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof MissingPrerequisites ? error.message : error);
  process.exitCode = error instanceof MissingPrerequisites ? 2 : 1;
}
