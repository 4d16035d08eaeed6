/** Builds the bundles and the .vsix, unless what is there was made from the very same sources. */
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { hashOf } from "./cache.ts";
import { runCommand } from "./commands.ts";

const root = path.resolve(import.meta.dirname, "../..");
const stampFile = path.join(root, "dist/package.stamp");

/** The package that {@link packaged} makes. */
export const vsix = path.join(root, "dist/proving-ground.vsix");

/** What goes into the package: folders whole, except what {@link skipped} names. */
const sources = ["extension", "webview", "envs", "media", "package.json", "package-lock.json", "build.mjs", ".vscodeignore", "README.md"];
const sourceFiles = [...sources, "LICENSE", "CHANGELOG.md"];
const skipped = new Set(["__pycache__", ".pytest_cache", ".venv", "node_modules", "tests"]);

async function filesUnder(place: string): Promise<string[]> {
  const absolute = path.join(root, place);
  if (!existsSync(absolute)) return [];
  const entries = await readdir(absolute, { withFileTypes: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR") return undefined;
    throw error;
  });
  if (entries === undefined) return [place];
  const below = entries.filter((entry) => !skipped.has(entry.name)).map((entry) => filesUnder(path.join(place, entry.name)));
  return (await Promise.all(below)).flat();
}

async function stampOfSources(): Promise<string> {
  const files = (await Promise.all(sourceFiles.map(filesUnder))).flat().sort();
  const contents = await Promise.all(files.map((file) => readFile(path.join(root, file))));
  return hashOf(process.version, ...files.flatMap((file, index) => [file, contents[index] ?? ""]));
}

async function lastStamp(): Promise<string | undefined> {
  if (!existsSync(vsix) || !existsSync(stampFile)) return undefined;
  return await readFile(stampFile, "utf8");
}

/**
 * Makes sure that dist/ and dist/proving-ground.vsix are those of the present sources.
 *
 * @returns the stamp of the sources, which changes when any of them does.
 * @throws when the build or the packaging fails; their messages have been shown.
 */
export async function packaged(): Promise<string> {
  const stamp = await stampOfSources();
  if ((await lastStamp()) === stamp) {
    console.log("dist/proving-ground.vsix is up to date.");
    return stamp;
  }
  runCommand(process.execPath, ["build.mjs", "--package"], { cwd: root, show: true });
  await mkdir(path.dirname(stampFile), { recursive: true });
  await writeFile(stampFile, stamp);
  return stamp;
}
