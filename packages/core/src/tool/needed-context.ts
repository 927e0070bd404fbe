import type { Tool } from './tool.ts';

/** The context that all of some tools together need. TypeScript infers that of the first one alone. */
export type NeededContext<T> = AllTaken<T extends Tool<infer Context, unknown, unknown> ? Taking<Context> : never>;

/** Something that takes a context; nothing if it asks for none in particular. */
export type Taking<Context> = [Context] extends [never] ? never : (context: Context) => void;

/** What can be handed to every member of a union of functions. */
export type AllTaken<Functions> = [Functions] extends [(context: infer Context) => void] ? Context : unknown;
