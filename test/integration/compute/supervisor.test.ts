import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Exit, Job } from "../../../extension/engine/compute/compute.ts";
import { readExit } from "../../../extension/engine/compute/exit.ts";
import { LocalCompute } from "../../../extension/engine/compute/local.ts";
import { quote, RESERVED } from "../../../extension/engine/compute/job-files.ts";
import { supervisorScript } from "../../../extension/engine/compute/supervisor.ts";
import { processIdentities } from "../../../extension/engine/compute/identity.ts";
import { BASE, folder, job, living, over, said, sleepers } from "./place.ts";

/** Executes a job as a host would that starts its supervisor with whatever variables it has, and waits for its end. */
async function execute(todo: Job, environment: NodeJS.ProcessEnv = BASE, shell = "sh"): Promise<{ exit: Exit; log: string }> {
  writeFileSync(join(todo.directory, "run.sh"), supervisorScript(todo));
  writeFileSync(join(todo.directory, "exit.reserve"), `${" ".repeat(RESERVED - 1)}\n`);
  const { status, stderr } = spawnSync(shell, [join(todo.directory, "run.sh")], { env: environment, encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const exit = await readExit(todo.directory);
  if (exit === null || exit === "unreadable") throw new Error("no record");
  return { exit, log: readFileSync(join(todo.directory, "stdout.log"), "utf8") };
}

/** The variables that a job printed with `env -0`. */
const printed = (log: string) =>
  Object.fromEntries(
    log
      .split("\0")
      .filter(Boolean)
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );

describe("the variables around a supervisor", () => {
  const secrets = {
    ...{ OPENAI_API_KEY: "sekret-1", HF_TOKEN: "sekret-2", AWS_SECRET_ACCESS_KEY: "sekret-3", DATABASE_URL: "postgres://me:sekret-4@db" },
    ...{ SLURM_JWT: "sekret-5", CUDA_API_KEY: "sekret-6", NVIDIA_AUTH: "sekret-7", LC_Password: "sekret-8", OMP_token: "sekret-9" },
    ...{ "BASH_FUNC_x%%": "() { echo sekret-10; }", "odd name": "sekret-11", "a.b-c": "sekret-12", SSH_AUTH_SOCK: "/run/sekret-13" },
    ...{
      MULTI: "one\nexport PATH='/sekret-14'\nexport SLURM_X=sekret-15\n",
      _: "sekret-16",
      GITHUB_PAT: "sekret-17",
      BASH_ENV: "/sekret-18",
    },
    ...{ ENV: "/sekret-19", LD_PRELOAD: "", PYTHONSTARTUP: "/sekret-20", PROMPT_COMMAND: "sekret-21", "PATH\nX": "sekret-22" },
  };

  for (const shell of ["sh", "bash"]) {
    test(`reach a job only where they may, whatever their names and values (${shell})`, async () => {
      const at = folder();
      const allowed = {
        HOME: at,
        LC_ALL: "C",
        TZ: "UTC",
        CUDA_HOME: "/cuda",
        SLURM_JOB_ID: "7",
        MASTER_ADDR: "n1",
        LANG: 'it\'s "$x" `y` \\\nz',
      };
      const { log } = await execute(job(at, "env -0", { variables: { SEED: "1", TZ: "CET" } }), { ...BASE, ...secrets, ...allowed }, shell);
      expect(log).not.toMatch(/sekret/);
      // Without what some shells set themselves.
      const { PWD, ...rest } = Object.fromEntries(Object.entries(printed(log)).filter(([name]) => name !== "SHLVL" && name !== "_"));
      expect(PWD).toBe(at);
      expect(rest).toEqual({
        ...{ ...BASE, ...allowed, SEED: "1", TZ: "CET" },
        ...{ PROVING_GROUND_RUN: "7", PROVING_GROUND_METRICS: join(at, "metrics.jsonl"), PROVING_GROUND_JOB: `${at}/` },
      });
    });
  }

  test("show a setup proxies besides, and no secret", async () => {
    const around = { ...BASE, ...secrets, https_proxy: "http://proxy", PIP_INDEX_URL: "https://pypi", PIP_PASSWORD: "sekret" };
    const { log } = await execute(job(folder(), "env -0", { purpose: "setup" }), around);
    expect(log).not.toMatch(/sekret/);
    expect(printed(log)).toMatchObject({ https_proxy: "http://proxy", PIP_INDEX_URL: "https://pypi" });
  });
});

describe("commands before a run", () => {
  test("share its shell, and its own variables win over theirs", async () => {
    const at = folder();
    writeFileSync(join(at, "activate"), 'export VENV=on CUDA_VISIBLE_DEVICES=all\nhello() { echo "hello $1"; }\n');
    const { exit, log } = await execute(
      job(at, 'hello "$VENV $CUDA_VISIBLE_DEVICES"', {
        prelude: `source ${quote(join(at, "activate"))}`,
        variables: { CUDA_VISIBLE_DEVICES: "1" },
      }),
    );
    expect({ log, code: exit.code }).toEqual({ log: "hello on 1\n", code: 0 });
  });

  test("that fail end it with their exit code, and the log says so", async () => {
    const { exit, log } = await execute(job(folder(), "echo never", { prelude: "echo before\nfalse\n(exit 9)" }));
    expect(exit).toMatchObject({ code: 9, reason: "exited" });
    expect(log).toBe(
      "before\nproving-ground: the commands before the run (`prelude` of its target) failed with exit code 9, so it was not begun\n",
    );
  });

  test("find `module` where a cluster has it", async () => {
    const at = folder();
    mkdirSync(join(at, "init"));
    writeFileSync(join(at, "init/bash"), 'module() { echo "module $*"; }\n');
    const { log } = await execute(job(at, "echo run", { prelude: "module load cuda" }), { ...BASE, MODULESHOME: at });
    expect(log).toBe("module load cuda\nrun\n");
  });
});

describe("data", () => {
  test("appears as a link to its folder on the target", async () => {
    const [at, home] = [folder(), folder()];
    mkdirSync(join(home, "corpus it's"));
    writeFileSync(join(home, "corpus it's/text"), "words\n");
    mkdirSync(join(at, "code"));
    const data = [{ name: "corpus", source: "~/corpus it's", path: "data/raw/corpus" }];
    const { exit, log } = await execute(job(at, "cat data/raw/corpus/text", { cwd: "code", data }), { ...BASE, HOME: home });
    expect({ log, code: exit.code }).toEqual({ log: "words\n", code: 0 });
    expect(readlinkSync(join(at, "code/data/raw/corpus"))).toBe(join(home, "corpus it's"));
  });

  test("that is missing ends the job before it begins, with the place to say where it is", async () => {
    const at = folder();
    const data = [{ name: "corpus", source: "/nowhere/corpus", path: "corpus" }];
    const { exit, log } = await execute(job(at, "echo never", { data }));
    expect(exit).toMatchObject({ code: 126, reason: "launch", left: [] });
    expect(log).toContain(`proving-ground: the data folder corpus is missing: there is no folder /nowhere/corpus on ${hostname()}.`);
    expect(log).toMatch(/provingGround\.compute\.targets.*`data`.*environment\.yaml/);
    expect(log).not.toMatch(/never/);
  });

  test("never takes the place of code, nor follows its links elsewhere", async () => {
    for (const [make, path, words] of [
      [(code: string) => writeFileSync(join(code, "corpus"), ""), "corpus", "the code has something there already"],
      [(code: string) => mkdirSync(join(code, "corpus")), "corpus", "the code has something there already"],
      [(code: string, away: string) => symlinkSync(away, join(code, "link")), "link/corpus", "link is no folder"],
    ] as const) {
      const [at, source, away] = [folder(), folder(), folder()];
      mkdirSync(join(at, "code"));
      make(join(at, "code"), away);
      const { exit, log } = await execute(job(at, "echo never", { cwd: "code", data: [{ name: "corpus", source, path }] }));
      expect(exit.reason).toBe("launch");
      expect(log).toContain(`proving-ground: the data folder corpus cannot appear at ${path}: `);
      expect(log).toContain(words);
      expect(existsSync(join(away, "corpus"))).toBe(false);
    }
  });
});

describe("a container", () => {
  test("gets the job's folder and a command that is the job, with its variables and the commands before it", async () => {
    const root = join(folder(), 'it\'s a "place"');
    mkdirSync(join(root, "code"), { recursive: true });
    // Stands for a container: no variable of outside is there, only what it sets itself.
    const engine = join(folder(), "engine");
    writeFileSync(
      engine,
      '#!/bin/sh\n[ "$1" = run ] && [ "$2" = "--at=$3" ] || exit 99\necho "in $3"\ncd /\nshift 3\nexec env -i PATH=/usr/bin:/bin INSIDE=1 "$@"\n',
      {
        mode: 0o755,
      },
    );
    const containment = { kind: "container" as const, template: `${engine} run --at={directory} {directory} {command}` };
    const command = 'echo "$INSIDE $BEFORE $GREETING $PROVING_GROUND_RUN"; pwd; exit 6';
    const todo = job(root, command, { cwd: "code", containment, prelude: "export BEFORE=b", variables: { GREETING: "it's" } });
    const { exit, log } = await execute(todo);
    expect({ log, code: exit.code }).toEqual({ log: `in ${root}\n1 b it's 7\n${root}/code\n`, code: 6 });
  });

  test("that holds more processes than it may is ended with all in it, and says so", async () => {
    const at = folder();
    const containment = { kind: "container" as const, template: "env {command}" };
    const command = "for i in 1 2 3 4 5 6; do sleep 60 & echo $! >> pids; done; wait";
    const { exit, log } = await execute(job(at, command, { containment, processes: 5 }));
    expect(exit).toMatchObject({ reason: "processes", left: [] });
    expect(log).toMatch(/proving-ground: the run had \d processes, more than the 5 it may have \(`resources.processes`\), and was ended/);
    expect(await living(join(at, "pids"))).toEqual([]);
  });
});

describe("a sandbox", () => {
  test("that is stopped before it is there ends, and nobody else on the machine does", () => {
    const at = folder();
    const bin = folder();
    // What is to make it has a child out here, as it may have for a moment.
    const program = join(bin, "bwrap");
    writeFileSync(program, "#!/bin/sh\nsleep 600 &\n: > up\nwait\n", { mode: 0o755 });
    const bounds = { tasks: 1000, group: null, memory: 1 << 20 };
    const todo = job(at, "echo never", { containment: { kind: "sandbox", network: false, readable: [] } });
    writeFileSync(join(at, "run.sh"), supervisorScript(todo, { program, words: [], scratch: [], bounds }));
    writeFileSync(join(at, "exit.reserve"), `${" ".repeat(RESERVED - 1)}\n`);
    // On a machine of its own, so that the test cannot end the one that it runs on.
    const alone = ["--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c"];
    const script = `sh "$PWD/run.sh" & supervisor=$!
sleep 600 & bystander=$!
until [ -e up ]; do :; done
kill -TERM $supervisor
wait $supervisor
kill -0 $bystander && echo spared`;
    const { stdout, stderr } = spawnSync("unshare", [...alone, script], {
      cwd: at,
      encoding: "utf8",
      env: BASE,
      timeout: 60_000,
      killSignal: "SIGKILL",
    });
    expect({ stdout, stderr }).toEqual({ stdout: "spared\n", stderr: "" });
    expect(JSON.parse(readFileSync(join(at, "exit.json"), "utf8"))).toMatchObject({ reason: "stopped", left: [] });
  });
});

describe("the time limit", () => {
  const compute = new LocalCompute({ environment: BASE });

  test("ends jobs that run jobs, stopped ones, and those that left their session and hid their variables", async () => {
    const [outer, inner] = [folder(), folder()];
    const nested = job(inner, `trap '' TERM; echo $$ >> ${quote(join(inner, "pids"))}; echo up; sleep 60; sleep 60`);
    writeFileSync(join(inner, "run.sh"), supervisorScript(nested));
    writeFileSync(join(inner, "exit.reserve"), `${" ".repeat(RESERVED - 1)}\n`);
    const command = `sh ${quote(join(inner, "run.sh"))} &
      until grep -qs up ${quote(join(inner, "stdout.log"))}; do :; done
      setsid sh -c 'trap "" TERM; (setsid sh -c "echo \\$\\$ >> pids; sleep 60; sleep 60" &) ; echo $$ >> pids; sleep 60; sleep 60' &
      (env -i sleep 60 & echo $! >> pids; kill -STOP $!)
      sh -c 'kill -STOP $$' & echo $! >> pids
      until [ "$(wc -l < pids)" -eq 4 ]; do :; done
      echo all; kill -STOP $$`;
    const ref = await compute.submit(job(outer, command, { timeout: 1.5, grace: 0.3 }));
    await said(compute, ref, "all");
    const state = await over(compute, ref);
    expect(state).toMatchObject({ state: "ended", exit: { reason: "timeout", left: [] } });
    expect(await living(join(outer, "pids"))).toEqual([]);
    expect(await living(join(inner, "pids"))).toEqual([]);
    expect([...sleepers(outer), ...sleepers(inner)]).toEqual([]);
  });

  test("does not wait for one that is stopped while it is still being begun", async () => {
    const bin = folder();
    // Its first process never comes to leave for a session of its own.
    writeFileSync(join(bin, "setsid"), "#!/bin/sh\nexec sleep 600\n", { mode: 0o755 });
    const slow = new LocalCompute({ environment: { ...BASE, PATH: `${bin}:${BASE.PATH}` } });
    const at = folder();
    const ref = await slow.submit(job(at, "echo never"));
    while ((await slow.poll([ref]))[0]?.state !== "running");
    await slow.cancel(ref);
    expect(await over(slow, ref)).toMatchObject({ state: "ended", exit: { reason: "stopped", left: [] } });
    expect(readFileSync(join(at, "stdout.log"), "utf8")).toBe("");
  });

  test("ends what left its session and nothing of another job, whatever the letters of their folders", async () => {
    const within = folder();
    const [own, other] = ["a.b [c]* ^$ \\d'", "aXb c ^$ \\d'"].map((name) => join(within, name)) as [string, string];
    mkdirSync(own);
    const leave = (mark: string) => `PROVING_GROUND_JOB=${quote(`${mark}/`)} setsid sh -c 'echo $$ >> pids; exec sleep 60' &`;
    const ref = await compute.submit(
      job(own, `${leave(own)} until [ -s pids ]; do :; done\n${leave(other)} until [ "$(wc -l < pids)" -eq 2 ]; do :; done`),
    );
    expect(await over(compute, ref)).toMatchObject({ state: "ended", exit: { reason: "exited", left: [] } });
    const [ours, stranger] = readFileSync(join(own, "pids"), "utf8").trim().split("\n").map(Number) as [number, number];
    expect([...(await processIdentities([ours, stranger])).keys()]).toEqual([stranger]);
    process.kill(stranger, "SIGKILL");
  });

  test("is told with the seconds it took by a clock that nobody sets", async () => {
    const ref = await compute.submit(job(folder(), "sleep 60", { timeout: 0.3 }));
    const state = await over(compute, ref);
    if (state.state !== "ended") throw new Error("not ended");
    expect(state.exit.seconds).toBeGreaterThanOrEqual(0.29);
  });

  test("is the same when the wall clock jumps meanwhile", async () => {
    const at = folder();
    const bin = folder();
    // A clock that was set back by an hour between the beginning and the end.
    writeFileSync(
      join(bin, "date"),
      `#!/bin/sh\nif [ -e ${quote(join(at, "seen"))} ]; then echo 1000000000000; else : > ${quote(join(at, "seen"))}; echo 1000003600000; fi\n`,
      { mode: 0o755 },
    );
    const { exit } = await execute(job(at, "exit 0"), { PATH: `${bin}:${BASE.PATH}` });
    expect(exit.seconds).toBeGreaterThanOrEqual(0);
    expect(exit.seconds).toBeLessThan(60);
    expect(exit).toMatchObject({ startedAt: 1000003600000, endedAt: 1000003600000 + Math.round(exit.seconds * 1000) });
  });
});
