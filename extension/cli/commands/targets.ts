/** `targets`: where runs are executed, how full it is, trying it out, draining it, and the settings of those beside this machine. */
import type { Command } from "commander";
import { parse } from "yaml";
import { ProvingGroundError } from "../../protocol/errors.ts";
import { durationText } from "../../protocol/format.ts";
import { labSubscribe, targetsCheck, targetsConfigure, targetsDrain, targetsLook } from "../../protocol/methods.ts";
import type { Target } from "../../protocol/run.ts";
import type { TargetSetting } from "../../protocol/target.ts";
import { parseTargets } from "../../protocol/target-entries.ts";
import { leaf, print, progressOf, type Context } from "../context.ts";
import { readInput } from "../input.ts";
import { table } from "../output.ts";

export function addTargetCommands(program: Command, context: Context): void {
  const group = program.command("targets").description("where runs are executed");

  leaf(group.command("list").description("list targets, what they have and what is busy")).action(
    async (_options: object, command: Command) => {
      const { targets } = await (await context.lab()).request(labSubscribe, {});
      print(context, command, targets, targetTable(targets));
    },
  );

  leaf(
    group
      .command("set")
      .argument("<file>", "JSON or YAML with a list, as in the setting provingGround.compute.targets; - reads standard input")
      .description("replace the targets beside this machine"),
  ).action(async (file: string, _options: object, command: Command) => {
    const targets = settingsFrom(await readInput(file), file);
    const shown = await (await context.lab()).request(targetsConfigure, { targets });
    print(context, command, shown, targetTable(shown));
  });

  leaf(
    group.command("check").argument("<name>").description("try a target out: reach it, look at what it has, run a second of work"),
  ).action(async (name: string, _options: object, command: Command) => {
    const lab = await context.lab();
    const found = await lab.request(targetsCheck, { target: name }, { signal: context.signal, onProgress: progressOf(context, command) });
    if (!found.ok) context.exitCode = 1;
    const steps = found.steps.map(({ step, ok, detail }) => [step, ok ? "ok" : "failed", detail]);
    print(context, command, found, table(["step", "", "found"], steps, "nothing was tried"));
  });

  leaf(group.command("look").argument("<name>").description("look at a target anew, also where it did not answer before")).action(
    async (name: string, _options: object, command: Command) => {
      const shown = await (await context.lab()).request(targetsLook, { target: name });
      print(context, command, shown, targetTable(shown));
    },
  );

  for (const [verb, drained, what] of [
    ["drain", true, "let a target take no more runs; those there go on"],
    ["resume", false, "let a drained target take runs again"],
  ] as const) {
    leaf(group.command(verb).argument("<name>").description(what)).action(async (name: string, _options: object, command: Command) => {
      const shown = await (await context.lab()).request(targetsDrain, { target: name, drained });
      print(context, command, shown, targetTable(shown));
    });
  }
}

function targetTable(targets: readonly Target[]): string {
  const rows = targets.map((target) => [
    target.name,
    target.type,
    `${target.busy} of ${target.slots} ${target.kind.toUpperCase()}`,
    target.runs,
    `${durationText(target.hours * 3600)}${target.maxHours === 0 ? "" : ` of ${durationText(target.maxHours * 3600)}`}`,
    target.contained ?? "no",
    target.problem ?? (target.drained ? "drained" : "ready"),
  ]);
  return table(["target", "type", "busy", "runs", "hours", "contained", "state"], rows, "no targets");
}

/** @throws ProvingGroundError `usage` with the place in the file */
function settingsFrom(text: string, file: string): TargetSetting[] {
  const hint = "It needs a list of entries such as {kind: ssh, name: gpubox, host: gpubox}.";
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    const [what = ""] = (cause as Error).message.replace(/:\n[^]*$/, "").split("\n");
    throw new ProvingGroundError("usage", `${file} is neither JSON nor YAML: ${what}`, { hint, cause });
  }
  const { targets, problems } = parseTargets(value, file);
  if (problems.length === 0) return targets;
  throw new ProvingGroundError("usage", problems.join("; "), { hint });
}
