/** Vectors of texts in the store: what an embedding model made of each. Where a row comes from is in the ledger; it is no event. */
import type { Database } from "./database.ts";

export class Vectors {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * All that a model made, by the digest of the text.
   * @param model `provider/model`
   */
  of(model: string): Map<string, Float32Array> {
    const rows = this.#database.all("SELECT text, vector FROM vectors WHERE model = ?", model);
    return new Map(rows.map(({ text, vector }) => [String(text), floats(vector as Uint8Array)]));
  }

  put(model: string, vectors: ReadonlyMap<string, Float32Array>): void {
    this.#database.transaction("model", () => {
      for (const [text, vector] of vectors) {
        const bytes = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
        this.#database.run("INSERT OR REPLACE INTO vectors (text, model, vector) VALUES (?, ?, ?)", text, model, bytes);
      }
    });
  }
}

/** A copy, because what SQLite gives need not begin where floats may. */
function floats(bytes: Uint8Array): Float32Array {
  return new Float32Array(Uint8Array.from(bytes).buffer);
}
