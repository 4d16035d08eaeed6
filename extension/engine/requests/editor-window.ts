/** A connected window as a place to ask the editor's own models: the same connection, the other way round. */
import { editorChunk, editorComplete } from "../../protocol/methods.ts";
import type { Usage } from "../../protocol/idea.ts";
import type { EditorRequest, EditorWindow } from "../models/editor.ts";
import type { Session } from "../server/session.ts";

export class SessionWindow implements EditorWindow {
  readonly #session: Session;
  readonly #listeners = new Map<number, (text: string) => void>();
  #nextCall = 1;

  constructor(session: Session) {
    this.#session = session;
    session.onNotification(editorChunk, ({ call, text }) => this.#listeners.get(call)?.(text));
  }

  async complete(
    { model, messages, reason }: EditorRequest,
    signal: AbortSignal,
    onText: (text: string) => void,
  ): Promise<{ usage: Usage | null }> {
    const call = this.#nextCall++;
    this.#listeners.set(call, onText);
    try {
      return await this.#session.ask(editorComplete, { call, model, messages: [...messages], reason }, signal);
    } finally {
      this.#listeners.delete(call);
    }
  }
}
