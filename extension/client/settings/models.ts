/** The user's model endpoints and keys: kept by the editor, told to every engine, in memory only. */
import * as vscode from "vscode";
import { ProvingGroundError } from "../../protocol/errors.ts";
import { engineConfigure, modelsConfigure, modelsList } from "../../protocol/methods.ts";
import { OPERATORS } from "../../protocol/model.ts";
import type { Lab } from "../engine/lab.ts";
import type { Labs } from "../engine/labs.ts";
import type { Connection } from "../engine/link.ts";
import { Disposables } from "../lifecycle.ts";
import { sandboxChoice } from "./compute.ts";
import type { EditorModels } from "./editor-models.ts";
import { implementerChoices } from "./implementer-choices.ts";
import {
  implementerModel,
  localSlots,
  noveltyEmbeddings,
  onDidChangeSettings,
  readProviders,
  readSpending,
  repairWithin,
  writeProvider,
} from "./settings.ts";

const SECRET = "provingGround.key.";

export class Models implements vscode.Disposable {
  readonly #secrets: vscode.SecretStorage;
  readonly #editor: EditorModels;
  readonly #owner = new Disposables();
  readonly #changed = this.#owner.add(new vscode.EventEmitter<void>());
  #told = "";
  /** What each engine was told last. */
  readonly #limits = new WeakMap<Connection, string>();

  /** The list of models may be another one. */
  readonly onDidChange = this.#changed.event;

  constructor(secrets: vscode.SecretStorage, editor: EditorModels) {
    this.#secrets = secrets;
    this.#editor = editor;
  }

  /** Tells a connection which endpoints, keys, prices, caps, embedding model, models of the editor's own and local limits there are. */
  readonly prepare = async (connection: Connection): Promise<void> => {
    const { providers, problems } = readProviders();
    const keys: Record<string, string> = {};
    for (const { name } of providers) {
      const key = await this.#secrets.get(SECRET + name);
      if (key !== undefined) keys[name] = key;
    }
    const { prices, caps, problems: unread } = readSpending();
    this.#editor.answer(connection);
    const embeddings = noveltyEmbeddings();
    await connection.request(modelsConfigure, { providers, keys, prices, caps, embeddings, editor: this.#editor.offered });
    const limits = { slots: localSlots(), repairWithin: repairWithin(), sandbox: sandboxChoice() };
    const told = JSON.stringify(limits);
    if (told !== this.#limits.get(connection)) await connection.request(engineConfigure, limits);
    this.#limits.set(connection, told);
    this.#complain([...problems, ...unread].join("; "));
  };

  /** Tells all engines again whenever settings or keys change. */
  follow(labs: Labs, onError: (error: unknown) => void): vscode.Disposable {
    const tell = () => {
      Promise.all(labs.all.map((lab) => lab.link.prepareAgain())).then(() => this.#changed.fire(), onError);
    };
    return vscode.Disposable.from(
      onDidChangeSettings(tell),
      this.#editor.onDidChange(tell),
      this.#secrets.onDidChange((event) => {
        if (event.key.startsWith(SECRET)) tell();
      }),
    );
  }

  /**
   * Who implements these ideas: a model, or `hand`; null when operators wrote them all or there is no model.
   * @throws ProvingGroundError `cancelled` when the user was asked and chose none
   */
  async forImplementing(lab: Lab, sources: readonly string[], preferred: string): Promise<string | null> {
    if (sources.every((source) => source === "operator")) return null;
    const configured = implementerModel() ?? (preferred === OPERATORS ? null : preferred);
    if (configured !== null) return configured;
    const choices = implementerChoices(await lab.link.request(modelsList, {}));
    // The engine still implements what is written as settings of knobs, and says so where it needs a model.
    if (choices.length === 0) return null;
    const title = sources.length === 1 ? "Who implements this idea?" : "Who implements these ideas?";
    const picked = await vscode.window.showQuickPick(choices, { title });
    if (picked === undefined) throw new ProvingGroundError("cancelled", "nobody was chosen");
    return picked.id;
  }

  /** Asks for an endpoint step by step and stores it. */
  async addEndpoint(): Promise<void> {
    const title = "Add an OpenAI-compatible endpoint";
    const baseURL = await vscode.window.showInputBox({
      title: `${title} (1/3)`,
      prompt: "Base URL, as the endpoint's documentation gives it",
      value: "http://127.0.0.1:11434/v1",
      ignoreFocusOut: true,
      validateInput: (text) => (URL.canParse(text) ? null : "This is not a URL; it looks like https://api.example.com/v1"),
    });
    if (baseURL === undefined) return;
    const name = await vscode.window.showInputBox({
      title: `${title} (2/3)`,
      prompt: "A short name for it: letters, digits, '.', '_' and '-'",
      value: new URL(baseURL).hostname.replace(/^(api|www)\./, "").split(".")[0] ?? "",
      ignoreFocusOut: true,
      validateInput: (text) => (/^[\w.-]+$/.test(text) ? null : "Only letters, digits, '.', '_' and '-'"),
    });
    if (name === undefined) return;
    const models = await vscode.window.showInputBox({
      title: `${title} (3/3)`,
      prompt: "Model ids, separated by commas; leave it empty to ask the endpoint",
      ignoreFocusOut: true,
    });
    if (models === undefined) return;
    await writeProvider({
      name,
      baseURL,
      models: models
        .split(",")
        .map((id) => id.trim())
        .filter((id) => id !== ""),
    });
    await this.setKey(name);
  }

  /** Asks for the key of an endpoint; an empty one removes it. */
  async setKey(provider?: string): Promise<void> {
    const name = provider ?? (await this.#pickProvider());
    if (name === undefined) return;
    const key = await vscode.window.showInputBox({
      title: `API key of ${name}`,
      prompt: "Kept in the editor's secret storage. Leave it empty if the endpoint needs none.",
      password: true,
      ignoreFocusOut: true,
    });
    if (key === undefined) return;
    if (key.trim() === "") await this.#secrets.delete(SECRET + name);
    else await this.#secrets.store(SECRET + name, key.trim());
  }

  dispose(): void {
    this.#owner.dispose();
  }

  async #pickProvider(): Promise<string | undefined> {
    const names = readProviders().providers.map((provider) => provider.name);
    if (names.length > 0) return vscode.window.showQuickPick(names, { title: "Key of which endpoint?" });
    await this.addEndpoint();
    return undefined;
  }

  #complain(problems: string): void {
    if (problems !== this.#told && problems !== "") {
      void vscode.window.showWarningMessage(`Some settings of models are not used: ${problems}.`);
    }
    this.#told = problems;
  }
}
