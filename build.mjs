/**
 * Bundles the extension, the engine, the CLI and the webviews into dist/, with the prompts, the icon font and the JSON Schema
 * of `environment.yaml`.
 *
 *     node build.mjs [--production] [--watch] [--package]
 *
 * `--package` builds for production and writes dist/proving-ground.vsix.
 */
import { execFileSync } from "node:child_process";
import { copyFile, glob, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import * as esbuild from "esbuild";
import { z } from "zod";

const root = import.meta.dirname;
const { values: options } = parseArgs({
  options: { production: { type: "boolean" }, watch: { type: "boolean" }, package: { type: "boolean" } },
});
const { version } = JSON.parse(await readFile(path.join(root, "package.json"), "utf8"));
const production = options.production === true || options.package === true;

/** @type {import("esbuild").BuildOptions} */
const common = {
  absWorkingDir: root,
  bundle: true,
  minify: production,
  sourcemap: production ? false : "linked",
  legalComments: "none",
  logLevel: "warning",
  outdir: "dist",
  define: { PROVING_GROUND_VERSION: JSON.stringify(version) },
};

/** @type {import("esbuild").BuildOptions} */
const node = { ...common, platform: "node", target: "node22" };

// What is bundled into an ES module may still call `require`, which such a module does not have of itself.
const requireBanner = "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

const panels = ["composer", "results"];

/** Each becomes a script and, by the style sheets it imports, a style sheet of the same name. */
const panelEntries = panels.map((name) => ({ in: `webview/${name}/main.ts`, out: `webview/${name}` }));

/**
 * The extension host runs the client's own code when a window opens; the libraries behind it lie in files of their own, which are read
 * when an engine is spoken to. Until then a schema only remembers how it is made.
 *
 * @type {import("esbuild").Plugin}
 */
const librariesLater = {
  name: "libraries later",
  setup: (build) => {
    build.onResolve({ filter: /^zod$/ }, () => ({ path: path.join(root, "extension/client/schemas/zod.ts") }));
    build.onResolve({ filter: /^\.\/used\.ts$/ }, () => ({ path: "./zod.cjs", external: true }));
    build.onResolve({ filter: /^vscode-jsonrpc\/node$/ }, () => ({ path: "./jsonrpc.cjs", external: true }));
  },
};

/** @type {import("esbuild").BuildOptions[]} */
const bundles = [
  {
    ...node,
    entryPoints: { extension: "extension/main.ts" },
    format: "cjs",
    outExtension: { ".js": ".cjs" },
    external: ["vscode"],
    plugins: [librariesLater],
    // A function of zod's that its stand-in does not know.
    logOverride: { "import-is-undefined": "error" },
  },
  {
    ...node,
    entryPoints: { zod: "extension/client/schemas/used.ts", jsonrpc: "vscode-jsonrpc/node" },
    format: "cjs",
    outExtension: { ".js": ".cjs" },
  },
  {
    ...node,
    entryPoints: { engine: "extension/engine/main.ts" },
    format: "esm",
    outExtension: { ".js": ".mjs" },
    banner: { js: requireBanner },
  },
  {
    ...node,
    entryPoints: { cli: "extension/cli/main.ts" },
    format: "esm",
    outExtension: { ".js": ".mjs" },
    banner: { js: `#!/usr/bin/env node\n${requireBanner}` },
  },
  {
    ...common,
    entryPoints: panelEntries,
    platform: "browser",
    target: ["chrome128"],
    format: "esm",
    loader: { ".ttf": "file" },
    assetNames: "webview/[name]",
  },
];

/** The icon font and its style sheet, which the webviews load as they are. */
async function copyIcons() {
  const from = path.join(root, "node_modules/@vscode/codicons/dist");
  await mkdir(path.join(root, "dist/webview"), { recursive: true });
  for (const name of ["codicon.css", "codicon.ttf"]) await copyFile(path.join(from, name), path.join(root, "dist/webview", name));
}

/** Prompts go to dist/prompts by their file name; two of the same name are an error. */
async function copyPrompts() {
  const into = path.join(root, "dist/prompts");
  await rm(into, { recursive: true, force: true });
  await mkdir(into, { recursive: true });
  const seen = new Map();
  for await (const file of glob("extension/engine/**/prompts/*.md", { cwd: root })) {
    const name = path.basename(file);
    if (seen.has(name)) throw new Error(`Two prompts are called ${name}: ${seen.get(name)} and ${file}`);
    seen.set(name, file);
    await copyFile(path.join(root, file), path.join(into, name));
  }
}

/** dist/environment.schema.json, by which the editor completes and checks `environment.yaml`. */
async function writeSchema() {
  const { Manifest, ManifestFile } = await import("./extension/protocol/manifest.ts");
  const shape = { target: "draft-7", io: "input" };
  const schema = z.toJSONSchema(ManifestFile, shape);
  const variant = z.toJSONSchema(Manifest, { ...shape, override: ({ jsonSchema }) => delete jsonSchema.required });
  delete variant.$schema;
  delete variant.properties.name;
  schema.properties.variants.additionalProperties = variant;
  await writeFile(path.join(root, "dist/environment.schema.json"), `${JSON.stringify(schema, undefined, 2)}\n`);
}

/** dist/proving-ground.vsix. */
async function writePackage() {
  const tool = path.join(root, "node_modules/.bin/vsce");
  const out = path.join(root, "dist/proving-ground.vsix");
  await rm(out, { force: true });
  execFileSync(tool, ["package", "--no-dependencies", "--allow-missing-repository", "--no-rewrite-relative-links", "--out", out], {
    cwd: root,
    stdio: "inherit",
  });
}

/** Removes earlier source maps, which a production build does not write again and which must not be packaged. */
async function removeSourceMaps() {
  for (const folder of ["dist", "dist/webview"]) {
    const names = await readdir(path.join(root, folder)).catch(() => []);
    for (const name of names) if (name.endsWith(".map")) await rm(path.join(root, folder, name));
  }
}

if (options.watch === true) {
  await Promise.all([copyIcons(), copyPrompts()]);
  await writeSchema();
  const contexts = await Promise.all(bundles.map((bundle) => esbuild.context({ ...bundle, logLevel: "info" })));
  await Promise.all(contexts.map((context) => context.watch()));
} else {
  if (production) await removeSourceMaps();
  await Promise.all([copyIcons(), copyPrompts(), ...bundles.map((bundle) => esbuild.build(bundle))]);
  await writeSchema();
  if (options.package === true) await writePackage();
}
