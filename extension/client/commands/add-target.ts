/** Sets up a compute target step by step: where it is, what it needs, whether it works; only then is it written to the settings. */
import { homedir } from "node:os";
import * as vscode from "vscode";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { TargetSetting } from "../../protocol/target.ts";
import { TargetSetting as Setting } from "../../protocol/target.ts";
import { sshHosts } from "../settings/ssh-hosts.ts";
import { fieldProblem } from "../../protocol/target-entries.ts";

/** An entry as the user would write it: what has a default is left out. */
export type Entry = Pick<TargetSetting, "kind" | "name"> & Readonly<Record<string, unknown>>;

const KINDS: (vscode.QuickPickItem & { type: TargetSetting["kind"] })[] = [
  {
    type: "ssh",
    label: "$(server) A host behind ssh",
    detail: "Needs a POSIX shell there and nothing else; your own ssh configuration holds.",
  },
  { type: "slurm", label: "$(server-environment) A Slurm cluster", detail: "On this machine, or through a login node." },
  { type: "ray", label: "$(type-hierarchy) A Ray cluster", detail: "Its dashboard answers the Jobs API." },
];

/** @param taken names of targets that are there. @throws ProvingGroundError `cancelled` when the user leaves it */
export async function askTarget(taken: ReadonlySet<string>): Promise<Entry> {
  const kind = (await pick(KINDS, { title: "Add a target: of which kind?" })).type;
  switch (kind) {
    case "ssh": {
      const host = await askHost("Add an ssh host (1/2)");
      return { kind, name: await askName("Add an ssh host (2/2)", host, { kind, host }, taken), host };
    }
    case "slurm":
      return askSlurm(taken);
    case "ray": {
      const title = "Add a Ray cluster";
      const address = await ask(`${title} (1/2)`, "address", "Address of its dashboard", { kind }, "http://127.0.0.1:8265");
      return { kind, name: await askName(`${title} (2/2)`, "ray", { kind, address }, taken), address };
    }
  }
}

async function askSlurm(taken: ReadonlySet<string>): Promise<Entry> {
  const title = "Add a Slurm cluster";
  const kind = "slurm";
  const here = [
    { label: "On this machine", detail: "sbatch, squeue and scancel are installed here.", remote: false },
    { label: "Through a login node", detail: "They are run there, over ssh.", remote: true },
  ];
  const { remote } = await pick(here, { title: `${title} (1/4): where are Slurm's commands?` });
  const entry: Record<string, unknown> = { kind };
  if (remote) entry.host = await askHost(`${title} (1/4): login node`);
  for (const [step, field, prompt] of [
    [2, "partition", "Partition, as in `sbatch --partition`; leave it empty for the cluster's default"],
    [3, "account", "Account, as in `sbatch --account`; leave it empty for your default"],
  ] as const) {
    const value = await ask(`${title} (${step}/4)`, field, prompt, entry, "", true);
    if (value !== "") entry[field] = value;
  }
  const name = await askName(`${title} (4/4)`, typeof entry.host === "string" ? entry.host : "slurm", entry, taken);
  return { ...entry, kind, name };
}

/** A host of the user's ssh configuration, or another one. */
async function askHost(title: string): Promise<string> {
  const known = (await sshHosts(homedir())).map((host) => ({ label: host, host }));
  if (known.length === 0) return ask(title, "host", "Host, as in `ssh HOST`: a name, or user@host", { kind: "ssh" });
  const other = { label: "$(edit) Another host…", host: null };
  const { host } = await pick([...known, other], { title, placeHolder: "Hosts of your ssh configuration" });
  return host ?? ask(title, "host", "Host, as in `ssh HOST`: a name, or user@host", { kind: "ssh" });
}

async function askName(title: string, of: string, entry: Readonly<Record<string, unknown>>, taken: ReadonlySet<string>): Promise<string> {
  const proposed = of
    .replace(/^.*@/, "")
    .replace(/[^\w.-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "");
  const free = [proposed, ...Array.from({ length: 99 }, (_, index) => `${proposed}-${index + 2}`)].find((name) => !taken.has(name)) ?? "";
  const refuse = (name: string) => (taken.has(name) ? `There is a target ${name} already.` : null);
  return ask(title, "name", "A short name for it, shown in the Compute view", entry, free, false, refuse);
}

async function ask(
  title: string,
  field: string,
  prompt: string,
  entry: Readonly<Record<string, unknown>>,
  value = "",
  optional = false,
  refuse: (text: string) => string | null = () => null,
): Promise<string> {
  const problem = (text: string) =>
    optional && text.trim() === "" ? null : (fieldProblem({ ...entry, [field]: text.trim() }, field) ?? refuse(text));
  const text = await vscode.window.showInputBox({ title, prompt, value, ignoreFocusOut: true, validateInput: problem });
  if (text === undefined) throw cancelled();
  return text.trim();
}

async function pick<T extends vscode.QuickPickItem>(rows: readonly T[], options: vscode.QuickPickOptions): Promise<T> {
  const picked = await vscode.window.showQuickPick(rows, { ...options, ignoreFocusOut: true, matchOnDetail: true });
  if (picked === undefined) throw cancelled();
  return picked;
}

const cancelled = () => new ProvingGroundError("cancelled", "no target was set up");

/** The entry with its defaults, as the engine takes it. @throws when it cannot be used */
export const settingOf = (entry: Entry): TargetSetting => Setting.parse(entry);
