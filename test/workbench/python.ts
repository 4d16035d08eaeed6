/** Python environments for the tests, and the wheels from which an environment's setup installs without a network. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { cached, cacheRoot, hashOf, hashOfFiles } from "./cache.ts";
import { runCommand } from "./commands.ts";

const envs = path.resolve(import.meta.dirname, "../../envs");

/** A research environment whose Python tests can run. */
export interface PythonTests {
  readonly name: string;
  readonly folder: string;
  /** The interpreter of a virtual environment that holds what the tests need. */
  readonly python: string;
}

async function requirementsOf(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => /^requirements.*\.txt$/.test(name));
  return names.sort().map((name) => path.join(folder, name));
}

function pythonVersion(): string {
  return runCommand("python3", ["-c", "import sys; print(sys.version, sys.base_prefix)"], { cwd: envs });
}

const UV = "uv==0.13.9";

/** The folder that holds uv, which unpacks PyTorch once on this machine and links it into every environment. */
async function uvFolder(): Promise<string> {
  const venv = await cached(`uv-${hashOf(UV, pythonVersion())}`, (attempt) => {
    runCommand("python3", ["-m", "venv", attempt], { cwd: envs });
    runCommand(path.join(attempt, "bin/python"), ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV], { cwd: envs });
    return Promise.resolve();
  });
  return path.join(venv, "bin");
}

/** Where uv keeps what it fetched, and where it looks besides: where pip is told to. */
function uvPlaces(): Record<string, string> {
  const { PIP_FIND_LINKS: links } = process.env;
  return { UV_CACHE_DIR: path.join(cacheRoot(), "uv"), ...(links === undefined ? {} : { UV_FIND_LINKS: links.split(/\s+/).join(",") }) };
}

/** Folders of `envs/` that have a file of this name. */
async function environmentsWith(file: string): Promise<string[]> {
  const entries = await readdir(envs, { withFileTypes: true });
  return entries.map((entry) => entry.name).filter((name) => existsSync(path.join(envs, name, file)));
}

/** One virtual environment per research environment that has `requirements-test.txt`, made where it is missing. */
export async function pythonTests(): Promise<PythonTests[]> {
  const version = pythonVersion();
  const uv = path.join(await uvFolder(), "uv");
  const ready: PythonTests[] = [];
  for (const name of await environmentsWith("requirements-test.txt")) {
    const folder = path.join(envs, name);
    const key = await hashOfFiles(await requirementsOf(folder), version);
    const venv = await cached(`python-${name}-${key}`, (attempt) => {
      console.log(`Installing the Python packages that the tests of envs/${name} need, once on this machine…`);
      runCommand(uv, ["venv", "--quiet", "--python", "python3", attempt], { cwd: folder, env: { ...process.env, ...uvPlaces() } });
      const install = ["pip", "install", "--quiet", "--python", path.join(attempt, "bin/python"), "-r", "requirements-test.txt"];
      runCommand(uv, install, { cwd: folder, env: { ...process.env, ...uvPlaces() }, show: true });
      return Promise.resolve();
    });
    // The folder was renamed after it was filled: its python knows where it is, the scripts beside it do not.
    ready.push({ name, folder, python: path.join(venv, "bin/python") });
  }
  return ready;
}

const RAY = "ray[default]==2.58.0";

/** The interpreter of a virtual environment that holds Ray with its dashboard, made where it is missing: about a minute and 400 MB. */
export async function rayPython(): Promise<string> {
  const venv = await cached(`ray-${hashOf(RAY, pythonVersion())}`, (attempt) => {
    console.log("Installing Ray for the tests, once on this machine…");
    runCommand("python3", ["-m", "venv", attempt], { cwd: envs });
    const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", RAY];
    runCommand(path.join(attempt, "bin/python"), install, { cwd: envs, show: true });
    return Promise.resolve();
  });
  return path.join(venv, "bin/python");
}

/** Environments whose setup installs with pip, from wheels that are kept for it; the others' installs with uv, from its own cache. */
const BY_PIP = ["tinylm"];

/** Environment variables with which the environments' own setups need no network. */
export async function offlineInstalls(): Promise<Record<string, string>> {
  const version = pythonVersion();
  const folders: string[] = [];
  for (const name of BY_PIP) {
    const file = path.join(envs, name, "requirements.txt");
    folders.push(
      await cached(`wheels-${name}-${await hashOfFiles([file], version)}`, (attempt) => {
        console.log(`Downloading the wheels of envs/${name}, once on this machine…`);
        const download = ["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "-r", file, "-d", attempt];
        runCommand("python3", download, { cwd: envs, show: true });
        return Promise.resolve();
      }),
    );
  }
  // Fetches what the others need: their tests need no less.
  await pythonTests();
  return {
    ...{ PIP_NO_INDEX: "1", PIP_FIND_LINKS: folders.join(" "), PIP_DISABLE_PIP_VERSION_CHECK: "1" },
    ...{ ...uvPlaces(), UV_OFFLINE: "1", PATH: `${await uvFolder()}${path.delimiter}${process.env.PATH ?? ""}` },
  };
}
