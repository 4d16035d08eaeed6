/** Answers the requests about the lab as a whole: greeting, subscription, environments, parents, models, export. */
import { ProvingGroundError } from "../../protocol/errors.ts";
import * as methods from "../../protocol/methods.ts";
import { analyse } from "../analysis/analyse.ts";
import { exportCsv, exportJson, resultRows } from "../analysis/export.ts";
import type { Environments } from "../environments/catalogue.ts";
import type { Git } from "../git/git.ts";
import type { Models } from "../models/catalogue.ts";
import type { Publisher } from "../server/publisher.ts";
import type { Server } from "../server/server.ts";
import type { Session } from "../server/session.ts";
import type { Store } from "../store/store.ts";
import { SessionWindow } from "./editor-window.ts";

export interface LabParts {
  version: string;
  repository: string;
  startedAt: number;
  store: Store;
  environments: Environments;
  publisher: Publisher;
  models: Models;
  git: Git;
  /** Ends the engine; runs go on. */
  stop: () => void;
}

export function answerLab(server: Server, lab: LabParts): void {
  const idleBut = (session: { id: number }) => {
    const { running, queued } = lab.store.runs.counts();
    return running + queued === 0 && [...server.sessions].every((other) => other.id === session.id || !other.authorised);
  };

  server.handle(
    methods.hello,
    ({ token }, { session }) => {
      if (!server.accepts(token)) throw new ProvingGroundError("unauthorised", "the token is not this engine's");
      session.authorised = true;
      return { engineVersion: lab.version, protocolVersion: methods.PROTOCOL_VERSION, repository: lab.repository, idle: idleBut(session) };
    },
    { open: true },
  );

  server.handle(methods.engineStatus, () => ({
    version: lab.version,
    repository: lab.repository,
    pid: process.pid,
    startedAt: lab.startedAt,
    clients: [...server.sessions].filter((session) => session.authorised).length,
    ...lab.store.runs.counts(),
  }));

  server.handle(methods.engineStop, ({ ifIdle }, { session }) => {
    if (ifIdle && !idleBut(session)) return { stopped: false };
    // After the answer has left.
    setImmediate(lab.stop);
    return { stopped: true };
  });

  server.handle(methods.labSubscribe, async (_params, { session }) => {
    lab.publisher.setEnvironments(await lab.environments.list());
    const snapshot = lab.publisher.snapshot();
    session.subscribed = true;
    return snapshot;
  });

  server.handle(methods.environmentsList, async () => {
    const environments = await lab.environments.list();
    lab.publisher.setEnvironments(environments);
    return environments;
  });
  server.handle(methods.environmentsCheck, async ({ environment }) => ({ problems: await lab.environments.check(environment) }));

  server.handle(methods.fileAt, async ({ commit, path }) => ({ text: await lab.git.fileAt(commit, path) }));

  server.handle(methods.parentsSet, ({ environment, ideas }) => lab.store.parents.set("human", environment, ideas));

  const windows = new Map<Session, SessionWindow>();
  const windowOf = (session: Session): SessionWindow => {
    const known = windows.get(session);
    if (known !== undefined) return known;
    const window = new SessionWindow(session);
    windows.set(session, window);
    session.onClose(() => {
      lab.models.forget(String(session.id));
      windows.delete(session);
    });
    return window;
  };
  server.handle(methods.modelsConfigure, ({ editor, ...said }, { session }) => {
    lab.models.configure(String(session.id), { ...said, editor: { models: editor, window: windowOf(session) } });
    return null;
  });
  server.handle(methods.modelsList, () => lab.models.list());

  server.handle(methods.resultsExport, async ({ environment: name, format }) => {
    const rows = resultRows(await lab.environments.get(name), lab.store.ideas.list(name), lab.store.runs.list());
    return { text: format === "csv" ? exportCsv(rows) : exportJson(rows) };
  });

  server.handle(methods.resultsAnalysis, async ({ environment: name }) => {
    const { ideas, runs, implementations, calls, searches } = lab.store;
    return analyse({
      environment: await lab.environments.get(name),
      ideas: ideas.list(name),
      texts: ideas.texts(name),
      runs: runs.ofEnvironment(name),
      attempts: implementations.outcomes(name),
      calls: calls.sums(name),
      searches: searches.list().filter(({ environment }) => environment === name),
    });
  });
}
