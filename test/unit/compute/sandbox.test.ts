import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { taskGroups } from "../../../extension/engine/compute/sandbox-bounds.ts";
import { showNeeds } from "../../../extension/engine/compute/sandbox-needs.ts";
import { accelerators, homes, secrets } from "../../../extension/engine/compute/sandbox-places.ts";
import { refused } from "../../../extension/engine/compute/sandbox-problem.ts";
import { trace, View } from "../../../extension/engine/compute/sandbox-view.ts";

/** A folder with files in it; a content that begins with `->` makes a link. */
function place(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), "proving-ground-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    if (content.startsWith("->")) symlinkSync(content.slice(2), join(root, path));
    else writeFileSync(join(root, path), content);
  }
  return root;
}

/** Bubblewrap's words as lines, with a folder's name left out. */
const lines = (view: View, root: string) =>
  view
    .words()
    .join(" ")
    .replaceAll(root, "")
    .split(/ (?=--)/);

describe("the view of a sandbox", () => {
  test("is decided by the most specific folder, outer ones first", () => {
    const root = place({ "home/projects/lab/.git/config": "", "home/projects/lab/runs/7/code/a": "", "home/data/x": "" });
    const view = new View();
    view.hide(join(root, "home"));
    view.hide(join(root, "home/projects/lab"));
    view.guard(join(root, "home/projects/lab/runs/7"));
    view.open(join(root, "home/projects/lab/runs/7/code"));
    view.show(join(root, "home/data"));
    view.show(join(root, "home/data/x"));
    view.show(join(root, "home/none"));
    expect(lines(view, root)).toEqual([
      "--tmpfs /home",
      "--ro-bind-try /home/data /home/data",
      "--ro-bind-try /home/projects/lab/runs/7 /home/projects/lab/runs/7",
      "--bind /home/projects/lab/runs/7/code /home/projects/lab/runs/7/code",
      "--remount-ro /home",
    ]);
  });

  test("hides again what lies in something shown", () => {
    const root = place({ "home/shown/secret/key": "", "home/shown/token": "" });
    const view = new View();
    view.scratch(join(root, "home"));
    view.show(join(root, "home/shown"));
    view.hide(join(root, "home/shown/secret"));
    view.hide(join(root, "home/shown/token"));
    expect(lines(view, root)).toEqual([
      "--tmpfs /home",
      "--ro-bind-try /home/shown /home/shown",
      "--tmpfs /home/shown/secret",
      "--ro-bind /dev/null /home/shown/token",
      "--remount-ro /home/shown/secret",
    ]);
    expect(view.scratches.map((path) => path.slice(root.length))).toEqual(["/home"]);
  });

  test("makes the hidden links again that lead to something shown", () => {
    const root = place({ "home/real/1.2/file": "", "home/short": "->real/1.2" });
    symlinkSync(join(root, "home/short"), join(root, "home/long"));
    expect(trace(join(root, "home/long/file"))).toEqual({
      real: join(root, "home/real/1.2/file"),
      links: [
        [join(root, "home/long"), join(root, "home/short")],
        [join(root, "home/short"), "real/1.2"],
      ],
    });
    const view = new View();
    view.hide(join(root, "home"));
    view.show(join(root, "home/long"));
    expect(lines(view, root)).toEqual([
      "--tmpfs /home",
      "--symlink /home/short /home/long",
      "--symlink real/1.2 /home/short",
      "--ro-bind-try /home/real/1.2 /home/real/1.2",
      "--remount-ro /home",
    ]);
  });

  test("knows links without end", () => {
    const root = place({ a: "->b", b: "->a" });
    expect(trace(join(root, "a"))).toBeNull();
  });
});

describe("of a home is shown what programs need", () => {
  const shown = (root: string, environment: Record<string, string>) => {
    const home = join(root, "home");
    const view = new View();
    view.hide(home);
    const within = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, value.replaceAll("~", home)]));
    showNeeds(view, { environment: within, home, secrets: secrets(home, within) });
    return lines(view, root).flatMap(
      (line) => /^--(?:ro-bind-try|symlink \S+) (\/home\/\S+)/.exec(line)?.[1]?.slice("/home/".length) ?? [],
    );
  };

  test("an installation on the PATH as a whole, a folder of programs by itself", () => {
    const root = place({
      "home/conda/bin/python": "",
      "home/conda/conda-meta/x": "",
      "home/bin/tool": "",
      "home/projects/it/scripts/run": "",
    });
    expect(shown(root, { PATH: "/usr/bin:~/conda/bin:~/bin:~/projects/it/scripts:~/none" }).sort()).toEqual([
      "bin",
      "conda",
      "projects/it/scripts",
    ]);
  });

  test("not ~/.local for its programs, but what they lead to, and the user's Python packages", () => {
    const root = place({
      "home/.local/bin/uv": "",
      "home/.local/bin/python3.12": "->../share/uv/python/cpython-3.12/bin/python3.12",
      "home/.local/share/uv/python/cpython-3.12/bin/python3.12": "",
      "home/.local/share/uv/python/cpython-3.12/lib/python3.12/os.py": "",
      "home/.local/share/keyrings/login": "",
      "home/.local/lib/python3.11/site-packages/x.py": "",
    });
    expect(shown(root, { PATH: "~/.local/bin" }).sort()).toEqual([".local/bin", ".local/lib", ".local/share/uv/python/cpython-3.12"]);
  });

  test("a virtual environment with the Python it was made from", () => {
    const root = place({
      "home/.pyenv/versions/3.11/bin/python3": "",
      "home/.pyenv/versions/3.11/lib/python3.11/os.py": "",
      "home/project/.venv/bin/python": "",
      "home/project/secret": "",
    });
    writeFileSync(join(root, "home/project/.venv/pyvenv.cfg"), `home = ${join(root, "home/.pyenv/versions/3.11/bin")}\nversion = 3.11\n`);
    expect(shown(root, { VIRTUAL_ENV: "~/project/.venv" }).sort()).toEqual([".pyenv/versions/3.11", "project/.venv"]);
  });

  test("nothing of where secrets are, nor the home itself", () => {
    const root = place({ "home/.config/tool/bin/x": "", "home/.ssh/bin/x": "", "home/bin/x": "", "home/lib/python3/x": "" });
    expect(shown(root, { PATH: "~:~/.config/tool/bin:~/.ssh/bin", VIRTUAL_ENV: "~", LD_LIBRARY_PATH: "~/.config/tool" })).toEqual([]);
    expect(shown(root, { PATH: "~/bin" })).toEqual(["bin"]);
  });
});

test("homes are the usual places and those of people's accounts", () => {
  const passwd =
    "root:x:0:0::/root:/bin/sh\nme:x:1000:1000::/data/people/me:/bin/sh\nd:x:2:2::/usr/sbin:/x\nn:x:65534:1::/no/home:/x\nodd:x:1001:1::/:/x\n";
  expect(homes(passwd)).toEqual(["/root", "/home", "/var/home", "/export/home", "/Users", "/data/people/me"]);
});

test("accelerators are told from other devices", () => {
  expect(accelerators(["null", "sda", "nvidia0", "nvidiactl", "nvidia-uvm", "kfd", "dri", "infiniband", "kvm", "mem", "dxg"])).toEqual(
    ["nvidia0", "nvidiactl", "nvidia-uvm", "kfd", "dri", "infiniband", "dxg"].map((name) => `/dev/${name}`),
  );
});

test("control groups that count processes are found in both versions", () => {
  const first = "cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\ncgroup /sys/fs/cgroup/pids cgroup rw,relatime,pids 0 0\n";
  expect(taskGroups(first)).toEqual([{ path: "/sys/fs/cgroup/pids", controls: null }]);
  expect(taskGroups("cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n/dev/sda / ext4 rw 0 0")).toEqual([
    { path: "/sys/fs/cgroup", controls: "/sys/fs/cgroup/cgroup.subtree_control" },
  ]);
});

test("why bubblewrap does not work is said with what to do", () => {
  const none = { apparmor: null, clone: null, most: null };
  expect(refused("bwrap: no", { ...none, apparmor: "1" })).toMatch(/bwrap: no.*AppArmor.*apparmor_restrict_unprivileged_userns=0/);
  expect(refused("bwrap: no", { ...none, clone: "0" })).toMatch(/unprivileged_userns_clone=1/);
  expect(refused("bwrap: no", { ...none, most: "0", apparmor: "1" })).toMatch(/max_user_namespaces/);
  expect(refused("bwrap: Can't mount proc", none)).toMatch(/inside a container/);
});
