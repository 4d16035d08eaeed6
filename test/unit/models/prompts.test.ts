import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Prompts } from "../../../extension/engine/models/prompts.ts";

let own: string;
let bundled: string;
beforeEach(() => {
  own = mkdtempSync(path.join(tmpdir(), "pg-own-"));
  bundled = mkdtempSync(path.join(tmpdir(), "pg-bundled-"));
  writeFileSync(path.join(bundled, "fresh.md"), "<!-- For whoever edits it: {{any}} -->\nHello {{name}}, {{ what }}.\n");
});
afterEach(() => {
  for (const folder of [own, bundled]) rmSync(folder, { recursive: true });
});
const render = (values: Record<string, string>) => new Prompts([own, bundled]).render("fresh", values);

describe("a prompt", () => {
  it("is filled in, its comment left out", async () => {
    expect(await render({ name: "you", what: "{{name}}" })).toBe("Hello you, {{name}}.");
  });

  it("of the workspace wins over the bundled one", async () => {
    writeFileSync(path.join(own, "fresh.md"), "My own.");
    expect(await render({})).toBe("My own.");
  });

  it("with a placeholder that does not exist is refused with file, line and those that do", async () => {
    writeFileSync(path.join(own, "fresh.md"), "<!-- a\nb -->\nFine {{name}}\nNot {{nmae}}");
    await expect(render({ name: "x", what: "y" })).rejects.toMatchObject({
      code: "usage",
      message: `${path.join(own, "fresh.md")}:4: the prompt has an unknown placeholder {{nmae}}`,
      hint: "Known in fresh.md: name, what.",
    });
  });

  it("that is nowhere is named", async () => {
    await expect(new Prompts([own]).render("explore", {})).rejects.toThrow("the prompt explore.md is missing");
  });
});
