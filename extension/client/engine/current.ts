/** The environment that the views show: remembered per workspace, chosen in the composer or by a command. */
import * as vscode from "vscode";
import type { Environment, ValidEnvironment } from "../../protocol/environment.ts";
import { Disposables } from "../lifecycle.ts";
import type { Lab } from "./lab.ts";
import type { Labs } from "./labs.ts";

const MEMORY = "provingGround.current";

/** An environment's id across labs, and back. */
export const environmentId = (lab: Lab, environment: string) => `${lab.key}/${environment}`;

export class Current implements vscode.Disposable {
  readonly #labs: Labs;
  readonly #memento: vscode.Memento;
  readonly #owner = new Disposables();
  readonly #changed = this.#owner.add(new vscode.EventEmitter<void>());
  #id: string | undefined;

  /** Fires when another lab or environment is current, and when anything in the current lab changed. */
  readonly onDidChange = this.#changed.event;

  constructor(labs: Labs, memento: vscode.Memento) {
    this.#labs = labs;
    this.#memento = memento;
    this.#id = memento.get<string>(MEMORY);
    this.#owner.add(labs.onDidChange(() => this.#changed.fire()));
    this.#owner.add(
      labs.onDidChangeLab(({ lab }) => {
        if (lab === this.lab) this.#changed.fire();
      }),
    );
  }

  /** Every environment of every lab. */
  get choices(): { id: string; lab: Lab; environment: Environment }[] {
    return this.#labs.all.flatMap((lab) =>
      lab.environments.map((environment) => ({ id: environmentId(lab, environment.name), lab, environment })),
    );
  }

  get #choice() {
    const choices = this.choices;
    return choices.find((choice) => choice.id === this.#id) ?? choices.find((choice) => choice.environment.state === "valid") ?? choices[0];
  }

  get lab(): Lab | undefined {
    return this.#choice?.lab ?? this.#labs.all[0];
  }

  /** Broken ones too, so that their problem can be shown. */
  get any(): Environment | null {
    return this.#choice?.environment ?? null;
  }

  get environment(): ValidEnvironment | null {
    const environment = this.any;
    return environment?.state === "valid" ? environment : null;
  }

  get id(): string | null {
    return this.#choice?.id ?? null;
  }

  choose(id: string): void {
    if (id === this.#id) return;
    this.#id = id;
    void this.#memento.update(MEMORY, id);
    this.#changed.fire();
  }

  dispose(): void {
    this.#owner.dispose();
  }
}
