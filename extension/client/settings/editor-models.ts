/** The editor's own language models: which there are, and answering the engine with them. */
import * as vscode from "vscode";
import { editorChunk, editorComplete } from "../../protocol/methods.ts";
import type { Usage } from "../../protocol/idea.ts";
import type { ParamsOut } from "../../protocol/messages.ts";
import type { EditorModel } from "../../protocol/model.ts";
import { EDITOR } from "../../protocol/model.ts";
import type { Connection } from "../engine/link.ts";
import { Disposables } from "../lifecycle.ts";
import { editorError, notAskedYet, notThere } from "./editor-errors.ts";

type Asked = ParamsOut<typeof editorComplete>;

export class EditorModels implements vscode.Disposable {
  readonly #access: vscode.LanguageModelAccessInformation;
  readonly #onError: (error: unknown) => void;
  readonly #owner = new Disposables();
  readonly #changed = this.#owner.add(new vscode.EventEmitter<void>());
  readonly #answered = new WeakSet<Connection>();
  #models = new Map<string, vscode.LanguageModelChat>();
  #looks = 0;

  /** The editor has other models than before. */
  readonly onDidChange = this.#changed.event;

  constructor(access: vscode.LanguageModelAccessInformation, onError: (error: unknown) => void) {
    this.#access = access;
    this.#onError = onError;
  }

  /** Those known now. The first time, they are looked for in the background: extensions that bring models may be slow to start. */
  get offered(): EditorModel[] {
    if (this.#looks === 0) {
      this.#owner.add(vscode.lm.onDidChangeChatModels(() => void this.#look()));
      void this.#look();
    }
    return offer(this.#models);
  }

  /** Answers what the engine asks over this connection; once is enough. */
  answer(connection: Connection): void {
    if (this.#answered.has(connection)) return;
    this.#answered.add(connection);
    connection.onRequest(editorComplete, async (asked, signal) => {
      // Consent may be asked for only in response to something the user did: then a request of this window waits for the answer.
      const unasked = connection.pending === 0;
      return this.#complete(asked, unasked, signal, (text) => connection.notify(editorChunk, { call: asked.call, text }));
    });
  }

  dispose(): void {
    this.#owner.dispose();
  }

  async #look(): Promise<void> {
    const look = ++this.#looks;
    try {
      const found = await vscode.lm.selectChatModels();
      // One that began later knows better, even where this one took longer.
      if (look !== this.#looks || this.#owner.disposed) return;
      const models = new Map(found.map((model) => [`${EDITOR}/${model.vendor}/${model.id}`, model]));
      const same = JSON.stringify(offer(models)) === JSON.stringify(offer(this.#models));
      this.#models = models;
      if (!same) this.#changed.fire();
    } catch (thrown) {
      this.#onError(thrown);
    }
  }

  async #complete(
    { model: id, messages, reason }: Asked,
    unasked: boolean,
    signal: AbortSignal,
    say: (text: string) => void,
  ): Promise<{ usage: Usage | null }> {
    const model = this.#models.get(id);
    if (model === undefined) throw notThere(id.slice(EDITOR.length + 1));
    if (unasked && this.#access.canSendRequest(model) === undefined) throw notAskedYet(model.name);
    const cancellation = new vscode.CancellationTokenSource();
    const cancel = () => cancellation.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    try {
      const said = messages.map(asChat);
      const response = await model.sendRequest(said, { justification: reason }, cancellation.token);
      let answer = "";
      for await (const text of response.text) {
        answer += text;
        say(text);
      }
      return { usage: await counted(model, said, answer, cancellation.token) };
    } catch (thrown) {
      throw editorError(thrown, model.name);
    } finally {
      signal.removeEventListener("abort", cancel);
      cancellation.dispose();
    }
  }
}

function offer(models: ReadonlyMap<string, vscode.LanguageModelChat>): EditorModel[] {
  return [...models].map(([id, { name, maxInputTokens }]) => ({ id, title: name, maxInputTokens }));
}

/** The editor knows no system messages. */
function asChat({ role, content }: Asked["messages"][number]): vscode.LanguageModelChatMessage {
  return role === "assistant" ? vscode.LanguageModelChatMessage.Assistant(content) : vscode.LanguageModelChatMessage.User(content);
}

/** Tokens by the model's own count; null where it does not count. */
async function counted(
  model: vscode.LanguageModelChat,
  messages: readonly vscode.LanguageModelChatMessage[],
  answer: string,
  token: vscode.CancellationToken,
): Promise<Usage | null> {
  try {
    const [outputTokens, ...inputs] = await Promise.all([
      model.countTokens(answer, token),
      ...messages.map((message) => model.countTokens(message, token)),
    ]);
    const usage = { inputTokens: inputs.reduce((sum, count) => sum + count, 0), outputTokens };
    return Object.values(usage).every(Number.isSafeInteger) ? usage : null;
  } catch {
    return null; // the answer is there; that nobody counted it is no failure
  }
}
