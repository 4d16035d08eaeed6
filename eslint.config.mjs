// Lints the TypeScript of all rooms and enforces which room may import which (see CONTRIBUTING.md).
import js from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import ts from "typescript-eslint";

/** Forbids imports by pattern in the files of one room. */
function layer(files, forbidden, because) {
  return {
    files: [files].flat(),
    rules: { "@typescript-eslint/no-restricted-imports": ["error", { patterns: [{ group: forbidden, message: because }] }] },
  };
}

const VSCODE = ["vscode", "vscode/**"];
const OTHER_ROOMS = {
  protocol: ["**/client/**", "**/engine/**", "**/cli/**", "**/webview/*/**", "!**/protocol/**", "!./**", ...VSCODE],
  client: [
    "**/engine/**",
    "!**/client/engine/**",
    "!./**",
    "**/cli/**",
    "**/webview/composer/**",
    "**/webview/results/**",
    "**/webview/shared/**",
  ],
  engine: ["**/client/**", "**/cli/**", "**/webview/composer/**", "**/webview/results/**", ...VSCODE],
};
const leaf = (room) =>
  ["store", "compute", "models", "analysis", "ideator", "implementer", "scheduler", "search"]
    .filter((other) => other !== room)
    .map((other) => `**/${other}/**`);

export default defineConfig(
  globalIgnores(["dist/**", "node_modules/**", "test/workbench/node_modules/**", ".demo/**", "test-results/**"]),
  js.configs.recommended,
  {
    files: ["**/*.mjs"],
    languageOptions: {
      globals: {
        process: "readonly",
        console: "readonly",
        URL: "readonly",
        setTimeout: "readonly",
        clearTimeout: "readonly",
        fetch: "readonly",
        AbortSignal: "readonly",
        Buffer: "readonly",
      },
    },
  },
  {
    files: ["**/*.ts"],
    extends: [ts.configs.strictTypeChecked, ts.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      complexity: ["error", 20],
      "max-lines": ["error", { max: 400, skipBlankLines: true, skipComments: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/consistent-type-definitions": "off",
      "no-console": "error",
    },
  },
  {
    files: ["test/**/*.ts"],
    rules: { "@typescript-eslint/no-unsafe-assignment": "off", "no-console": "off", "@typescript-eslint/no-non-null-assertion": "off" },
  },
  layer("extension/protocol/**/*.ts", OTHER_ROOMS.protocol, "The protocol imports nobody."),
  layer(
    "extension/client/**/*.ts",
    ["**/engine/*/**", "**/cli/**", "**/webview/shared/**"],
    "The client knows the engine through the protocol only.",
  ),
  layer("extension/cli/**/*.ts", [...VSCODE, "**/client/**", "**/webview/shared/**"], "The CLI speaks the protocol."),
  layer(["webview/**/*.ts"], [...VSCODE, "**/client/**", "**/engine/**", "**/cli/**", "node:*"], "A webview knows the protocol only."),
  layer("extension/engine/*.ts", OTHER_ROOMS.engine, "The engine imports neither an editor nor its clients."),
  ...["store", "compute", "models", "analysis"].map((room) =>
    layer(
      `extension/engine/${room}/**/*.ts`,
      [...OTHER_ROOMS.engine, ...leaf(room)],
      `${room} knows none of the other rooms of the engine.`,
    ),
  ),
  ...["ideator", "implementer", "scheduler"].map((room) =>
    layer(
      `extension/engine/${room}/**/*.ts`,
      [
        ...OTHER_ROOMS.engine,
        ...["ideator", "implementer", "scheduler", "search"].filter((other) => other !== room).map((other) => `**/${other}/**`),
      ],
      `${room} uses store, compute, models and analysis, and no neighbour.`,
    ),
  ),
  layer(
    "extension/engine/environments/**/*.ts",
    [...OTHER_ROOMS.engine, "**/ideator/**", "**/implementer/**", "**/scheduler/**", "**/search/**"],
    "Environments know none of the executor's parts.",
  ),
  layer("extension/engine/search/**/*.ts", OTHER_ROOMS.engine, "The engine imports neither an editor nor its clients."),
);
