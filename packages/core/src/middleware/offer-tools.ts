import { ConfigError } from '../base/errors.ts';
import { describeValue } from '../base/options.ts';
import type { Middleware } from '../perform/middleware.ts';
import type { Tool } from '../tool/tool.ts';

/** Creates the middleware that leaves out the tools that a turn does not have, by their `when`. */
export function createToolOffer(tools: Iterable<Tool<never>>): readonly Middleware<never>[] {
  if (![...tools].some(({ when }) => when !== undefined)) return [];
  const prepareTurn: Middleware<never>['prepareTurn'] = async (plan, { context, runId, path }) => {
    const { turn, messages } = plan;
    const offers = await Promise.all(
      plan.tools.map(async ({ name, when }) => {
        const isOffered: unknown = when === undefined ? true : await when(context, { turn, messages, runId, path });
        if (typeof isOffered === 'boolean') return isOffered;
        throw new ConfigError(`Tool "${name}": when returned ${describeValue(isOffered)}. Return true or false.`);
      }),
    );
    const kept = plan.tools.filter((_, index) => offers[index]);
    return kept.length === plan.tools.length ? plan : { ...plan, tools: kept };
  };
  return [{ prepareTurn }];
}
