/** `search`: starting one, looking at those there are, steering one that goes on, and doing one again from its records. */
import type { Command } from "commander";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Snapshot } from "../../protocol/lab.ts";
import * as methods from "../../protocol/methods.ts";
import type { Forecast, Search } from "../../protocol/search.ts";
import { forecastTexts } from "../../protocol/search-text.ts";
import { integer, leaf, print, progressOf, type Context } from "../context.ts";
import { chooseEnvironment, ofEnvironment } from "../lab.ts";
import { clock } from "../output.ts";
import { changeable, changeFrom, planFrom, startable, type ChangeOptions, type StartOptions } from "../search-options.ts";
import { bestOf, searchTable, searchText, untilSearchesEnded } from "../searches.ts";
import { ideaTable } from "./ideas.ts";

export function addSearchCommands(program: Command, context: Context): void {
  const group = program.command("search").description("epochs of ideas that are written, implemented, run and learnt from by themselves");
  addStart(group, context);
  addLooking(group, context);
  addSteering(group, context);
}

function addStart(group: Command, context: Context): void {
  leaf(
    startable(group.command("start").option("--env <name>", "environment"))
      .option("--dry-run", "say what it would take, and begin nothing")
      .option("--wait", "tell what happens until it has ended")
      .description("begin a search; it goes on in the engine"),
  ).action(async (options: StartOptions & { env?: string; dryRun?: true; wait?: true }, command: Command) => {
    const plan = planFrom(options);
    const lab = await context.lab();
    const { name: environment } = await chooseEnvironment(lab, options.env);
    if (options.dryRun === true) {
      // Nothing of a forecast is drawn.
      const forecast = await lab.request(methods.searchForecast, { environment, plan: { ...plan, seed: plan.seed ?? 0 } });
      print(context, command, forecast, forecastLines(forecast));
      return;
    }
    const search = await lab.request(methods.searchStart, { environment, plan });
    if (options.wait !== true) {
      print(context, command, search, searchTable([search], await lab.request(methods.labSubscribe, {})));
      return;
    }
    const snapshot = await untilSearchesEnded(lab, [search.id], context);
    const ended = find(snapshot, search.id);
    if (bestOf(ended, snapshot) === null) context.exitCode = 1;
    print(context, command, ended, searchText(ended, snapshot, Date.now()));
  });
}

function forecastLines(forecast: Forecast): string {
  return [...forecastTexts(forecast, Date.now(), clock), ...forecast.warnings.map((warning) => `warning: ${warning}`)].join("\n");
}

function addLooking(group: Command, context: Context): void {
  leaf(group.command("list").option("--env <name>", "only of this environment").description("list searches")).action(
    async (options: { env?: string }, command: Command) => {
      const snapshot = await (await context.lab()).request(methods.labSubscribe, {});
      const wanted = ofEnvironment(snapshot.searches, snapshot, options.env);
      print(context, command, wanted, searchTable(wanted, snapshot));
    },
  );

  leaf(group.command("show").argument("<search>", "number", integer).description("show a search and its ideas")).action(
    async (id: number, _options: object, command: Command) => {
      const snapshot = await (await context.lab()).request(methods.labSubscribe, {});
      const search = find(snapshot, id);
      const ideas = snapshot.ideas.filter((idea) => idea.search === id);
      print(context, command, { search, ideas }, `${searchText(search, snapshot, Date.now())}\n\n${ideaTable(ideas)}`);
    },
  );

  leaf(
    group
      .command("replay")
      .argument("<search>", "number", integer)
      .description("do its draws, answers and edits again from the records, asking no model and running nothing"),
  ).action(async (id: number, _options: object, command: Command) => {
    const replay = await (
      await context.lab()
    ).request(methods.searchReplay, { search: id }, { signal: context.signal, onProgress: progressOf(context, command) });
    if (replay.differences.length > 0) context.exitCode = 1;
    const done = `${replay.requests} requests, ${replay.ideas} ideas and ${replay.commits} commits done again`;
    const verdict = replay.differences.length === 0 ? "all came out the same" : `${replay.differences.length} came out otherwise`;
    const lines = [...replay.differences, ...replay.skipped.map((what) => `skipped: ${what}`)];
    print(context, command, replay, [`${done}: ${verdict}`, ...lines].join("\n"));
  });
}

function addSteering(group: Command, context: Context): void {
  const steering = [
    ["pause", "begin nothing more until it is resumed", methods.searchPause],
    ["resume", "go on with one that is paused", methods.searchResume],
    ["stop", "end it, with its runs; what it found stays", methods.searchStop],
    ["go-on", "begin the next epoch with the parents as they are", methods.searchGoOn],
  ] as const;
  for (const [name, description, request] of steering) {
    leaf(group.command(name).argument("<search>", "number", integer).description(description)).action(
      async (id: number, _options: object, command: Command) => {
        const lab = await context.lab();
        const search = await lab.request(request, { search: id });
        print(context, command, search, searchTable([search], await lab.request(methods.labSubscribe, {})));
      },
    );
  }

  leaf(
    changeable(group.command("change").argument("<search>", "number", integer)).description(
      "change one that goes on, from its next request for ideas on",
    ),
  ).action(async (id: number, options: ChangeOptions, command: Command) => {
    if (Object.keys(options).every((name) => name === "json")) {
      throw new ProvingGroundError("usage", "nothing is to be changed", {
        hint: "Name what is: --epochs 12, --ask diffs, --max-dollars 5 …",
      });
    }
    const lab = await context.lab();
    const snapshot = await lab.request(methods.labSubscribe, {});
    const change = changeFrom(options, find(snapshot, id).plan.algorithm);
    const search = await lab.request(methods.searchChange, { search: id, change });
    print(context, command, search, searchText(search, snapshot, Date.now()));
  });
}

/** @throws ProvingGroundError `usage` */
function find(snapshot: Snapshot, id: number): Search {
  const found = snapshot.searches.find((search) => search.id === id);
  if (found !== undefined) return found;
  throw new ProvingGroundError("usage", `there is no search ${id}`, { hint: "`proving-ground search list` shows those there are." });
}
