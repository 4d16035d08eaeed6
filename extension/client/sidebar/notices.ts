/** What a human should know now: the engine's own notices, and runs that failed, one message per kind of failure. */
import type { Snapshot } from "../../protocol/lab.ts";
import { execute } from "../commands/registry.ts";
import type { Lab } from "../engine/lab.ts";
import type { Labs } from "../engine/labs.ts";
import type { Contribution } from "../lifecycle.ts";
import type { Presenter } from "../present.ts";
import { failureText, newFailures } from "./failures.ts";
import type { Failure } from "./failures.ts";

export const notices =
  (labs: Labs, presenter: Presenter): Contribution =>
  (owner) => {
    const said = new Set<string>();
    owner.add(
      labs.onNotice(({ lab, notice }) => {
        const key = JSON.stringify([lab.key, notice]);
        if (said.has(key)) return;
        said.add(key);
        const { idea, run } = notice;
        void presenter.say(notice.level, notice.message, {
          ...(run === undefined ? {} : { "Open Log": () => execute("provingGround.openLog", { lab: lab.key, run }) }),
          ...(idea === undefined ? {} : { "Open Idea": () => execute("provingGround.openIdea", { lab: lab.key, idea }) }),
        });
      }),
    );
    const failures = new FailureNotices(presenter);
    owner.add(
      labs.onDidChangeLab(({ lab, change: { before, snapshot } }) => {
        // What had failed before this window looked is no news.
        if (before !== null) failures.tell(lab, before, snapshot);
      }),
    );
  };

/** While the message on one kind is still there, more of the kind are counted, and told together when it is gone. */
class FailureNotices {
  readonly #presenter: Presenter;
  readonly #shown = new Map<string, Failure[]>();

  constructor(presenter: Presenter) {
    this.#presenter = presenter;
  }

  tell(lab: Lab, before: Snapshot, after: Snapshot): void {
    for (const [kind, failures] of Map.groupBy(newFailures(before, after), (failure) => failure.kind)) {
      const key = `${lab.key}/${kind}`;
      const waiting = this.#shown.get(key);
      if (waiting === undefined) void this.#show(lab, key, failures);
      else waiting.push(...failures);
    }
  }

  async #show(lab: Lab, key: string, failures: readonly Failure[]): Promise<void> {
    const waiting: Failure[] = [];
    this.#shown.set(key, waiting);
    const [first] = failures;
    await this.#presenter.say("error", failureText(failures), {
      "Open Log": () => execute("provingGround.openLog", { lab: lab.key, run: first?.run ?? 0 }),
      ...(failures.length > 1 ? { "Show Results": () => execute("provingGround.openResults", { lab: lab.key }) } : {}),
    });
    this.#shown.delete(key);
    if (waiting.length > 0) void this.#show(lab, key, waiting);
  }
}
