import { ConfigError } from '../base/errors.ts';
import type { Middleware, MiddlewareScope, TurnPlan } from '../perform/middleware.ts';

/**
 * Sends in each turn the tools that a function names, in its order. What was sent in the last turn should come first, in the same
 * order: a server's prompt cache ends where the list changes.
 *
 * A name that is not among the turn's tools fails the run, with a `ConfigError`.
 *
 * @throws ConfigError for what is no function.
 */
export function selectTools<Context = unknown>(
  choose: (turn: TurnPlan, scope: MiddlewareScope<Context>) => readonly string[] | Promise<readonly string[]>,
): Middleware<Context> {
  if (typeof choose !== 'function') {
    throw new ConfigError('selectTools: there is no function. Pass (turn, scope) => ["name_of_a_tool"].');
  }
  return {
    async prepareTurn(turn, scope) {
      const names = await choose(turn, scope);
      const byName = new Map(turn.tools.map((tool) => [tool.name, tool]));
      const stranger = names.find((name) => !byName.has(name));
      if (stranger !== undefined) {
        throw new ConfigError(
          `selectTools chose tool "${stranger}", which turn ${turn.turn} does not have. The tools are: ${[...byName.keys()].join(', ') || 'none'}.`,
        );
      }
      return { ...turn, tools: names.flatMap((name) => byName.get(name) ?? []) };
    },
  };
}
