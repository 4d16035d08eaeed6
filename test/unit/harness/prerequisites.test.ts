import { describe, expect, test } from "vitest";
import { ensurePrerequisites, type Machine, MissingPrerequisites } from "../../workbench/prerequisites.ts";

/** A machine that has some programs and files, and notes what is run on it. */
function machine(programs: readonly string[], files: readonly string[], more: Partial<Machine> = {}) {
  const ran: string[][] = [];
  const made: Machine = {
    platform: "linux",
    root: true,
    has: (command) => programs.includes(command),
    exists: (file) => files.includes(file),
    run: (...words) => {
      ran.push(words);
      return 0;
    },
    succeeds: () => true,
    ...more,
  };
  return { made, ran };
}

const PROGRAMS = ["ssh", "ssh-keygen", "rsync", "csh", "sbatch", "bwrap"];
const DAEMONS = ["/usr/sbin/sshd", "/usr/sbin/slurmctld", "/usr/sbin/munged"];

describe("what the tests of clusters need", () => {
  test("is not installed where it is there", () => {
    const { made, ran } = machine(PROGRAMS, DAEMONS);
    ensurePrerequisites(["clusters"], made);
    expect(ran).toEqual([]);
  });

  test("is installed by root, and only what is missing", () => {
    const { made, ran } = machine([...PROGRAMS.filter((name) => name !== "rsync"), "apt-get"], DAEMONS.slice(1));
    ensurePrerequisites(["clusters"], made);
    expect(ran.at(-1)).toEqual(["apt-get", "install", "-y", "--no-install-recommends", "openssh-server", "rsync"]);
  });

  test("is asked of anybody else, with the command", () => {
    const { made, ran } = machine(["apt-get"], [], { root: false });
    const all = "sudo apt-get install -y openssh-server openssh-client rsync tcsh slurm-wlm munge bubblewrap";
    expect(() => ensurePrerequisites(["clusters"], made)).toThrow(MissingPrerequisites);
    expect(() => ensurePrerequisites(["clusters"], made)).toThrow(all);
    expect(ran).toEqual([]);
  });
});
