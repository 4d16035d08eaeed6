import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Exit, Job, JobRef } from "../../../extension/engine/compute/compute.ts";
import { LocalCompute } from "../../../extension/engine/compute/local.ts";
import { quote } from "../../../extension/engine/compute/job-files.ts";
import { BASE, folder, job, over, said } from "./place.ts";

/** A machine's user with a home, a repository in it and a lab in that. */
function lab(environment: Record<string, string> = {}) {
  const home = folder();
  const write = (path: string, content: string) => {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), content);
  };
  const repository = join(home, "projects/repository");
  write(".ssh/id_ed25519", "sekret ssh");
  write(".aws/credentials", "sekret aws");
  write(".netrc", "sekret netrc");
  write("projects/other/notes", "sekret notes");
  write("projects/repository/.git/config", "sekret git");
  write("projects/repository/.proving-ground/lab.db", "sekret lab");
  write("projects/repository/.proving-ground/runs/6/code/train.py", "sekret run");
  const variables = { PATH: `${BASE.PATH}:${dirname(process.execPath)}`, HOME: home, ...environment };
  const compute = new LocalCompute({ environment: variables, sandbox: "on", hidden: [repository] });
  const contained = (command: string, more: Partial<Job> = {}): Job => {
    const at = join(repository, ".proving-ground/runs/7");
    mkdirSync(join(at, "code/env"), { recursive: true });
    return job(at, command, { cwd: "code/env", containment: { kind: "sandbox", network: false, readable: [] }, ...more });
  };
  const run = async (command: string, more: Partial<Job> = {}) => {
    const ref = await compute.submit(contained(command, more));
    return { ref, exit: ended(await over(compute, ref)), log: logOf(ref) };
  };
  return { home, repository, compute, contained, run, write };
}

function ended(state: Awaited<ReturnType<typeof over>>): Exit {
  if (state.state !== "ended") throw new Error(`not ended but ${JSON.stringify(state)}`);
  return state.exit;
}

const logOf = (ref: JobRef) => readFileSync(join(ref.directory, "stdout.log"), "utf8");

const supervisorOf = (ref: JobRef) => Number(readFileSync(join(ref.directory, "started"), "utf8").split("\n")[0]);

/** Processes of the machine whose variables name a job's folder. */
function processesOf(ref: JobRef): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, "utf8").includes(`PROVING_GROUND_JOB=${ref.directory}/`);
    } catch {
      return false;
    }
  });
}

async function listening(server: Server, at: string | number): Promise<number> {
  server.listen(typeof at === "string" ? { path: at } : { port: at, host: "127.0.0.1" });
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** A Node program that says whether it can connect. */
const connect = (to: string) =>
  `node -e ${quote(`require("net").connect(${to}).on("connect", () => { console.log("connected"); process.exit() }).on("error", (e) => { console.log(e.code); process.exit() })`)}`;

test("this machine contains runs", async () => {
  expect(await lab().compute.probe()).toMatchObject({ containment: "sandbox", uncontained: null, problem: null });
});

describe("a contained run reads nothing of", () => {
  test("the home, its secrets, other projects, the repository and other runs", async () => {
    const { home, repository, run } = lab();
    const places = [".ssh/id_ed25519", ".aws/credentials", ".netrc", "projects/other/notes"].map((path) => join(home, path));
    places.push(...[".git/config", ".proving-ground/lab.db", ".proving-ground/runs/6/code/train.py"].map((path) => join(repository, path)));
    const { log, exit } = await run(
      `for at in ${places.map(quote).join(" ")}; do cat "$at"; done; ls -A "$HOME" "$HOME/.ssh"; grep -rs s[e]kret "$HOME" ../..; exit 0`,
    );
    expect(exit).toMatchObject({ code: 0 });
    expect(log).not.toMatch(/sekret/);
    expect(log.match(/No such file or directory/g)).toHaveLength(places.length + 1);
    expect(log).toContain(`${home}:\nprojects\n`);
  });

  test("the real home, temporary files, and the machine's own secrets", async () => {
    const kept = folder();
    writeFileSync(join(kept, "file"), "sekret file");
    const files = readdirSync(homedir(), { withFileTypes: true }).flatMap(({ name, parentPath }) =>
      name.startsWith(".bash") || name === ".profile" || name === ".ssh" ? [join(parentPath, name)] : [],
    );
    const places = [...files, join(kept, "file"), "/etc/shadow"];
    const { log } = await lab().run(
      `for at in ${places.map(quote).join(" ")}; do cat "$at" 2> /dev/null; done; [ ! -e /run/user ] || echo shown; ls -A /var/tmp`,
    );
    expect(log).toBe("");
  });

  test("what it may read, never the secrets in it", async () => {
    const { run, write, home } = lab();
    write(".cache/huggingface/hub/model", "weights");
    write(".cache/huggingface/token", "sekret token");
    const containment = { kind: "sandbox" as const, network: false, readable: ["~/.cache/huggingface", "~/none"] };
    const { log } = await run("cat ~/.cache/huggingface/hub/model; cat ~/.cache/huggingface/token; touch ~/.cache/huggingface/new", {
      containment,
    });
    expect(log).toMatch(/^weights/);
    expect(log).not.toMatch(/sekret/);
    expect(log).toMatch(/Read-only file system/);
    expect(existsSync(join(home, ".cache/huggingface/new"))).toBe(false);
  });
});

test("a contained run that prints its variables shows no secret", async () => {
  const { home, run } = lab({ OPENAI_API_KEY: "sekret", SSH_AUTH_SOCK: "/run/sekret", DATABASE_URL: "sekret", LANG: "C" });
  const { log } = await run("env; cat /proc/*/environ | tr '\\0' '\\n'", { variables: { SEED: "1" } });
  expect(log).not.toMatch(/sekret/);
  expect(log.split("\n")).toEqual(expect.arrayContaining([`HOME=${home}`, "SEED=1", "LANG=C"]));
});

describe("a run that asks to read", () => {
  for (const [path, words] of [
    ["~/.ssh", /passwords and keys/],
    ["~/.config/gcloud", /passwords and keys/],
    ["~/", /home folder/],
    ["/", /home folder/],
  ] as const) {
    test(`${path} is refused in words`, async () => {
      const { compute, contained, write } = lab();
      write(".config/gcloud/token", "sekret");
      const containment = { kind: "sandbox" as const, network: false, readable: [path] };
      await expect(compute.submit(contained("true", { containment }))).rejects.toMatchObject({
        code: "manifest",
        message: expect.stringMatching(words),
      });
    });
  }
});

describe("a contained run writes", () => {
  test("its code, log and metrics, and nothing else that stays", async () => {
    const { home, repository, run } = lab();
    const { ref, log, exit } = await run(
      `echo made > result; mkdir -p ../more && echo x > ../more/y; echo '{"loss": 1}' >> "$PROVING_GROUND_METRICS"; echo again >> "$PROVING_GROUND_JOB/stdout.log"
      echo cache > ~/kept && cat ~/kept; echo t > /tmp/t && cat /tmp/t; echo s > /dev/shm/s && cat /dev/shm/s
      for at in ${[home, repository].map((at) => quote(join(at, "projects/x"))).join(" ")} /usr/x /etc/x /var/x /x; do echo no > "$at"; done; exit 0`,
    );
    expect(exit.code).toBe(0);
    expect(readFileSync(join(ref.directory, "code/env/result"), "utf8")).toBe("made\n");
    expect(readFileSync(join(ref.directory, "code/more/y"), "utf8")).toBe("x\n");
    expect(readFileSync(join(ref.directory, "metrics.jsonl"), "utf8")).toBe('{"loss": 1}\n');
    expect(log).toMatch(/again\n(.*\n)*cache\nt\ns\n/);
    for (const at of [join(home, "kept"), join(home, "projects/x"), join(repository, "projects"), "/usr/x", "/etc/x", "/var/x", "/x"]) {
      expect(existsSync(at)).toBe(false);
    }
  });

  test("nothing of its own record, limit and supervisor", async () => {
    const { run, repository } = lab();
    const { exit, log, ref } = await run(
      `cd ../..; echo '{}' > exit.json; rm -f exit.reserve run.sh job.json started; mv run.sh x; echo exit > run.sh; echo x > plan.json; mkdir y; exit 3`,
      { timeout: 30 },
    );
    expect(exit).toMatchObject({ code: 3, reason: "exited", left: [] });
    expect(log.match(/Read-only file system/g)?.length).toBeGreaterThanOrEqual(8);
    expect(readdirSync(ref.directory).sort()).toEqual([
      "code",
      "exit.json",
      "job.json",
      "metrics.jsonl",
      "run.sh",
      "started",
      "stdout.log",
    ]);
    expect(readdirSync(join(repository, ".proving-ground/runs")).sort()).toEqual(["6", "7"]);
  });
});

describe("a contained run reaches", () => {
  test("no network but its own loopback", async () => {
    const port = await listening(createServer().unref(), 0);
    const { run } = lab();
    const within = `const s = require("net").createServer().listen(0, "127.0.0.1", () => require("net").connect(s.address().port, "127.0.0.1", () => { console.log("own loopback"); process.exit() }))`;
    const { log } = await run(
      `${connect(`${port}, "127.0.0.1"`)}; ${connect('80, "192.0.2.1"')}; node -p 'Object.keys(require("os").networkInterfaces()).join()'; node -e ${quote(within)}`,
    );
    expect(log).toBe("ECONNREFUSED\nENETUNREACH\nlo\nown loopback\n");
  });

  test("the network where the manifest asks for it", async () => {
    const port = await listening(
      createServer((socket) => socket.end()),
      0,
    );
    const { run } = lab();
    const { log } = await run(connect(`${port}, "127.0.0.1"`), { containment: { kind: "sandbox", network: true, readable: [] } });
    expect(log).toBe("connected\n");
  });

  test("no socket of a daemon in the home or among temporary files", async () => {
    const { home, run } = lab();
    mkdirSync(join(home, ".docker/run"), { recursive: true });
    const sockets = [join(home, ".docker/run/docker.sock"), join(folder(), "agent")];
    for (const path of sockets) await listening(createServer().unref(), path);
    const { log } = await run(sockets.map((path) => connect(JSON.stringify(path))).join(";"), {
      containment: { kind: "sandbox", network: true, readable: [] },
    });
    expect(log).toBe("ENOENT\nENOENT\n");
  });

  test("no process but its own: it can neither see nor end its supervisor", async () => {
    const { run } = lab();
    const { exit, log } = await run(
      `read -r pid < ../../started; kill -KILL "$pid" && echo killed; ls /proc | grep -c '^[0-9]'; cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -c v[i]test
       sleep 60 & kill -KILL -1; echo gone`,
    );
    expect(log).toMatch(/No such process/);
    expect(log).not.toMatch(/killed/);
    const [processes, others] = log.split("\n").filter((line) => /^\d+$/.test(line));
    expect(Number(processes)).toBeLessThan(6);
    expect(others).toBe("0");
    expect(exit).toMatchObject({ reason: "exited", left: [] });
  });
});

describe("what a contained run needs of the home is there, read-only:", () => {
  test("its data, and the folder of its setup", async () => {
    const { home, repository, run, write } = lab();
    write("corpora/text/a", "words\n");
    write("projects/repository/.proving-ground/setup/k/files/model", "weights\n");
    const data = [{ name: "text", source: "~/corpora/text", path: "data/text" }];
    const variables = { PROVING_GROUND_SETUP: join(repository, ".proving-ground/setup/k/files") };
    const { log } = await run('cat data/text/a "$PROVING_GROUND_SETUP/model"; touch data/text/b "$PROVING_GROUND_SETUP/b"; ls ~/corpora', {
      data,
      variables,
    });
    expect(log).toMatch(/^words\nweights\n/);
    expect(log.match(/Read-only file system/g)).toHaveLength(2);
    expect(log).toMatch(/\ntext\n$/);
    expect(existsSync(join(home, "corpora/text/b"))).toBe(false);
  });

  test("programs on its PATH, and the interpreters that virtual environments link to, link by link", async () => {
    const { home, repository, run, write } = lab();
    // As uv has it: an interpreter of its own, a link with a shorter name to it, and an environment that leads there.
    write("share/uv/python/cpython-3.12.1/lib/python3.12/os.py", "library");
    write(
      "share/uv/python/cpython-3.12.1/bin/python3.12",
      '#!/bin/sh\necho "python $(cat "$(dirname "$(readlink -f "$0")")/../lib/python3.12/os.py")"\n',
    );
    execFileSync("chmod", ["+x", join(home, "share/uv/python/cpython-3.12.1/bin/python3.12")]);
    symlinkSync("cpython-3.12.1", join(home, "share/uv/python/cpython-3.12"));
    const setup = join(repository, ".proving-ground/setup/k/files");
    write(
      "projects/repository/.proving-ground/setup/k/files/venv/pyvenv.cfg",
      `home = ${join(home, "share/uv/python/cpython-3.12/bin")}\n`,
    );
    mkdirSync(join(setup, "venv/bin"));
    symlinkSync(join(home, "share/uv/python/cpython-3.12/bin/python3.12"), join(setup, "venv/bin/python"));
    write("bin/tool", "#!/bin/sh\necho tool\n");
    execFileSync("chmod", ["+x", join(home, "bin/tool")]);
    const variables = { PROVING_GROUND_SETUP: setup, PATH: `${join(home, "bin")}:${BASE.PATH}` };
    const { log } = await run('"$PROVING_GROUND_SETUP/venv/bin/python"; tool; ls -A ~', { variables });
    expect(log).toBe("python library\ntool\nbin\nprojects\nshare\n");
  });
});

describe("a contained run's end", () => {
  test("tells exit codes and signals as any other's", async () => {
    expect((await lab().run("exit 3")).exit).toMatchObject({ code: 3, signal: null, reason: "exited" });
    expect((await lab().run("kill -SEGV $$")).exit).toMatchObject({ code: 139, signal: "SEGV", reason: "exited" });
    expect((await lab().run("no-such-program")).exit).toMatchObject({ code: 127, signal: null });
    expect((await lab().run("trap 'echo tidied; exit 5' TERM; sleep 60 & wait", { timeout: 0.5 })).exit).toMatchObject({
      code: 5,
      reason: "timeout",
    });
  });

  test("at the time limit leaves nothing, whatever it ignores, stops or hides", async () => {
    const { run } = lab();
    const command = `trap '' TERM; (env -i setsid sh -c 'trap "" TERM; sleep 60; sleep 60' &); (sleep 60 & kill -STOP $!); sleep 60; sleep 60`;
    const { exit, ref } = await run(command, { timeout: 0.5, grace: 0.3 });
    expect(exit).toMatchObject({ reason: "timeout", signal: "KILL", left: [] });
    expect(processesOf(ref)).toEqual([]);
  });

  test("when stopped lets it tidy up", async () => {
    const { compute, contained } = lab();
    const ref = await compute.submit(contained("trap 'echo tidied; exit 5' TERM; echo up; sleep 60 & wait"));
    await said(compute, ref, "up");
    await compute.cancel(ref);
    expect(ended(await over(compute, ref))).toMatchObject({ code: 5, reason: "stopped", left: [] });
    expect(logOf(ref)).toMatch(/tidied/);
    expect(processesOf(ref)).toEqual([]);
  });

  test("comes with its supervisor's, should that be killed", async () => {
    const { compute, contained } = lab();
    const ref = await compute.submit(contained("trap '' TERM; echo up; sleep 60; sleep 60"));
    await said(compute, ref, "up");
    process.kill(supervisorOf(ref), "SIGKILL");
    expect(await over(compute, ref)).toMatchObject({ state: "lost" });
    expect(processesOf(ref)).toEqual([]);
  });
});

describe("a contained run that has too much is ended and says so:", () => {
  test("one that forks without end", async () => {
    const { run } = lab();
    const { exit, log, ref } = await run("bomb() { bomb | bomb & }; bomb; sleep 60", { processes: 100 });
    expect(exit).toMatchObject({ reason: "processes", left: [] });
    expect(log).toMatch(/proving-ground: the run had (\d+ processes, more than the 100 it may have|so many processes)/);
    expect(processesOf(ref)).toEqual([]);
    // Root's jobs have a control group, named by their supervisor's number, which goes with the last of them.
    const group = `/sys/fs/cgroup/pids/proving-ground.${String(supervisorOf(ref))}`;
    while (existsSync(group)) await new Promise((resolve) => setTimeout(resolve, 20));
  });

  const eat = (what: string) => `node -e ${quote(`${what}; setTimeout(() => console.log("never"), 60000)`)}`;
  for (const [where, command] of [
    ["in its own pages", eat("globalThis.all = Buffer.alloc(400 << 20, 1)")],
    ["in files kept in memory", "head -c 400M /dev/zero > /dev/shm/big; sleep 60; echo never"],
  ] as const) {
    test(`one that eats memory ${where}`, async () => {
      const resources = { gpus: 0, gpuMemory: null, cpus: 1, memory: 0.25, nodes: 1 };
      const { exit, log } = await lab().run(command, { resources });
      expect(exit).toMatchObject({ reason: "memory", left: [] });
      expect(log).toMatch(/proving-ground: the run had \d+ MiB of memory, more than the 256 MiB it may have \(`resources.memory`\)/);
      expect(log).not.toMatch(/never/);
    });
  }

  test("one that shares its memory with its workers has no more than it has", async () => {
    const program =
      "m = b'x' * (150 << 20)\nimport os\nfor i in range(4):\n  if os.fork() == 0:\n    os.read(0, 1); os._exit(0)\nos.read(0, 1)";
    const { compute, contained } = lab();
    const resources = { gpus: 0, gpuMemory: null, cpus: 1, memory: 0.35, nodes: 1 };
    const ref = await compute.submit(contained(`mkfifo go; echo up; python3 -c ${quote(program)} < go; echo done`, { resources }));
    await said(compute, ref, "up");
    const writer = spawn("sh", ["-c", 'exec 3> "$1"; read -r line', "sh", join(ref.directory, "code/env/go")], {
      stdio: ["pipe", "ignore", "inherit"],
    });
    onTestFinished(() => void writer.kill());
    await looked(ref, 3);
    writer.stdin.end("\n");
    expect(ended(await over(compute, ref))).toMatchObject({ code: 0, reason: "exited" });
  });

  /** Resolves when the watch over a job has slept a number of times more, so has looked as often. */
  async function looked(ref: JobRef, times: number): Promise<void> {
    const seen = new Set<string>();
    while (seen.size <= times) {
      for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
        try {
          const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
          if (!environment.includes(`PROVING_GROUND_LIMIT=${ref.directory}/`)) continue;
          if (readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith("sleep\0")) seen.add(pid);
        } catch {
          // Gone meanwhile.
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
});

describe("a machine without bubblewrap", () => {
  const without = (sandbox: "auto" | "on" | "off") => new LocalCompute({ environment: { PATH: folder() }, sandbox });

  test("says so, and is of no use only where runs must be contained", async () => {
    const missing = expect.stringMatching(/bubblewrap is not installed.*apt install bubblewrap/);
    expect(await without("auto").probe()).toMatchObject({ containment: null, uncontained: missing, problem: null });
    expect(await without("on").probe()).toMatchObject({ containment: null, uncontained: missing, problem: missing });
    expect(await without("off").probe()).toMatchObject({
      containment: null,
      uncontained: expect.stringMatching(/turned off/),
      problem: null,
    });
  });

  test("never runs uncontained what is to be contained", async () => {
    const containment = { kind: "sandbox" as const, network: false, readable: [] };
    await expect(without("auto").submit(job(folder(), "true", { containment }))).rejects.toMatchObject({ code: "unsupported-platform" });
  });

  test("says what bubblewrap complains of", async () => {
    const bin = folder();
    writeFileSync(join(bin, "bwrap"), "#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n", { mode: 0o755 });
    const { uncontained } = await new LocalCompute({ environment: { PATH: `${bin}:/usr/bin:/bin` }, sandbox: "auto" }).probe();
    expect(uncontained).toMatch(/bubblewrap does not work here \(bwrap: setting up uid map: Permission denied\)/);
  });
});
