import { ConfigError } from '../base/errors.ts';
import { describeValue } from '../base/options.ts';
import type { Tool } from '../tool/tool.ts';
import type { UpcomingTurn } from '../tool/tool-context.ts';
import type { Middleware } from './middleware.ts';

/** Instructions that are made anew for each turn. */
export interface TurnInstructions<in Context> {
  /**
   * Returns the system message of the next request. Called once for each turn, in the step `prepare` that records the message: a resumed
   * run sends the same. If it throws, the run fails.
   */
  readonly eachTurn: (context: Context, turn: UpcomingTurn) => string | Promise<string>;
}

type AnyInstructions<Context> = string | ((context: Context) => unknown) | TurnInstructions<Context> | undefined;

export function isTurnInstructions<Context>(
  instructions: AnyInstructions<Context>,
): instructions is TurnInstructions<Context> {
  return typeof instructions === 'object';
}

/** Creates the middleware that writes the instructions of each turn. It comes first: other middleware may change what it wrote. */
export function createTurnInstructions<Context>(
  instructions: AnyInstructions<Context>,
): readonly Middleware<Context>[] {
  if (!isTurnInstructions(instructions)) return [];
  const { eachTurn } = instructions;
  const prepareTurn: Middleware<Context>['prepareTurn'] = async (plan, { context, state, runId, path }) => {
    const { turn, messages } = plan;
    const text: unknown = await eachTurn(context, { turn, messages, state, runId, path });
    if (typeof text === 'string') return { ...plan, instructions: text };
    if (text === undefined || text === null) return { ...plan, instructions: undefined };
    throw new ConfigError(`instructions.eachTurn returned ${describeValue(text)}. Return a string.`);
  };
  return [{ prepareTurn }];
}

/** Creates the middleware that leaves out the tools that a turn does not have, by their `when`. */
export function createToolOffer(tools: Iterable<Tool<never>>): readonly Middleware<never>[] {
  if (![...tools].some(({ when }) => when !== undefined)) return [];
  const prepareTurn: Middleware<never>['prepareTurn'] = async (plan, { context, state, runId, path }) => {
    const { turn, messages } = plan;
    const upcoming = { turn, messages, state, runId, path };
    const offers = await Promise.all(
      plan.tools.map(async ({ name, when }) => {
        const isOffered: unknown = when === undefined ? true : await when(context, upcoming);
        if (typeof isOffered === 'boolean') return isOffered;
        throw new ConfigError(`Tool "${name}": when returned ${describeValue(isOffered)}. Return true or false.`);
      }),
    );
    const kept = plan.tools.filter((_, index) => offers[index]);
    return kept.length === plan.tools.length ? plan : { ...plan, tools: kept };
  };
  return [{ prepareTurn }];
}
