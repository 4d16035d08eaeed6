/** The environments of a repository: found by their manifests, joined with what is known of their baseline. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import picomatch from "picomatch";
import type { Baseline, Environment, ValidEnvironment } from "../../protocol/environment.ts";
import { ProvingGroundError, type ErrorData } from "../../protocol/errors.ts";
import { MANIFEST_FILE, type Manifest } from "../../protocol/manifest.ts";
import { gitBytes } from "../git/process.ts";
import { nulSeparated, type Git } from "../git/git.ts";
import { Rounds } from "../git/rounds.ts";
import type { Store } from "../store/store.ts";
import { placeOf, readKnob } from "./knobs.ts";
import { readManifest, type ManifestReading } from "./manifest-file.ts";

/** Code that ideas are written on: HEAD, when the environment's folder is as committed. */
export interface BaselineCode {
  commit: string;
  /** Git tree of the environment's folder. */
  tree: string;
}

export class Environments {
  readonly #git: Git;
  readonly #top: string;
  readonly #store: Store;
  readonly #listing: Rounds<null, Environment[]>;
  /** Manifests as they were last read, by file. */
  readonly #read = new Map<string, { text: string; reading: ManifestReading }>();

  constructor(git: Git, top: string, store: Store) {
    this.#git = git;
    this.#top = top;
    this.#store = store;
    this.#listing = new Rounds(async (asked) => {
      const found = await this.#list();
      return asked.map(() => found);
    });
  }

  /**
   * All environments as they are now, tracked or not yet tracked, ignored ones left out. Who asks while others are being answered
   * shares the next answer, which is begun after the question.
   */
  list(): Promise<Environment[]> {
    return this.#listing.ask(null);
  }

  async #named(name: string): Promise<Environment> {
    const environments = await this.list();
    const found = environments.find((environment) => environment.name === name);
    if (found !== undefined) return found;
    const names = environments.map((environment) => environment.name).join(", ");
    throw new ProvingGroundError("unknown-environment", `there is no environment \`${name}\` in this repository`, {
      hint: names === "" ? `Add a folder with an ${MANIFEST_FILE}.` : `There is: ${names}.`,
    });
  }

  async #list(): Promise<Environment[]> {
    const patterns = [MANIFEST_FILE, `**/${MANIFEST_FILE}`];
    const listed = await gitBytes(this.#top, ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ...patterns]);
    const files = [...new Set(nulSeparated(listed))].sort();
    for (const known of this.#read.keys()) if (!files.includes(known)) this.#read.delete(known);
    const found = (await Promise.all(files.map((file) => this.#environmentsOf(file)))).flat();
    const seen = new Map<string, string>();
    return found.map((environment) => {
      const first = seen.get(environment.name);
      if (environment.state === "broken" || first === undefined) {
        if (environment.state === "valid") seen.set(environment.name, environment.directory);
        return environment;
      }
      const file = path.posix.join(environment.directory, MANIFEST_FILE);
      return {
        state: "broken",
        name: environment.name,
        directory: environment.directory,
        problems: [
          {
            code: "manifest",
            message: `${file}: the name \`${environment.name}\` is already used in ${first}`,
            hint: "Give one of the two another name.",
            place: { file },
          },
        ],
      };
    });
  }

  /** @throws ProvingGroundError `unknown-environment`, or the manifest's first problem */
  async get(name: string): Promise<ValidEnvironment> {
    const found = await this.#named(name);
    if (found.state === "broken") {
      const [first] = found.problems;
      throw first === undefined ? new ProvingGroundError("manifest", `${name} has a broken manifest`) : ProvingGroundError.fromData(first);
    }
    return found;
  }

  /**
   * The code that ideas are written on and baseline runs execute.
   * @throws ProvingGroundError `dirty-baseline`, `no-commit`
   */
  async baselineCode(environment: ValidEnvironment): Promise<BaselineCode> {
    const dirty = await this.#git.statusOf(environment.directory);
    if (dirty.length > 0) {
      const shown = dirty.slice(0, 5).join(", ") + (dirty.length > 5 ? ` and ${dirty.length - 5} more` : "");
      throw new ProvingGroundError("dirty-baseline", `${environment.name} has uncommitted changes: ${shown}`, {
        hint: "Commit or stash them. Ideas are written on, and runs take their code from, a commit.",
      });
    }
    const commit = await this.#git.headCommit();
    const tree = await this.#git.treeOf(commit, environment.directory);
    if (tree === null) {
      throw new ProvingGroundError("no-commit", `${environment.directory} is not part of the last commit`, {
        hint: "Commit the environment's folder.",
      });
    }
    return { commit, tree };
  }

  /** Everything that would go wrong later and can be told now. @throws ProvingGroundError `unknown-environment` */
  async check(name: string): Promise<ErrorData[]> {
    const environment = await this.#named(name);
    if (environment.state === "broken") return environment.problems;
    const problems = await this.#checkFiles(environment);
    await this.baselineCode(environment).catch((cause: unknown) => problems.push(ProvingGroundError.from(cause).toData()));
    return problems;
  }

  async #environmentsOf(file: string): Promise<Environment[]> {
    const directory = path.posix.dirname(file);
    let text: string;
    try {
      text = await readFile(path.join(this.#top, file), "utf8");
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return []; // deleted, the deletion not yet committed
      throw cause;
    }
    const reading = this.#reading(file, text);
    if (!reading.ok)
      return [{ state: "broken", name: path.posix.basename(path.resolve(this.#top, directory)), directory, problems: reading.problems }];
    const dirty = await this.#git.statusOf(directory);
    const head = await this.#git.commitOf("HEAD");
    const tree = head === null ? null : await this.#git.treeOf(head, directory);
    return reading.manifests.map((manifest) => ({
      ...{ state: "valid", name: manifest.name, directory, manifest, dirty },
      baseline: this.#baseline(manifest, head, tree),
      epoch: this.#store.ideas.newestEpoch(manifest.name),
    }));
  }

  /** The file's meaning, found anew only when its text is another. */
  #reading(file: string, text: string): ManifestReading {
    const known = this.#read.get(file);
    if (known?.text === text) return known.reading;
    const reading = readManifest(text, file);
    this.#read.set(file, { text, reading });
    return reading;
  }

  /** @param commit HEAD @param tree the environment's folder in it */
  #baseline(manifest: Manifest, commit: string | null, tree: string | null): Baseline {
    const published = manifest.baseline?.value ?? null;
    if (commit === null || tree === null) return { commit: "", mean: null, deviation: null, seeds: 0, published };
    const values = this.#store.runs.ofBaseline(manifest.name, tree).flatMap((run) => (run.metric === null ? [] : [run.metric]));
    return { commit, ...meanAndDeviation(values), seeds: values.length, published };
  }

  async #checkFiles({ directory, manifest }: ValidEnvironment): Promise<ErrorData[]> {
    const file = path.posix.join(directory, MANIFEST_FILE);
    const problem = (message: string, hint: string): ErrorData => ({
      code: "manifest",
      message: `${file}: ${message}`,
      hint,
      place: { file },
    });
    const prefix = directory === "." ? "" : `${directory}/`;
    const listed = await gitBytes(this.#top, ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", directory]);
    const inside = nulSeparated(listed).map((name) => name.slice(prefix.length));
    const problems: ErrorData[] = [];
    for (const key of ["context", "editable", "protected"] as const) {
      for (const glob of manifest.files[key]) {
        const matches = picomatch(glob, { dot: true });
        if (!inside.some((name) => matches(name))) {
          problems.push(problem(`files.${key}: \`${glob}\` matches no file in ${directory}`, "Correct the pattern, or add the file."));
        }
      }
    }
    for (const knob of manifest.knobs) {
      const text = await readFile(path.join(this.#top, directory, knob.file), "utf8").catch(() => null);
      if (text === null) {
        problems.push(problem(`knob ${knob.name}: there is no file ${knob.file}`, "Correct the file's name."));
        continue;
      }
      try {
        readKnob(text, knob);
        placeOf(text, knob);
      } catch (cause) {
        problems.push(problem(ProvingGroundError.from(cause).message, "Correct `place`, so that it matches exactly once."));
      }
    }
    return problems;
  }
}

/** Mean and sample standard deviation; null where there are too few values. */
export function meanAndDeviation(values: readonly number[]): { mean: number | null; deviation: number | null } {
  if (values.length === 0) return { mean: null, deviation: null };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length === 1) return { mean, deviation: null };
  return { mean, deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)) };
}
