/** Reading objects through one git process, against real repositories that change meanwhile. */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Git } from "../../../extension/engine/git/git.ts";
import { ObjectReader } from "../../../extension/engine/git/objects.ts";
import { repository, temporaryFolder } from "./repository.ts";

test("what is committed, moved or packed after the first question is seen", async () => {
  const { top, git, write, commit } = repository({ "a.txt": "one\n" });
  const repo = new Git(top);
  const first = await repo.headCommit();
  write("a.txt", "two\n");
  const second = commit();
  expect(await repo.headCommit()).toBe(second);
  git("update-ref", "refs/proving-ground/1", first);
  expect(await repo.commitOf("refs/proving-ground/1")).toBe(first);
  git("gc", "-q", "--prune=now");
  expect(await repo.fileAt(first, "a.txt")).toBe("one\n");
  expect(await repo.fileAt(second, "a.txt")).toBe("two\n");
});

test("answers belong to their questions, however many are asked at once and however large they are", async () => {
  const sizes = [0, 1, 70_000, 3, 1_000_000, 65_536, 2];
  const files = Object.fromEntries(sizes.map((size, index) => [`${index}.bin`, Buffer.alloc(size, index)]));
  const { top, git } = repository(files);
  const reader = new ObjectReader(top);
  const names = [...sizes.keys()].flatMap((index) => [`HEAD:${index}.bin`, "no such thing", "line\nend", "f".repeat(40)]);
  const read = await Promise.all(names.map((name) => reader.read(name)));
  expect(read.map((object) => object?.bytes.length ?? null)).toEqual(sizes.flatMap((size) => [size, null, null, null]));
  expect(read[8]?.oid).toBe(git("rev-parse", "HEAD:2.bin"));
  expect(read[8]?.bytes.every((byte) => byte === 2)).toBe(true);
});

test("whoever has no more questions may end, though git's process is still there", () => {
  const { top } = repository({ "a.txt": "one\n" });
  const script = `
    import { ObjectReader } from ${JSON.stringify(join(import.meta.dirname, "../../../extension/engine/git/objects.ts"))};
    const object = await new ObjectReader(${JSON.stringify(top)}, 3_600_000).read("HEAD:a.txt");
    process.stdout.write(object.bytes);
  `;
  expect(execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" })).toBe("one\n");
});

test("a folder that is no repository, one that is gone, and a damaged object are told as what they are", async () => {
  await expect(new ObjectReader(temporaryFolder()).read("HEAD")).rejects.toMatchObject({ code: "not-a-repository" });
  await expect(new ObjectReader(join(temporaryFolder(), "gone")).read("HEAD")).rejects.toMatchObject({ code: "not-a-repository" });
  const { top, git } = repository({ "a.bin": randomBytes(100_000), "b.txt": "two\n" });
  const oid = git("rev-parse", "HEAD:a.bin");
  const file = join(top, ".git/objects", oid.slice(0, 2), oid.slice(2));
  chmodSync(file, 0o644);
  truncateSync(file, 50_000);
  const reader = new ObjectReader(top);
  await expect(reader.read(oid)).rejects.toMatchObject({ code: "internal" });
  expect((await reader.read("HEAD:b.txt"))?.bytes.toString()).toBe("two\n");
  rmSync(file);
  await expect(new Git(top).blob(oid)).rejects.toMatchObject({ code: "no-commit" });
});
