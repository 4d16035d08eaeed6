/** `parents`, `next`, `models`, `engine`: what steers the loop, and what it runs on. */
import type { Command } from "commander";
import { findEngine } from "../../protocol/connect.ts";
import * as methods from "../../protocol/methods.ts";
import { OPERATORS } from "../../protocol/model.ts";
import { count, integer, integers, leaf, print, progressOf, repeats, share, type Context } from "../context.ts";
import { chooseEnvironment, connectOptions } from "../lab.ts";
import { remarks, table } from "../output.ts";
import { ideaTable } from "./ideas.ts";

export function addLabCommands(program: Command, context: Context): void {
  addParents(program.command("parents").description("ideas that the next epoch builds on"), context);
  addNext(program, context);
  leaf(program.command("models").description("sources of ideas").command("list").description("list what can write ideas and code")).action(
    async (_options: object, command: Command) => {
      const models = await (await context.lab()).request(methods.modelsList, {});
      const rows = models.map((model) => [model.id, model.title, model.problem ?? "ready"]);
      print(context, command, models, table(["id", "title", "state"], rows, "no models"));
    },
  );
  addEngine(program.command("engine").description("the process behind the lab"), context);
}

function addParents(group: Command, context: Context): void {
  const option = ["--env <name>", "environment"] as const;
  leaf(
    group
      .command("set")
      .argument("<idea...>", "numbers", integers)
      .option(...option)
      .description("choose them"),
  ).action(async (ideas: number[], options: { env?: string }, command: Command) => {
    const lab = await context.lab();
    const environment = await chooseEnvironment(lab, options.env);
    const parents = await lab.request(methods.parentsSet, { environment: environment.name, ideas });
    print(context, command, parents, parents.map((id) => `#${id}`).join(" "));
  });
  leaf(
    group
      .command("clear")
      .option(...option)
      .description("choose none"),
  ).action(async (options: { env?: string }, command: Command) => {
    const lab = await context.lab();
    const environment = await chooseEnvironment(lab, options.env);
    print(context, command, await lab.request(methods.parentsSet, { environment: environment.name, ideas: [] }), "no parents");
  });
  leaf(
    group
      .command("list")
      .option(...option)
      .description("show them"),
  ).action(async (options: { env?: string }, command: Command) => {
    const lab = await context.lab();
    const environment = await chooseEnvironment(lab, options.env);
    const { parents, ideas } = await lab.request(methods.labSubscribe, {});
    const chosen = parents[environment.name] ?? [];
    const inOrder = chosen.flatMap((id) => ideas.find((idea) => idea.id === id) ?? []);
    print(context, command, chosen, inOrder.length === 0 ? "no parents are chosen" : ideaTable(inOrder));
  });
}

function addNext(program: Command, context: Context): void {
  leaf(
    program
      .command("next")
      .option("--env <name>", "environment")
      .option("-n, --count <n>", "how many ideas", count, 6)
      .option("--source <model>", "model id, or operators", OPERATORS)
      .option("--exploit <share>", "share that builds on the parents, 0 to 1", share, 0.5)
      .option("--on-baseline", "write exploiting ideas on the baseline instead of on the parent's code")
      .option("--about <text>", "what they should be about", "")
      .option("--seed <n>", "seed of every draw", integer)
      .option("--repeats <what>", "keep or skip ideas that nearly repeat earlier ones", repeats, "keep")
      .description("the next epoch, from the parents and from what was tried"),
  ).action(
    async (
      options: {
        env?: string;
        count: number;
        source: string;
        exploit: number;
        onBaseline?: boolean;
        about: string;
        seed?: number;
        repeats: "keep" | "skip";
      },
      command: Command,
    ) => {
      const lab = await context.lab();
      const environment = await chooseEnvironment(lab, options.env);
      const generated = await lab.request(
        methods.nextEpoch,
        {
          environment: environment.name,
          count: options.count,
          source: options.source,
          exploit: options.exploit,
          base: options.onBaseline === true ? "baseline" : "parent",
          instructions: options.about,
          repeats: options.repeats,
          ...(options.seed === undefined ? {} : { seed: options.seed }),
        },
        { signal: context.signal, onProgress: progressOf(context, command) },
      );
      for (const remark of remarks(generated)) context.output.err(remark);
      print(context, command, generated, ideaTable(generated.ideas));
    },
  );
}

function addEngine(group: Command, context: Context): void {
  leaf(group.command("status").description("whether it runs, and what it does")).action(async (_options: object, command: Command) => {
    const lab = await findEngine(await connectOptions(process.cwd(), () => undefined), "keep");
    if (lab === null) {
      print(context, command, null, "no engine runs; it starts when it is needed");
      return;
    }
    const status = await lab.request(methods.engineStatus, {});
    lab.dispose();
    print(
      context,
      command,
      status,
      `engine ${status.version}, process ${status.pid}: ${status.running} running, ${status.queued} queued, ${others(status.clients - 1)}`,
    );
  });

  leaf(
    group.command("stop").option("--if-idle", "only when nothing runs and nobody is connected").description("end it; runs go on"),
  ).action(async (options: { ifIdle?: boolean }, command: Command) => {
    const lab = await findEngine(await connectOptions(process.cwd(), () => undefined), "keep");
    if (lab === null) {
      print(context, command, { stopped: false }, "no engine runs");
      return;
    }
    const gone = new Promise<void>((resolve) => lab.onClose(resolve));
    const done = await lab.request(methods.engineStop, { ifIdle: options.ifIdle === true });
    if (done.stopped) await gone;
    else context.exitCode = 1;
    lab.dispose();
    print(context, command, done, done.stopped ? "stopped" : "not stopped: it is in use");
  });
}

function others(clients: number): string {
  return clients === 1 ? "1 other client" : `${clients} other clients`;
}
