/** Commands that get a lab going: repository, environment, models, engine, views. */
import { join } from "node:path";
import * as vscode from "vscode";
import { ProvingGroundError } from "../../protocol/errors.ts";
import { MANIFEST_FILE } from "../../protocol/manifest.ts";
import { engineStop, environmentsCheck } from "../../protocol/methods.ts";
import { environmentId, type Current } from "../engine/current.ts";
import type { Labs } from "../engine/labs.ts";
import { messageOf } from "../../protocol/message.ts";
import type { Contribution } from "../lifecycle.ts";
import type { Presenter } from "../present.ts";
import type { Models } from "../settings/models.ts";
import type { GroupingChoice } from "../sidebar/trees.ts";
import type { Ideation } from "../sidebar/ideation.ts";
import { addEnvironment } from "./bundled.ts";
import { registerCommands } from "./registry.ts";
import type { Handlers } from "./registry.ts";

export interface SetupParts {
  extension: vscode.Uri;
  labs: Labs;
  current: Current;
  ideation: Ideation;
  models: Models;
  presenter: Presenter;
  grouping: GroupingChoice;
  log: vscode.LogOutputChannel;
}

export const setupCommands =
  (parts: SetupParts): Contribution =>
  (owner) => {
    owner.add(registerCommands({ ...environments(parts), ...engine(parts) }, parts.presenter.error));
  };

function environments({ extension, labs, current, ideation, presenter }: SetupParts): Handlers {
  return {
    "provingGround.chooseEnvironment": async () => {
      const rows = current.choices.map(({ id, lab, environment }) => ({
        id,
        label: environment.state === "valid" ? environment.manifest.title : environment.name,
        description: labs.all.length > 1 ? `${lab.name} · ${environment.directory}` : environment.directory,
        detail: environment.state === "valid" ? environment.manifest.objective : environment.problems[0]?.message,
      }));
      if (rows.length === 0) ideation.need();
      const items = rows.map(({ detail, ...row }) => (detail === undefined ? row : { ...row, detail }));
      const picked = await vscode.window.showQuickPick(items, { title: "Which environment?", matchOnDetail: true });
      if (picked !== undefined) current.choose(picked.id);
    },
    "provingGround.openEnvironment": async () => {
      const { lab, any } = current;
      if (lab === undefined || any === null) return void ideation.need();
      await vscode.window.showTextDocument(vscode.Uri.file(join(lab.repository, any.directory, MANIFEST_FILE)));
    },
    "provingGround.checkEnvironment": async () => {
      const { any } = current;
      const lab = labs.need(current.lab);
      if (any === null) return void ideation.need();
      const { problems } = await presenter.work(`Checking ${any.name}`, (signal) =>
        lab.link.request(environmentsCheck, { environment: any.name }, { signal }),
      );
      if (problems.length === 0) void presenter.say("info", `${any.name} is ready: manifest, files, knobs and baseline are in order.`);
      for (const problem of problems) void presenter.say("warning", messageOf(ProvingGroundError.fromData(problem)));
    },
    "provingGround.addEnvironment": async () => {
      const lab = labs.need(current.lab);
      const added = await addEnvironment(extension, lab, presenter);
      if (added !== undefined) current.choose(environmentId(lab, added));
    },
    "provingGround.initRepository": async () => {
      if (!vscode.workspace.isTrusted) labs.need(undefined);
      await vscode.commands.executeCommand("git.init");
      await labs.look();
    },
  };
}

function engine({ labs, current, models, presenter, grouping, log }: SetupParts): Handlers {
  return {
    "provingGround.addEndpoint": () => models.addEndpoint(),
    "provingGround.setApiKey": (provider) => models.setKey(typeof provider === "string" ? provider : undefined),
    "provingGround.groupByEpoch": () => grouping.set("epoch"),
    "provingGround.groupByStatus": () => grouping.set("status"),
    "provingGround.reconnect": async () => {
      await labs.look();
      for (const lab of labs.all) await lab.link.ensure();
    },
    "provingGround.stopEngine": async () => {
      const lab = labs.need(current.lab);
      const { stopped } = await lab.link.request(engineStop, {});
      if (stopped) void presenter.say("info", "The engine has stopped. Runs go on; the next action starts it again.");
    },
    "provingGround.showLog": () => log.show(),
  };
}
