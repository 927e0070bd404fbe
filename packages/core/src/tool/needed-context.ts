import type { Tool } from './tool.ts';

/** The context that a list of tools needs together. TypeScript would infer only the context of the first tool. */
export type NeededContext<T> = ContextIntersection<
  T extends Tool<infer Context, unknown, unknown> ? ContextConsumer<Context> : never
>;

/** A consumer of a context; `never` if the tool needs no context. */
export type ContextConsumer<Context> = [Context] extends [never] ? never : (context: Context) => void;

/** The intersection of the contexts of a union of consumers. */
export type ContextIntersection<Functions> = [Functions] extends [(context: infer Context) => void] ? Context : unknown;
