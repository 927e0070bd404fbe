import type { Middleware } from '../perform/middleware.ts';
import type { Schema } from '../schema/schema.ts';
import type { AllTaken, Taking } from '../tool/needed-context.ts';
import type { Tool } from '../tool/tool.ts';
import type { AgentBasics } from './agent-options.ts';
import type { HandOff } from './blueprint.ts';
import type { Handing } from './handoff.ts';

// Parts of an agent that need different contexts: the agent needs all of these contexts. TypeScript alone would infer the first one.

/** Stands where no part of a kind is given. */
export interface None {
  readonly '~none': never;
}

export type AnyTool = Tool<never> | None;
export type AnyMiddleware = Middleware<never> | None;
export type AnyHandoff = Handing<never, unknown> | None;

/** An agent's options as they are inferred part by part; `Instructed` is what its instructions need. */
export interface PartsOptions<T, M, H, Instructed, Output> extends AgentBasics {
  readonly tools?: readonly T[];
  readonly middleware?: readonly M[];
  readonly handoffs?: readonly H[] | (() => readonly H[]);
  readonly instructions?: string | ((context: Instructed) => string | Promise<string>);
  readonly output?: Schema<Output>;
}

/** The context that all parts together need. */
export type NeededBy<Part> = AllTaken<
  Part extends None
    ? never
    : Part extends Tool<infer Context, unknown, unknown>
      ? Taking<Context>
      : Part extends Handing<infer Context, unknown>
        ? Taking<Context>
        : Part extends Middleware<infer Context>
          ? Taking<Context>
          : never
>;

/** A union that says nothing twice. */
export type Either<One, Other> = [Other] extends [One] ? One : [One] extends [Other] ? Other : One | Other;

/** What agents end with that the conversation may go over to. */
export type EndsOf<H> = None extends H ? never : EndOf<H>;

type EndOf<H> =
  H extends HandOff<never, infer Output>
    ? Output
    : H extends { asHandoff(): HandOff<never, infer Output> }
      ? Output
      : never;
