/** What the composer shows, from what the window knows: pure. */
import type { Environment } from "../../protocol/environment.ts";
import type { Snapshot } from "../../protocol/lab.ts";
import type { ModelInfo } from "../../protocol/model.ts";
import { OPERATORS } from "../../protocol/model.ts";
import type { ComposerState } from "../../protocol/webview/composer.ts";
import type { LinkState } from "../engine/link.ts";
import type { Obstacle } from "../engine/labs.ts";
import { counted, durationText, metricText } from "../../protocol/format.ts";
import { messageOf } from "../../protocol/message.ts";
import { forecastText } from "./forecast.ts";
import type { Draft } from "./ideation.ts";
import { searchPart } from "./search-part.ts";
import type { AboutToStart, Clock } from "./search-part.ts";

export interface Known {
  obstacle: Obstacle | null;
  link: LinkState | null;
  snapshot: Snapshot | null;
  /** All environments of the window by their id; the label tells repositories apart where there are several. */
  environments: { id: string; label: string; environment: Environment }[];
  /** Id of the current one. */
  id: string | null;
  models: readonly ModelInfo[];
  draft: Draft;
  exploit: number;
  busy: ComposerState["busy"];
  message: ComposerState["message"];
  searching: AboutToStart;
  clock: Clock;
}

type Blocked = ComposerState["blocked"];

export function composerState(known: Known): ComposerState {
  const { snapshot, draft } = known;
  const environment = known.environments.find((one) => one.id === known.id)?.environment ?? null;
  const valid = environment?.state === "valid" ? environment : null;
  const ideas = new Map(snapshot?.ideas.map((idea) => [idea.id, idea]));
  const parents = valid === null ? [] : (snapshot?.parents[valid.name] ?? []);
  const models = known.models.length > 0 ? known.models : [{ id: OPERATORS, title: "Operators (no model)", problem: null }];
  return {
    blocked: blockedBy(known),
    environments: known.environments.map(({ id, label, environment: { state } }) => ({
      id,
      label,
      problem: state === "valid" ? null : "its environment.yaml has problems",
    })),
    environment: known.id,
    subtitle: environment === null ? "" : subtitle(environment),
    models: models.map(({ id, title, problem }) => ({ id, label: title, problem })),
    model: models.some((model) => model.id === draft.model) ? draft.model : OPERATORS,
    count: draft.count,
    instructions: draft.instructions,
    parents: parents.map((id) => ({ id, title: ideas.get(id)?.title ?? `#${id}`, metric: metricText(ideas.get(id)?.metric ?? null) })),
    exploit: known.exploit,
    epoch: valid?.epoch ?? 0,
    forecast: valid === null || snapshot === null ? "" : forecastText(draft.count, valid, snapshot, known.searching.target),
    busy: known.busy,
    message: known.message ?? warning(known, environment),
    search: searchPart(known.searching, draft, valid, snapshot, known.clock),
  };
}

/** What keeps the composer from working at all. */
export function blockedBy({
  obstacle,
  link,
  snapshot,
  environments,
}: Pick<Known, "obstacle" | "link" | "snapshot" | "environments">): Blocked {
  const blocked = (message: string, label?: string, command?: string): Blocked => ({
    message,
    action: label === undefined || command === undefined ? null : { label, command },
  });
  switch (obstacle?.kind) {
    case "untrusted":
      return blocked(
        "This workspace is not trusted. Proving Ground executes the code it finds, so nothing runs here until you trust it.",
        "Manage Workspace Trust",
        "workbench.trust.manage",
      );
    case "no-folder":
      return blocked("Open the folder of a git repository to begin.", "Open Folder", "workbench.action.files.openFolder");
    case "no-repository":
      return blocked(
        `${obstacle.message} Every idea becomes a git commit, so a repository is needed.`,
        "Initialize Repository",
        "provingGround.initRepository",
      );
    case "looking":
      return blocked("Looking for git repositories …");
    default:
  }
  if (snapshot === null) {
    if (link?.kind === "offline" && !link.trying) return blocked(messageOf(link.error), "Try Again", "provingGround.reconnect");
    return blocked("Starting the engine …");
  }
  if (environments.length > 0) return null;
  return blocked(
    "No environment yet. An environment is a research problem that can be executed: code, a metric, a budget and rules, described by an environment.yaml. The smallest one that comes with Proving Ground trains a language model in seconds, without a GPU or a key.",
    "Add an Environment",
    "provingGround.addEnvironment",
  );
}

function subtitle(environment: Environment): string {
  if (environment.state === "broken") return environment.problems[0]?.message ?? "environment.yaml has problems";
  const { metric, budget, resources } = environment.manifest;
  const arrow = metric.direction === "minimize" ? "↓" : "↑";
  const limit =
    budget === undefined
      ? `≤ ${durationText(resources.timeout)}`
      : `${durationText(budget.seconds)}${budget.clock === "cpu" ? " CPU" : ""}`;
  const { mean, published } = environment.baseline;
  const baseline = mean !== null ? ` · baseline ${metricText(mean)}` : published !== null ? ` · published ${metricText(published)}` : "";
  return `${metric.title ?? metric.name} ${arrow} · ${limit}${baseline}`;
}

function warning({ link }: Known, environment: Environment | null): ComposerState["message"] {
  if (link?.kind === "offline") {
    return { level: "warning", text: link.trying ? "The engine is gone; starting it again …" : messageOf(link.error) };
  }
  if (environment?.state === "valid" && environment.dirty.length > 0) {
    const files = environment.dirty.length === 1 ? (environment.dirty[0] ?? "") : counted(environment.dirty.length, "file");
    return { level: "warning", text: `${files} changed since the last commit. Commit it: ideas are built on commits.` };
  }
  if (environment?.state === "broken") return { level: "error", text: environment.problems.map((problem) => problem.message).join(" ") };
  return link?.kind === "connected" && link.warning !== null ? { level: "warning", text: link.warning } : null;
}
