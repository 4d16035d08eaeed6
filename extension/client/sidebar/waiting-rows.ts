/** What waits for the human as tree rows: pure. */
import type { Snapshot } from "../../protocol/lab.ts";
import type { Search } from "../../protocol/search.ts";
import { repetitionText } from "../../protocol/repetition.ts";
import { searchName } from "../../protocol/search-text.ts";
import { environmentOf, waitingIn, waitingKey, waitingText } from "../../protocol/waiting.ts";
import type { Waiting } from "../../protocol/waiting.ts";
import { escapeMarkdown, shortened } from "./rows.ts";
import type { Icon, IdeaRow, Row, RunRow, SearchRow } from "./rows.ts";

/** Characters of a label that leave room for a short description behind it, and that fit where there is none. */
const LABEL = { described: 28, alone: 36 };

type IdeaWaiting = Extract<Waiting, { kind: "idea" }>;

const GATE_ICONS: Record<IdeaWaiting["gate"], Icon> = {
  ideas: { id: "lightbulb", color: "charts.yellow" },
  diffs: { id: "git-pull-request", color: "charts.yellow" },
  runs: { id: "play-circle", color: "charts.blue" },
};

/** What menus offer at each gate. */
const GATE_CONTEXT: Record<IdeaWaiting["gate"], string> = {
  ideas: "idea admit edit reject",
  diffs: "idea diff edit reject review",
  runs: "idea admit diff reject",
};

/** @param lab key of the lab that the snapshot is of */
export function waitingRows(lab: string, snapshot: Snapshot): Row[] {
  const list = waitingIn(snapshot);
  const several = new Set(list.map(environmentOf)).size > 1;
  return list.map((waiting) => rowOf(lab, waiting, several));
}

function rowOf(lab: string, waiting: Waiting, several: boolean): Row {
  const { what, about, detail } = waitingText(waiting);
  const description = [...(several ? [environmentOf(waiting)] : []), detail].filter((part) => part !== "").join(" · ");
  const room = (description === "" ? LABEL.alone : LABEL.described) - what.length - 2;
  const base = {
    id: `${lab}/waiting/${waitingKey(waiting)}`,
    label: `${what}: ${waiting.kind === "parents" ? about : shortened(about, room)}`,
    description,
    tooltip: tooltip(`${what}: ${about}`, factsOf(waiting)),
  };
  switch (waiting.kind) {
    case "idea":
      return ideaRow(lab, waiting, base);
    case "quarantined":
      return quarantineRow(lab, waiting, base);
    case "parents":
      return searchRow(lab, waiting.search, base, { id: "type-hierarchy", color: "charts.yellow" }, "search change goOn pause stop");
    case "held up":
      return searchRow(lab, waiting.search, base, { id: "watch", color: "charts.orange" }, "search change pause stop");
    case "paused":
      return searchRow(lab, waiting.search, base, { id: "debug-pause", color: "charts.orange" }, "search change resume stop");
  }
}

type Base = Pick<Row, "id" | "label" | "description" | "tooltip">;

function ideaRow(lab: string, { gate, idea }: IdeaWaiting, base: Base): IdeaRow {
  const opens = { ideas: {}, diffs: { opens: "review" as const }, runs: { opens: "diff" as const } }[gate];
  return { ...base, kind: "idea", lab, idea: idea.id, ...opens, icon: GATE_ICONS[gate], context: GATE_CONTEXT[gate] };
}

function quarantineRow(lab: string, { run, idea }: Extract<Waiting, { kind: "quarantined" }>, base: Base): RunRow {
  return {
    ...base,
    kind: "run",
    lab,
    run: run.id,
    ...(idea === null ? {} : { idea: idea.id }),
    icon: { id: "warning", color: "charts.red" },
    context: idea === null ? "run log retry" : "run diff log reject retry",
  };
}

function searchRow(lab: string, { id, environment }: Search, base: Base, icon: Icon, context: string): SearchRow {
  return { ...base, kind: "search", lab, search: id, environment, icon, context };
}

function factsOf(waiting: Waiting): string[] {
  switch (waiting.kind) {
    case "idea": {
      const { idea, repeated } = waiting;
      const by = `#${idea.id} by ${idea.model ?? idea.source}${idea.search === null ? "" : `, in search ${idea.search}`}`;
      return [idea.summary, repetitionText(idea, repeated, null) ?? "", by];
    }
    case "parents":
      return [
        "Its next epoch begins when you let it go on. Use as Parents, Pin and Ban say what it builds on; without a choice the search makes its own.",
        searchName(waiting.search),
      ];
    case "quarantined":
      return [waiting.run.reason ?? "", "Reject the idea, or run it again once the cause is mended: then it leaves this list."];
    default:
      return [searchName(waiting.search)];
  }
}

const tooltip = (title: string, facts: readonly string[]) =>
  [`**${escapeMarkdown(title)}**`, ...facts.filter((fact) => fact !== "").map(escapeMarkdown)].join("\n\n");
