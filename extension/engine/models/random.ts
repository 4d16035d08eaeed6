/** Seeded random numbers, the only ones the engine draws ideas with: the same seed gives the same ideas everywhere. */

/**
 * xoshiro128** of Blackman and Vigna (2018, https://prng.di.unimi.it), its state filled by SplitMix32 from the seed.
 */
export class Random {
  readonly seed: number;
  readonly #state: Uint32Array;

  /** @param seed any integer; its low 32 bits count */
  constructor(seed: number) {
    this.seed = seed;
    let mix = seed >>> 0;
    this.#state = Uint32Array.from({ length: 4 }, () => {
      mix = (mix + 0x9e3779b9) >>> 0;
      let z = mix;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      return (z ^ (z >>> 15)) >>> 0;
    });
  }

  /** Uniform in 0 … 2³² − 1. */
  bits(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#state;
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const c2 = c ^ a;
    const d2 = d ^ b;
    this.#state.set([a ^ d2, b ^ c2, c2 ^ (b << 9), rotate(d2, 11)]);
    return result;
  }

  /** Uniform in [0, 1). */
  uniform(): number {
    return this.bits() / 4_294_967_296;
  }

  /** Uniform whole number in 0 … below − 1. */
  below(bound: number): number {
    return Math.floor(this.uniform() * bound);
  }

  /**
   * One of the values.
   * @throws RangeError when there are none
   */
  pick<T>(values: readonly T[]): T {
    const value = values[this.below(values.length)];
    if (value === undefined) throw new RangeError("nothing to pick from");
    return value;
  }

  /** The values in random order (Fisher and Yates); the argument stays as it is. */
  shuffled<T>(values: readonly T[]): T[] {
    const result = [...values];
    for (let last = result.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      [result[last], result[other]] = [result[other] as T, result[last] as T];
    }
    return result;
  }

  /** A generator of its own, so that what is drawn in one place does not move what is drawn in another. */
  fork(): Random {
    return new Random(this.bits());
  }
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}
