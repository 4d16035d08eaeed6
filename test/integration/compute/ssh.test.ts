/** What can go wrong between this machine and one behind ssh, with a real sshd. */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as immediate } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import type { Compute, JobRef } from "../../../extension/engine/compute/compute.ts";
import { SshCompute } from "../../../extension/engine/compute/ssh.ts";
import { asked, BASE, folder, job, mounted } from "./place.ts";
import { engine, type Host, host } from "./ssh-host.ts";

const log = async (compute: Compute, ref: JobRef) => Buffer.from((await compute.tail(ref, 0, 2 ** 20)).bytes).toString();

const ended = (compute: Compute, ref: JobRef) =>
  asked(
    async () => (await compute.poll([ref]))[0],
    (state) => state?.state === "ended" || state?.state === "lost",
  );

/** A job and its files, small and large, come back whole, whatever stands in the way. */
async function works({ compute }: Pick<Host, "compute">): Promise<void> {
  for (const size of [300, 6 * 2 ** 20]) {
    const at = folder();
    const given = randomBytes(size);
    writeFileSync(join(at, "given.bin"), given);
    const ref = await compute.submit(
      job(at, "cat given.bin; cp given.bin made.bin", { id: `size-${size}`, outputs: ["made.bin", "gone.bin"] }),
    );
    expect(await ended(compute, ref)).toMatchObject({ state: "ended", exit: { code: 0 } });
    expect(given.equals((await compute.tail(ref, 0, size)).bytes)).toBe(true);
    const into = join(folder(), "into");
    await compute.collect(ref, into);
    expect(readFileSync(join(into, "made.bin")).equals(given)).toBe(true);
    expect(readFileSync(join(into, "stdout.log")).equals(given)).toBe(true);
  }
}

test("everything goes over one connection", async () => {
  const { sshd, compute } = await host();
  const refs = await Promise.all(Array.from({ length: 12 }, (_, id) => compute.submit(job(folder(), "echo here", { id: String(id) }))));
  await Promise.all(refs.map((ref) => ended(compute, ref)));
  await Promise.all(refs.map((ref) => compute.collect(ref, folder())));
  expect(sshd.connections()).toBe(1);
});

test("two labs in one folder do not see each other's jobs", async () => {
  const { sshd, far, compute } = await host();
  const other = engine(sshd, far, "linux", "lab-2");
  const mine = await compute.submit(job(folder(), "echo mine"));
  await ended(compute, mine);
  expect(await other.poll([mine])).toEqual([{ state: "absent" }]);
  const theirs = await other.submit(job(folder(), "echo theirs"));
  await ended(other, theirs);
  expect([await log(compute, mine), await log(other, theirs)]).toEqual(["mine\n", "theirs\n"]);
});

test("a folder from ~/ is in the home folder there, closed to others", async () => {
  const home = folder();
  const { compute } = await host({ variables: { HOME: home }, directory: "~/some where/jobs" });
  expect(await compute.folder({ id: "7", directory: "/" })).toBe(join(home, "some where/jobs/lab-1/7"));
  expect(execFileSync("stat", ["-c", "%a", join(home, "some where/jobs/lab-1")]).toString()).toBe("700\n");
});

test("when sshd dies, the run goes on; meanwhile the target is unreachable, afterwards all is right", async () => {
  const { sshd, far, compute } = await host();
  const ref = await compute.submit(job(folder(), "echo up; until [ -e go ]; do sleep 0.05; done; echo done"));
  const told: string[] = [];
  const stop = compute.watch!(ref, ["stdout.log"], (what) => told.push(what));
  onTestFinished(stop);
  await asked(
    () => Promise.resolve(told.length),
    (count) => count > 0,
  );
  sshd.kill();
  await expect(compute.poll([ref])).rejects.toMatchObject({
    code: "unreachable",
    message: expect.stringMatching(/gpu-box does not answer: ./),
  });
  await expect(compute.poll([ref])).rejects.toMatchObject({ code: "unreachable", message: expect.stringMatching(/refused/i) });
  await expect(compute.probe()).rejects.toMatchObject({ code: "unreachable" });
  await sshd.start();
  expect(await compute.poll([ref])).toEqual([{ state: "running" }]);
  told.length = 0;
  writeFileSync(join(far, "lab-1/7/go"), "");
  expect(await ended(compute, ref)).toMatchObject({ state: "ended", exit: { code: 0 } });
  expect(await log(compute, ref)).toBe("up\ndone\n");
  // It listens again.
  await asked(
    () => Promise.resolve(told),
    (all) => all.includes("state") && all.includes("stdout.log"),
  );
});

test("when sshd dies while a job is submitted, submitting again has it executed once", async () => {
  const { sshd, far, compute } = await host();
  for (const [id, moment] of ["", "file-10", "file-49", "run.sh", "exit.reserve", "complete", "started"].entries()) {
    await compute.probe();
    const at = folder();
    for (let file = 0; file < 50; file++) writeFileSync(join(at, `file-${file}`), Buffer.alloc(20_000, file));
    const todo = job(at, "echo once >> ../times; ls file-* | wc -l", { id: String(id) });
    const submitted = compute.submit(todo).then(
      () => "accepted",
      (error: unknown) => (error as { code: string }).code,
    );
    while (!existsSync(join(far, "lab-1", String(id), moment))) await immediate();
    sshd.kill();
    expect(["accepted", "unreachable"]).toContain(await submitted);
    await sshd.start();
    const ref = await compute.submit(todo);
    expect(await ended(compute, ref)).toMatchObject({ state: "ended", exit: { code: 0 } });
    expect((await log(compute, ref)).trim()).toBe("50");
    expect(readFileSync(join(far, "lab-1/times"), "utf8")).toBe("once\n".repeat(id + 1));
  }
});

test.each([
  [
    "prints a welcome on both outputs",
    `echo Welcome; echo "careful!" >&2; $SHELL -c "$SSH_ORIGINAL_COMMAND"; code=$?; echo Bye; echo Bye >&2; exit $code`,
  ],
  ["prints without a line break", `printf Hello; exec $SHELL -c "$SSH_ORIGINAL_COMMAND"`],
  ["leaves something behind that holds the connection open", `sleep 3 & exec $SHELL -c "$SSH_ORIGINAL_COMMAND"`],
  ["is a csh", `exec csh -c "$SSH_ORIGINAL_COMMAND"`],
])("a login shell that %s does no harm", async (_, login) => {
  await works(await host({ login }));
});

test("what is no shell is unreachable, in its own words", async () => {
  const { compute } = await host({ login: "echo 'This account is currently not available.'; exit 1" });
  await expect(compute.poll([{ id: "7", directory: "/" }])).rejects.toMatchObject({
    code: "unreachable",
    message: "gpu-box does not answer: This account is currently not available.",
  });
});

test("a host key that is not the known one is unreachable, and says what to do", async () => {
  const { sshd, compute } = await host();
  writeFileSync(
    join(sshd.folder, "known_hosts"),
    readFileSync(join(sshd.folder, "known_hosts"), "utf8").replace(
      /AAAA\S+/,
      readFileSync(join(sshd.folder, "user.pub"), "utf8").split(" ")[1]!,
    ),
  );
  await expect(compute.probe()).rejects.toMatchObject({
    code: "unreachable",
    message: "gpu-box does not answer: Host key verification failed.",
    hint: expect.stringContaining(`\`ssh -F ${sshd.config} gpu-box\``),
  });
});

test("a key that is refused is unreachable, and says what to do", async () => {
  const { sshd, compute } = await host();
  writeFileSync(join(sshd.folder, "authorized_keys"), "");
  await expect(compute.probe()).rejects.toMatchObject({
    code: "unreachable",
    message: expect.stringMatching(/^gpu-box does not answer: .*Permission denied \(publickey\)/),
    hint: expect.stringContaining("ssh-add"),
  });
});

test("a host without rsync gets and gives its files all the same", async () => {
  const bin = folder();
  for (const from of ["/usr/bin", "/bin"]) {
    for (const name of readdirSync(from)) {
      if (name !== "rsync" && !existsSync(join(bin, name))) symlinkSync(join(from, name), join(bin, name));
    }
  }
  await works(await host({ login: `PATH=${bin}; export PATH; exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"` }));
});

test.each([1, 2, 3])("a host that bears %i sessions on a connection gets its work done", async (maxSessions) => {
  const { compute } = await host({ maxSessions });
  const refs = await Promise.all(
    Array.from({ length: 6 }, (_, id) =>
      compute.submit(job(folder(), "echo here; until [ -e go ]; do sleep 0.05; done", { id: String(id) })),
    ),
  );
  const told = new Set<string>();
  for (const ref of refs) onTestFinished(compute.watch!(ref, [], () => told.add(ref.id)));
  for (const ref of refs) writeFileSync(join(await compute.folder(ref), "go"), "");
  await Promise.all(refs.map((ref) => ended(compute, ref)));
  await asked(
    async () => {
      await compute.poll(refs);
      return [...told];
    },
    (ids) => ids.length === refs.length,
  );
  await works({ compute });
});

test("without a shared connection, as on Windows, it works too", async () => {
  await works(await host({ platform: "win32" }));
});

test("a connection that the user opened is used", async () => {
  const { sshd, far } = await host();
  const own = join(sshd.folder, "own");
  writeFileSync(sshd.config, `${readFileSync(sshd.config, "utf8")}  ControlPath ${own}\n`);
  execFileSync("ssh", ["-F", sshd.config, "-M", "-N", "-f", "-o", "ControlPersist=yes", sshd.host], { stdio: "ignore" });
  // From now on nobody gets in by a key.
  writeFileSync(join(sshd.folder, "authorized_keys"), "");
  const compute = engine(sshd, far);
  await works({ compute });
  compute.close();
  execFileSync("ssh", ["-F", sshd.config, "-O", "exit", sshd.host], { stdio: "ignore" });
});

test("a disk that is full there is told as that, with the host's name", async () => {
  const far = folder();
  const small = join(far, "small");
  mkdirSync(small);
  if (!mounted(small, "64k")) symlinkSync("/dev/full", join(small, "lab-1"));
  const { compute } = await host({ directory: small });
  const at = folder();
  writeFileSync(join(at, "big"), Buffer.alloc(200_000, 1));
  if (existsSync(join(small, "lab-1"))) await expect(compute.submit(job(at, "true"))).rejects.toThrow();
  else
    await expect(compute.submit(job(at, "true"))).rejects.toMatchObject({ code: "disk-full", message: expect.stringContaining("gpu-box") });
});

test("the machine's capacity is what is there, or what the user says", async () => {
  const bin = folder();
  const smi = `#!/bin/sh\ncase "$*" in *--query-gpu=*--format=csv*) ;; *) exit 9 ;; esac\necho "0, NVIDIA H100 80GB HBM3, 81559, 1024, 37"\n`;
  writeFileSync(join(bin, "nvidia-smi"), smi, { mode: 0o755 });
  const { sshd, far, compute } = await host();
  expect(await compute.probe()).toMatchObject({ kind: "cpu", fixed: false, managed: false, devices: [], containment: null, problem: null });
  const common = { kind: "ssh", name: "box", data: {}, host: sshd.host, config: sshd.config, directory: far } as const;
  const target = { ...common, prelude: `PATH=${bin}:$PATH`, slots: 3, container: "apptainer exec img {command}" };
  const second = new SshCompute({ target, lab: "lab-1", environment: BASE });
  onTestFinished(() => second.close());
  const capacity = await second.probe();
  expect(capacity).toMatchObject({ kind: "gpu", slots: 3, fixed: true, containment: "container", problem: null });
  expect(capacity.devices).toEqual([{ index: 0, name: "NVIDIA H100 80GB HBM3", memory: 81559 / 1024, memoryUsed: 1, load: 0.37 }]);
  expect(capacity.disk).toBeGreaterThan(0);
  expect(capacity.memory).toBeGreaterThan(0);
  expect(readdirSync(join(far, "lab-1"))).toEqual([]);
});
