/** A real git repository in a temporary folder, isolated from the identity and settings of whoever runs the tests. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

process.env.GIT_CONFIG_GLOBAL = "/dev/null";
process.env.GIT_CONFIG_NOSYSTEM = "1";

export interface TestRepository {
  top: string;
  git: (...args: string[]) => string;
  write: (path: string, content: string | Buffer) => void;
  /** Commits everything with an identity given for this one commit only. */
  commit: (message?: string) => string;
}

/** An empty folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "proving-ground-test-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function repository(files: Record<string, string | Buffer> = {}): TestRepository {
  const top = temporaryFolder();
  const git = (...args: string[]) => execFileSync("git", args, { cwd: top, encoding: "utf8" }).trim();
  git("init", "-q", "-b", "main");
  const made: TestRepository = {
    top,
    git,
    write(path, content) {
      mkdirSync(dirname(join(top, path)), { recursive: true });
      writeFileSync(join(top, path), content);
    },
    commit(message = "baseline") {
      git("add", "-A");
      git("-c", "user.name=T", "-c", "user.email=t@localhost", "-c", "commit.gpgSign=false", "commit", "-q", "-m", message);
      return git("rev-parse", "HEAD");
    },
  };
  for (const [path, content] of Object.entries(files)) made.write(path, content);
  if (Object.keys(files).length > 0) made.commit();
  return made;
}
