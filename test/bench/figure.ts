/** One measured figure beside its budget. */
export interface Figure {
  what: string;
  measured: number;
  unit: string;
  /** Positive: at most; negative: at least its absolute value. Infinite where the design sets none. */
  budget: number;
}
