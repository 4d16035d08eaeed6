/** Every request and notification between the engine and its clients. */
import * as z from "zod";
import type { Analysis } from "./analysis.ts";
import type { Environment } from "./environment.ts";
import type { ErrorData } from "./errors.ts";
import type { Idea, IdeaDetail, Usage } from "./idea.ts";
import { IdeaText, Mark } from "./idea.ts";
import type { Snapshot } from "./lab.ts";
import { Delta } from "./lab.ts";
import { Notification, request } from "./messages.ts";
import type { ModelInfo } from "./model.ts";
import { EditorModel, OPERATORS, Provider } from "./model.ts";
import type { ProposalView } from "./proposal.ts";
import { Decisions } from "./review.ts";
import type { Curve, LogSlice, Run, Target } from "./run.ts";
import { PlanChange, SearchCaps, SearchPlan, UNCAPPED } from "./search.ts";
import type { Forecast, Replay, RunsForecast, Search } from "./search.ts";
import { Caps, type Cost, NO_CAPS, Prices } from "./spending.ts";
import type { LiveCheck } from "./target.ts";
import { CheckStep, SandboxChoice, TargetSetting } from "./target.ts";

const None = z.object({});
const ideaIds = z.array(z.int()).min(1);
const runIds = z.array(z.int()).min(1);
/** Whether ideas that nearly repeat earlier ones are kept for the human to decide, or put aside at once. */
const repeats = z.enum(["keep", "skip"]).default("keep");

/** Raised whenever a message changes its meaning; client and engine must agree. */
export const PROTOCOL_VERSION = 4;

export interface Hello {
  engineVersion: string;
  protocolVersion: number;
  repository: string;
  /** True when nothing runs or is queued and nobody else is connected, so that it may be replaced. */
  idle: boolean;
}
export interface EngineStatus {
  version: string;
  repository: string;
  pid: number;
  startedAt: number;
  clients: number;
  running: number;
  queued: number;
}
/** What happened to each idea that was to be implemented. */
export interface ImplementResult {
  idea: number;
  status: "in review" | "not implemented";
  reason: string | null;
}
export interface Generated {
  ideas: Idea[];
  /** What the user should know: fewer than asked, repeated titles. Empty when all is well. */
  notes: string[];
  /** What a model took for it; null for operators, and where its server does not say. */
  usage: Usage | null;
  /** Null where no price is known. */
  cost: Cost | null;
}

export const hello = request<Hello>()("engine/hello", z.object({ token: z.string(), version: z.string(), protocolVersion: z.int() }));
export const engineStatus = request<EngineStatus>()("engine/status", None);
/** Ends the engine. With `ifIdle` it refuses while something runs, is queued, or another client is connected. Runs go on either way. */
export const engineStop = request<{ stopped: boolean }>()("engine/stop", z.object({ ifIdle: z.boolean().default(false) }));

/** The lab as it is now; from then on the connection receives `lab/delta`. */
export const labSubscribe = request<Snapshot>()("lab/subscribe", None);
export const labDelta = new Notification("lab/delta", Delta);

/** Reads the manifests again and returns what is there. */
export const environmentsList = request<Environment[]>()("environments/list", None);
/** Checks one environment thoroughly: manifest, files, knobs, clean baseline. */
export const environmentsCheck = request<{ problems: ErrorData[] }>()("environments/check", z.object({ environment: z.string() }));
/** Runs the environment's setup command where it has not been run yet; resolves when it is ready. */
export const environmentsSetup = request<{ folder: string | null; ran: boolean }>()(
  "environments/setup",
  z.object({ environment: z.string(), progress: z.int().optional() }),
);
/** Queues runs of the unchanged code. */
export const environmentsBaseline = request<Run[]>()(
  "environments/baseline",
  z.object({
    environment: z.string(),
    seeds: z.array(z.int()).min(1).optional(),
    /** Name of a target that they are queued for; null: whichever has room first. */
    target: z.string().nullable().default(null),
  }),
);

export const ideasGenerate = request<Generated>()(
  "ideas/generate",
  z.object({
    environment: z.string(),
    /** `operators`, or a model id. */
    source: z.string().default(OPERATORS),
    count: z.int().min(1).max(100),
    instructions: z.string().default(""),
    repeats,
    /** Seed of every random draw; drawn and recorded when absent. */
    seed: z.int().optional(),
    progress: z.int().optional(),
  }),
);
export const ideasAdd = request<Idea>()(
  "ideas/add",
  z.object({
    environment: z.string(),
    text: IdeaText,
    parents: z.array(z.int()).default([]),
    base: z.int().nullable().default(null),
    /** Search that it joins: it is implemented and run as that search's own ideas are. */
    search: z.int().nullable().default(null),
  }),
);
export const ideasGet = request<IdeaDetail>()("ideas/get", z.object({ idea: z.int() }));
/** Refused once the idea has an approved implementation: what was executed must stay what was written. */
export const ideasEdit = request<Idea>()("ideas/edit", z.object({ idea: z.int(), text: IdeaText }));
export const ideasReject = request<Idea[]>()("ideas/reject", z.object({ ideas: ideaIds, restore: z.boolean().default(false) }));
export const ideasDuplicate = request<Idea>()("ideas/duplicate", z.object({ idea: z.int() }));

/**
 * Writes proposals. Ideas that spell out knob settings need no model; for the others it is the one named, else the one that wrote the
 * idea. `hand` opens proposals for the human to write. A proposal that a human has worked on is kept and refused with
 * `proposal-edited`, unless `replace` says otherwise.
 */
export const implement = request<ImplementResult[]>()(
  "ideas/implement",
  z.object({
    ideas: ideaIds,
    model: z.string().nullable().default(null),
    replace: z.boolean().default(false),
    /** Answers sampled at the same time; the first that applies and passes the checks becomes the proposal. */
    samples: z.int().min(1).max(20).default(1),
    /** A remark of the human's for the model, on what to do differently. */
    note: z.string().max(10_000).optional(),
    progress: z.int().optional(),
  }),
);

/**
 * Another try at an idea whose newest run failed: a new idea of the same text, whose code is written by a model that is told the change
 * and the end of the log. `model` null is the one that wrote the code.
 */
export const ideasRepair = request<Idea>()(
  "ideas/repair",
  z.object({ idea: z.int(), model: z.string().nullable().default(null), progress: z.int().optional() }),
);

export const proposalGet = request<ProposalView>()("proposals/get", z.object({ idea: z.int() }));
/** Replaces the recorded decisions of a proposal. */
export const proposalDecide = request<null>()("proposals/decide", z.object({ idea: z.int(), decisions: Decisions }));
/** Commits the proposal as it stands on disk, less the hunks rejected here. Undecided hunks are refused unless accepted as a whole. */
export const proposalApprove = request<Idea>()(
  "proposals/approve",
  z.object({
    idea: z.int(),
    reject: z.array(z.string()).default([]),
    undecided: z.enum(["accept", "refuse"]).default("refuse"),
    /** Ids of the hunks that were on show: with them, only what was seen is approved. */
    seen: z.array(z.string()).optional(),
    /** Model that is asked afterwards, in the background, which kind of change it is. */
    judge: z.string().nullable().default(null),
  }),
);
/** Throws the proposal away; the idea becomes a draft again. */
export const proposalDiscard = request<Idea>()("proposals/discard", z.object({ idea: z.int() }));
/** Unified diff of an idea against its base: the proposal's while in review, else the commit's. */
export const ideaDiff = request<{ diff: string }>()("ideas/diff", z.object({ idea: z.int() }));
/** A file of the repository as it was in a commit; null where it did not exist. */
export const fileAt = request<{ text: string | null }>()("repository/file", z.object({ commit: z.string(), path: z.string() }));

/** Name of a target that runs are queued for; null: whichever has room first. */
const onTarget = z.string().nullable().default(null);
export const runsEnqueue = request<Run[]>()(
  "runs/enqueue",
  z.object({ ideas: ideaIds, seeds: z.array(z.int()).min(1).optional(), target: onTarget }),
);
/** What so many runs of an environment would take; nothing is queued. */
export const runsForecast = request<RunsForecast>()(
  "runs/forecast",
  z.object({ environment: z.string(), runs: z.int().min(1), target: onTarget }),
);
export const runsStop = request<Run[]>()("runs/stop", z.object({ runs: runIds }));
/** Queues the same commit and seed again as new runs; without a target, for the same as before. */
export const runsRetry = request<Run[]>()("runs/retry", z.object({ runs: runIds, target: z.string().nullable().optional() }));
/** Puts queued runs, in the order given, before another queued run; null: at the end. Those that have begun meanwhile are left out. */
export const runsReorder = request<Run[]>()("runs/reorder", z.object({ runs: runIds, before: z.int().nullable() }));
/** Queues queued runs for another target; null: for whichever has room first. */
export const runsMove = request<Run[]>()("runs/move", z.object({ runs: runIds, target: z.string().nullable() }));
/** Why a run waits, in words, one reason a line; empty when it does not. */
export const runsWhy = request<{ reasons: string[] }>()("runs/why", z.object({ run: z.int() }));

/**
 * The user's targets besides this machine. `instead` names those that the caller said before: they go where they are not among `targets`,
 * and what others said stays. Absent: all go that are not among them. Runs on a target that is no longer named go on there.
 */
export const targetsConfigure = request<Target[]>()(
  "targets/configure",
  z.object({ targets: z.array(TargetSetting), instead: z.array(z.string()).optional() }),
);
/** Lets a target take no more runs, or take them again; what runs there goes on. */
export const targetsDrain = request<Target[]>()("targets/drain", z.object({ target: z.string(), drained: z.boolean() }));
/** Looks at a target anew, at once, also where it did not answer before. */
export const targetsLook = request<Target[]>()("targets/look", z.object({ target: z.string() }));
/** Tries a target out: reaches it, looks at what it has, writes a file and runs a second of work. Each step is reported as progress. */
export const targetsCheck = request<LiveCheck>()(
  "targets/check",
  z.object({ target: z.union([z.string(), TargetSetting]), progress: z.int().optional() }),
);
export const runLog = request<LogSlice>()(
  "runs/log",
  z.object({ run: z.int(), from: z.int().min(0), limit: z.int().min(1).max(4_194_304).default(262_144) }),
);
export const runCurves = request<Curve[]>()("runs/curves", z.object({ runs: runIds }));

/** One row per idea and its runs, in the metric's unit. */
export const resultsExport = request<{ text: string }>()(
  "results/export",
  z.object({ environment: z.string(), format: z.enum(["csv", "json"]) }),
);

/** What the environment's trajectories say together. */
export const resultsAnalysis = request<Analysis>()("results/analysis", z.object({ environment: z.string() }));

export const parentsSet = request<number[]>()("parents/set", z.object({ environment: z.string(), ideas: z.array(z.int()) }));
/** Generates the next epoch from the chosen parents and from what was tried. */
export const nextEpoch = request<Generated>()(
  "epochs/next",
  z.object({
    environment: z.string(),
    source: z.string().default(OPERATORS),
    count: z.int().min(1).max(100),
    /** Share of the ideas that build on the parents, 0 to 1; the rest explores. */
    exploit: z.number().min(0).max(1).default(0.5),
    /** Whether exploiting ideas are written on the first parent's commit or on the baseline. */
    base: z.enum(["parent", "baseline"]).default("parent"),
    instructions: z.string().default(""),
    repeats,
    seed: z.int().optional(),
    progress: z.int().optional(),
  }),
);

/** Marks ideas as parents for ever, or as never to be parents; null takes the mark away. Every search heeds it from its next request on. */
export const ideasMark = request<Idea[]>()("ideas/mark", z.object({ ideas: ideaIds, mark: Mark.nullable() }));
/** Lets ideas pass the gate of their search that each waits at; those that wait at none are left as they are. */
export const ideasAdmit = request<Idea[]>()("ideas/admit", z.object({ ideas: ideaIds }));
/** Writes a draft on another idea's implementation, or on the baseline. */
export const ideasRebase = request<Idea>()("ideas/rebase", z.object({ idea: z.int(), base: z.int().nullable() }));

/** What a search would take; nothing begins. */
export const searchForecast = request<Forecast>()("searches/forecast", z.object({ environment: z.string(), plan: SearchPlan }));
/**
 * Begins a search in the engine, where it goes on without a window.
 * @throws `usage` for a plan that cannot work, `model` when one of its models is not configured, `dirty-baseline`, `budget`
 */
export const searchStart = request<Search>()(
  "searches/start",
  z.object({ environment: z.string(), plan: SearchPlan.extend({ seed: z.int().optional() }) }),
);
/** Changes what may be changed while it goes on; its next request for ideas is made by the new plan. */
export const searchChange = request<Search>()("searches/change", z.object({ search: z.int(), change: PlanChange }));
/** Begins nothing more until it is resumed; what is under way goes on. */
export const searchPause = request<Search>()("searches/pause", z.object({ search: z.int() }));
export const searchResume = request<Search>()("searches/resume", z.object({ search: z.int() }));
/** Ends it: models are no longer asked, queued runs leave the queue, running ones are stopped. */
export const searchStop = request<Search>()("searches/stop", z.object({ search: z.int() }));
/**
 * Compares models (paper, section on benchmarking): every ideator has the same number of fresh ideas, each of which every implementer
 * implements; a search for each pair, all with the same `benchmark`. Unattended.
 * @throws as `searches/start`, before any has begun
 */
export const benchmarkStart = request<Search[]>()(
  "benchmark/start",
  z.object({
    environment: z.string(),
    ideators: z.array(z.string()).min(1),
    implementers: z.array(z.string()).min(1),
    /** Ideas of each ideator. */
    count: z.int().min(1).max(1000),
    samples: z.int().min(1).max(20).default(1),
    seeds: z.array(z.int()).min(1).max(20).default([0]),
    seed: z.int().optional(),
    /** For all pairs together; each has an equal part. */
    caps: SearchCaps.default(UNCAPPED),
  }),
);
/** The human has looked at the parents of the next epoch: it may begin. */
export const searchGoOn = request<Search>()("searches/go-on", z.object({ search: z.int() }));
/** Does every recorded draw, answer and edit of a search again, asks no model and runs nothing, and says whether all comes out the same. */
export const searchReplay = request<Replay>()("searches/replay", z.object({ search: z.int(), progress: z.int().optional() }));

export const modelsList = request<ModelInfo[]>()("models/list", None);
/**
 * Tells the engine the user's endpoints, keys (kept in memory only), prices, caps, and the editor's own models that this connection can
 * ask. Replaces what this connection said before. Of the caps of several connections the lowest holds.
 */
export const modelsConfigure = request<null>()(
  "models/configure",
  z.object({
    providers: z.array(Provider),
    keys: z.record(z.string(), z.string()),
    prices: Prices.default({}),
    caps: Caps.default(NO_CAPS),
    /** Model by whose vectors ideas are compared, as `provider/model`; empty: by their words alone. */
    embeddings: z.string().optional(),
    editor: z.array(EditorModel).default([]),
  }),
);

/**
 * Asked by the engine of a client that offered the model: answer with it, streaming `models/editor/chunk`. The result is what it took,
 * as far as the model can tell.
 */
export const editorComplete = request<{ usage: Usage | null }>()(
  "models/editor/complete",
  z.object({
    /** Chosen by the engine; chunks carry it. */
    call: z.int(),
    model: z.string(),
    messages: z.array(z.object({ role: z.enum(["system", "user", "assistant"]), content: z.string() })),
    /** Why the model is asked, for the editor's question whether it may be. */
    reason: z.string(),
  }),
);
/** A piece of the answer to `models/editor/complete`. */
export const editorChunk = new Notification("models/editor/chunk", z.object({ call: z.int(), text: z.string() }));

/** Progress of a long request, sent while it is answered; `progress` is the number the caller chose. */
export const ProgressReport = z.object({
  progress: z.int(),
  message: z.string(),
  done: z.int().optional(),
  total: z.int().optional(),
  /** Newest piece of text a model wrote. */
  text: z.string().optional(),
  /** A step of trying a target out that is done. */
  step: CheckStep.optional(),
});
export type ProgressReport = z.infer<typeof ProgressReport>;
export const progressReport = new Notification("progress", ProgressReport);

/** Something a human should know now; shown once. */
export const Notice = z.object({
  level: z.enum(["info", "warning", "error"]),
  message: z.string(),
  idea: z.int().optional(),
  run: z.int().optional(),
});
export type Notice = z.infer<typeof Notice>;
export const notice = new Notification("notice", Notice);

/** What the user set for this machine; kept by the engine. */
export const MachineSettings = z.object({
  /** Runs at a time; 0 leaves their number to the machine. */
  slots: z.int().min(0).default(0),
  /** A run that crashes within so many seconds is handed back once to the model that wrote its code; 0: none. */
  repairWithin: z.number().min(0).default(0),
  sandbox: SandboxChoice.default("auto"),
});
export type MachineSettings = z.infer<typeof MachineSettings>;

/** Replaces what was said of this machine before; what is not named stays as it was. */
export const engineConfigure = request<null>()(
  "engine/configure",
  z.object({ slots: z.int().min(0).optional(), repairWithin: z.number().min(0).optional(), sandbox: SandboxChoice.optional() }),
);
