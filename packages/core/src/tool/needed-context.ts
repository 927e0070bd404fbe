import type { Tool } from './tool.ts';

/** The context that all of some tools together need. TypeScript infers that of the first one alone. */
export type NeededContext<T> = ContextIntersection<
  T extends Tool<infer Context, unknown, unknown> ? ContextConsumer<Context> : never
>;

/** Something that takes a context; nothing if it asks for none in particular. */
export type ContextConsumer<Context> = [Context] extends [never] ? never : (context: Context) => void;

/** What can be handed to every member of a union of functions. */
export type ContextIntersection<Functions> = [Functions] extends [(context: infer Context) => void] ? Context : unknown;
