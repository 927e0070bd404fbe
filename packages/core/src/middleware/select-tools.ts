import { ConfigError } from '../base/errors.ts';
import { describeValue } from '../base/options.ts';
import type { Middleware, MiddlewareScope, TurnPlan } from '../perform/middleware.ts';

/**
 * Selects the tools of each turn: a function returns their names in order. Keep the tools of the last turn first, in the same order: a
 * server's prompt cache ends where the list changes.
 *
 * An unknown name fails the run with a `ConfigError`.
 *
 * @throws ConfigError if `choose` is not a function.
 */
export function selectTools<Context = unknown>(
  choose: (turn: TurnPlan, scope: MiddlewareScope<Context>) => readonly string[] | Promise<readonly string[]>,
): Middleware<Context> {
  if (typeof choose !== 'function') {
    throw new ConfigError(`selectTools: choose is ${describeValue(choose)}. Pass (turn, scope) => ["name_of_a_tool"].`);
  }
  return {
    async prepareTurn(turn, scope) {
      const names = await choose(turn, scope);
      const byName = new Map(turn.tools.map((tool) => [tool.name, tool]));
      const unknown = names.find((name) => !byName.has(name));
      if (unknown !== undefined) {
        throw new ConfigError(
          `selectTools: choose returned "${unknown}", which is not a tool of turn ${turn.turn}. The tools are: ${[...byName.keys()].join(', ') || 'none'}.`,
        );
      }
      return { ...turn, tools: names.flatMap((name) => byName.get(name) ?? []) };
    },
  };
}
