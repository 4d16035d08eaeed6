/** Shows in a sandbox the programs that a job needs though they lie in a hidden place: interpreters, virtual environments, their libraries. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { trace, type View, within } from "./sandbox-view.ts";

/** Looked for where everything is shown anyway, for they may be links into a home. */
const COMMON = ["python", "python3", "uv", "conda", "node"];

const INTERPRETER = /^(python[\d.]*|pypy[\d.]*|uv|uvx|conda|mamba|micromamba|node|julia)$/;

/** How deep in a setup's folder its virtual environments may lie. */
const DEPTH = 2;

export interface Needs {
  environment: Readonly<Record<string, string>>;
  /** Real path. */
  home: string;
  /** Never shown, nor anything in them. */
  secrets: readonly string[];
}

export function showNeeds(view: View, needs: Needs): void {
  const { environment } = needs;
  for (const folder of split(environment.PATH)) showPrograms(view, needs, folder);
  for (const folder of split(environment.LD_LIBRARY_PATH)) showFolder(view, needs, folder);
  for (const name of ["PYENV_ROOT", "UV_PYTHON_INSTALL_DIR"]) showFolder(view, needs, environment[name]);
  for (const name of ["VIRTUAL_ENV", "CONDA_PREFIX", "PROVING_GROUND_SETUP"]) {
    const folder = showFolder(view, needs, environment[name]);
    if (folder !== null) showVirtualEnvironments(view, needs, folder, DEPTH);
  }
  // Where `pip install --user` puts what Python finds by itself.
  const local = join(needs.home, ".local");
  if (existsSync(join(local, "lib"))) showFolder(view, needs, join(local, "lib"));
}

function split(list: string | undefined): string[] {
  return (list ?? "").split(":").filter((folder) => folder.startsWith("/"));
}

/** @returns its real path, null where it is not shown */
function showFolder(view: View, needs: Needs, folder: string | undefined): string | null {
  if (!folder?.startsWith("/")) return null;
  const real = trace(folder)?.real;
  return real === undefined || !showable(needs, real) ? null : view.show(folder);
}

/** A folder that holds neither the home nor is a secret or in one. */
function showable({ home, secrets }: Needs, real: string): boolean {
  return !within(home, real) && !secrets.some((secret) => within(real, secret));
}

/** A folder of programs; with it what they belong to, and where its interpreters lead. */
function showPrograms(view: View, needs: Needs, folder: string): void {
  const real = showFolder(view, needs, folder);
  if (real === null) return;
  showInstallation(view, needs, dirname(real));
  const names = view.differs(real) ? entries(real).filter((name) => INTERPRETER.test(name)) : COMMON;
  for (const name of names) showProgram(view, needs, join(folder, name));
  const configuration = join(dirname(real), "pyvenv.cfg");
  if (existsSync(configuration)) showBase(view, needs, configuration);
}

/** A program with the links that lead to it and the installation it is part of. */
function showProgram(view: View, needs: Needs, path: string): void {
  const real = view.lead(path);
  if (real === null || !showable(needs, real)) return;
  view.show(real);
  if (basename(dirname(real)) === "bin") showInstallation(view, needs, dirname(dirname(real)));
}

/** A folder that is an installation of an interpreter, known by what it holds; anything else may hold what is nobody's business. */
function showInstallation(view: View, needs: Needs, folder: string): void {
  if (folder === join(needs.home, ".local") || !showable(needs, folder)) return;
  const marked =
    ["pyvenv.cfg", "conda-meta", "shims", "lib/node_modules"].some((mark) => existsSync(join(folder, mark))) ||
    entries(join(folder, "lib")).some((name) => /^(python|pypy)\d/.test(name));
  if (marked) view.show(folder);
}

function showVirtualEnvironments(view: View, needs: Needs, folder: string, depth: number): void {
  const configuration = join(folder, "pyvenv.cfg");
  if (existsSync(configuration)) {
    showPrograms(view, needs, join(folder, "bin"));
    return;
  }
  if (depth === 0) return;
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) showVirtualEnvironments(view, needs, join(folder, entry.name), depth - 1);
    }
  } catch {
    // Not readable for us, so neither for the job.
  }
}

/** The Python that a virtual environment was made from. */
function showBase(view: View, needs: Needs, configuration: string): void {
  const home = /^home\s*=\s*(\/.*?)\s*$/m.exec(readFileSync(configuration, "utf8"))?.[1];
  if (home === undefined) return;
  const real = view.lead(home);
  if (real === null || !showable(needs, real)) return;
  view.show(home);
  if (basename(real) === "bin") showInstallation(view, needs, dirname(real));
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
