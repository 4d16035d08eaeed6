/** The engine: opens the store of one repository, starts the services, listens, and ends by itself when nobody needs it. */
import { createHash, randomInt } from "node:crypto";
import { rm, statfs, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ensureStateFolder } from "../protocol/connect.ts";
import { ProvingGroundError } from "../protocol/errors.ts";
import { FAILED_LINE, READY_LINE, type EngineAddress } from "../protocol/handshake.ts";
import { labDelta, type Notice, notice, PROTOCOL_VERSION } from "../protocol/methods.ts";
import { LocalCompute } from "./compute/local.ts";
import { reach } from "./compute/reach.ts";
import { ENDED } from "../protocol/run.ts";
import { Environments } from "./environments/catalogue.ts";
import { Git } from "./git/git.ts";
import { Ideator } from "./ideator/ideator.ts";
import { Checks } from "./implementer/checks/checks.ts";
import { ProposalFolders } from "./implementer/folders.ts";
import { Implementer } from "./implementer/implementer.ts";
import { Proposals } from "./implementer/proposals.ts";
import { Claims } from "./implementer/queue.ts";
import { recoverImplementer } from "./implementer/recovery.ts";
import { takeLock } from "./lock.ts";
import { Models } from "./models/catalogue.ts";
import { Prompts } from "./models/prompts.ts";
import { REAL_SURROUNDINGS } from "./models/surroundings.ts";
import { answerExecutor } from "./requests/executor.ts";
import { answerIdeas } from "./requests/ideas.ts";
import { answerLab } from "./requests/lab.ts";
import { answerSearches } from "./requests/searches.ts";
import { answerTargets } from "./requests/targets.ts";
import { Retirement } from "./retirement.ts";
import { Autopilot } from "./search/autopilot.ts";
import { Generation } from "./search/generation.ts";
import { Judge } from "./search/judge.ts";
import { Novelty } from "./search/novelty.ts";
import { Repairs } from "./search/repairs.ts";
import { realAfter } from "./scheduler/clock.ts";
import { Scheduler } from "./scheduler/scheduler.ts";
import { allowedVariables, clientVariables } from "./scheduler/variables.ts";
import { Publisher } from "./server/publisher.ts";
import { Server, socketAddress } from "./server/server.ts";
import { Store } from "./store/store.ts";

declare const PROVING_GROUND_VERSION: string;

const { values } = parseArgs({ options: { repository: { type: "string" }, "idle-seconds": { type: "string", default: "60" } } });
if (values.repository === undefined) {
  process.stderr.write("usage: engine --repository PATH [--idle-seconds N]\n");
  process.exitCode = 2;
} else {
  await run(path.resolve(values.repository), Number(values["idle-seconds"]) * 1000).catch(couldNotStart);
}

/**
 * @param repository absolute path of the repository's top
 * @param patience milliseconds without use after which the engine ends
 */
async function run(repository: string, patience: number): Promise<void> {
  const folder = await ensureStateFolder(repository);
  const unlock = takeLock(path.join(folder, "engine.lock"));
  if (unlock === null) {
    log("another engine has this repository");
    return;
  }
  const addressFile = path.join(folder, "engine.json");
  // That of an engine that was killed: it names the same socket, and its token is not this one's.
  await rm(addressFile, { force: true });
  // What goes wrong in the background must not end a search that is left alone overnight: everything is recorded, so going on is safe.
  process.on("unhandledRejection", unexpected);
  process.on("SIGHUP", () => undefined);
  // The log is on the lab's disk, which may be full: the engine goes on without it.
  process.stderr.on("error", () => undefined);

  const git = new Git(repository);
  const store = new Store(path.join(folder, "lab.db"), Date.now);
  const models = new Models(REAL_SURROUNDINGS, store.calls);
  const prompts = new Prompts([path.join(folder, "prompts"), fileURLToPath(new URL("prompts", import.meta.url))]);
  const environments = new Environments(git, repository, store);
  const ideator = new Ideator(prompts);
  const novelty = new Novelty({ store, models });
  const generation = new Generation({ store, git, environments, models, ideator, novelty, drawSeed: () => randomInt(2 ** 31) });
  const judge = new Judge({ store, models, prompts, git });

  const folders = new ProposalFolders(path.join(folder, "proposals"));
  const claims = new Claims();
  const grounds = { git, store, environments };
  const inherited = allowedVariables(process.env, "run");
  const checks = new Checks({ inherited, setup: async (environment, told) => (await scheduler.setup(environment, told)).folder });
  const implementer = new Implementer(grounds, folders, claims, prompts, checks);
  const proposals = new Proposals(grounds, folders, claims, Date.now);
  await recoverImplementer(git, store, folders);

  const server = new Server(() => {
    retirement.look();
  });
  const publisher = new Publisher(store, (delta) => {
    for (const session of server.sessions) if (session.subscribed) session.send(labDelta, delta);
    retirement.look();
  });
  // A baseline that was measured or an epoch that began changes what is shown of an environment.
  store.onTouched(({ ideas, runs }) => {
    const measured = [...runs].some((id) => {
      const run = store.runs.get(id);
      return run.idea === null && ENDED.has(run.state);
    });
    const began = [...ideas].some((id) => {
      const { environment: name, epoch } = store.ideas.get(id);
      return publisher.environments.some((known) => known.name === name && known.state === "valid" && known.epoch < epoch);
    });
    if (measured || began) environments.list().then((found) => publisher.setEnvironments(found), unexpected);
  });

  const tell = (told: Notice) => {
    for (const session of server.sessions) if (session.subscribed) session.send(notice, told);
  };
  const compute = new LocalCompute({ environment: inherited, disk: folder, sandbox: "auto", hidden: [repository] });
  const scheduler = new Scheduler({
    ...{ store, git, environments, compute, inherited, folder, after: realAfter, now: () => performance.now() },
    reach: (setting) => reach(setting, { lab: store.targets.lab, folder, environment: clientVariables(process.env) }),
    setupCompute: new LocalCompute({ environment: allowedVariables(process.env, "setup") }),
    freeSpace: async (of) => {
      const { bavail, bsize } = await statfs(of);
      return bavail * bsize;
    },
    onTargets: (targets) => publisher.setTargets(targets),
    onNotice: tell,
    onError: unexpected,
  });
  const repairs = new Repairs({
    ...{ store, models, implementer, onError: unexpected },
    log: (run, from, limit) => scheduler.log(run, from, limit),
  });
  store.onTouched(({ runs }) => repairs.look(runs));
  const autopilot = new Autopilot({
    ...{ store, git, environments, models, ideator, novelty, judge, implementer, proposals, scheduler, after: realAfter, now: Date.now },
    onNotice: tell,
    onBusy: () => retirement.look(),
    onError: unexpected,
  });
  const inUse = () => {
    const { running, queued } = store.runs.counts();
    return autopilot.busy || running + queued + server.sessions.size + server.busy + implementer.busy + judge.busy > 0;
  };
  const retirement = new Retirement(inUse, () => void stop("nothing left to do"), patience);

  let stopping = false;
  const stop = async (why: string) => {
    if (stopping) return;
    stopping = true;
    log(`ending: ${why}`);
    await rm(addressFile, { force: true });
    autopilot.close();
    scheduler.close();
    store.close();
    unlock();
    // Last, because clients take the end of their connection for the sign that another engine may begin.
    await server.close();
    process.exit(0);
  };
  process.on("SIGTERM", () => void stop("asked to by a signal"));
  process.on("SIGINT", () => void stop("asked to by a signal"));

  const startedAt = Date.now();
  answerLab(server, {
    ...{ version: PROVING_GROUND_VERSION, repository, startedAt, store, environments, publisher, models, git },
    stop: () => void stop("asked to by a client"),
  });
  answerIdeas(server, store, environments, novelty);
  answerExecutor(server, { store, models, generation, implementer, proposals, repairs, judge, scheduler, compute, tell });

  answerTargets(server, scheduler);
  answerSearches(server, autopilot, { store, git, environments, ideator });

  await scheduler.start();
  autopilot.start();
  const socket = await socketAddress(createHash("sha256").update(repository).digest("hex").slice(0, 16));
  await server.listen(socket);
  const address: EngineAddress = {
    ...{ pid: process.pid, socket, token: server.token, startedAt },
    ...{ version: PROVING_GROUND_VERSION, protocolVersion: PROTOCOL_VERSION },
  };
  await writeFile(addressFile, JSON.stringify(address), { mode: 0o600 });
  process.stdout.on("error", () => undefined); // whoever started the engine may be gone already
  process.stdout.write(`${READY_LINE}\n`);
  log(`engine ${PROVING_GROUND_VERSION} of ${repository} listens on ${socket}`);
  retirement.look();
}

/** Tells whoever started the engine why there is none. */
function couldNotStart(cause: unknown): void {
  unexpected(cause);
  process.stdout.on("error", () => process.exit(1));
  process.stdout.write(`${FAILED_LINE}${JSON.stringify(ProvingGroundError.from(cause).toData())}\n`, () => process.exit(1));
}

function unexpected(cause: unknown): void {
  log(`unexpected: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`);
}

function log(line: string): void {
  process.stderr.write(`${new Date().toISOString()} ${line}\n`);
}
