/** Lets calls that come while the same work is under way be answered together by its next round, one round at a time. */

interface Waiting<Input, Output> {
  input: Input;
  resolve: (output: Output) => void;
  reject: (cause: unknown) => void;
}

export class Rounds<Input, Output> {
  readonly #work: (inputs: readonly Input[]) => Promise<readonly Output[]>;
  #waiting: Waiting<Input, Output>[] = [];
  #underWay = false;

  /** @param work answers inputs in their order */
  constructor(work: (inputs: readonly Input[]) => Promise<readonly Output[]>) {
    this.#work = work;
  }

  /** The answer of a round that begins after this call, so that nothing which was there before the call is missed. */
  ask(input: Input): Promise<Output> {
    const answer = new Promise<Output>((resolve, reject) => this.#waiting.push({ input, resolve, reject }));
    if (!this.#underWay) void this.#go();
    return answer;
  }

  async #go(): Promise<void> {
    this.#underWay = true;
    for (let round = this.#next(); round.length > 0; round = this.#next()) {
      try {
        await this.#answer(round);
      } catch (cause) {
        if (round.length === 1) round[0]?.reject(cause);
        // One that fails must not take the others with it.
        else for (const one of round) await this.#answer([one]).catch(one.reject);
      }
    }
    this.#underWay = false;
  }

  #next(): Waiting<Input, Output>[] {
    const round = this.#waiting;
    this.#waiting = [];
    return round;
  }

  async #answer(round: readonly Waiting<Input, Output>[]): Promise<void> {
    const outputs = await this.#work(round.map(({ input }) => input));
    for (const [index, { resolve }] of round.entries()) resolve(outputs[index] as Output);
  }
}
