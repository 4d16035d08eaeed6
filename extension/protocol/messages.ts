/** The vocabulary of the wire: a message is a value that carries both of its types. */
import type { z } from "zod";

/** A question with an answer. Parameters are checked by the engine; a parameter error is a usage error. */
export class Request<Params extends z.ZodType, Result> {
  readonly method: string;
  readonly params: Params;
  /** Carries the result type; never read. */
  declare readonly result: Result;

  constructor(method: string, params: Params) {
    this.method = method;
    this.params = params;
  }
}

/** Something said without an answer. */
export class Notification<Params extends z.ZodType> {
  readonly method: string;
  readonly params: Params;

  constructor(method: string, params: Params) {
    this.method = method;
    this.params = params;
  }
}

/** Declares a request; the result type is given, the parameter type inferred. */
export function request<Result>() {
  return <Params extends z.ZodType>(method: string, params: Params) => new Request<Params, Result>(method, params);
}

/** What a caller may pass: before defaults are filled in. */
export type ParamsIn<R> = R extends Request<infer P, unknown> ? z.input<P> : R extends Notification<infer P> ? z.input<P> : never;
/** What a handler receives: checked, defaults filled in. */
export type ParamsOut<R> = R extends Request<infer P, unknown> ? z.output<P> : R extends Notification<infer P> ? z.output<P> : never;
export type ResultOf<R> = R extends Request<z.ZodType, infer Result> ? Result : never;
