import type { At } from './close-call.ts';
import type { ToolExecution } from './middleware.ts';
import { middlewareScope } from './plan-turn.ts';

/** A call's way through the middleware, the first one outermost. */
export function wrapCall(
  inner: ToolExecution,
  { turn, scope, aside }: Pick<At, 'turn' | 'scope' | 'aside'>,
): ToolExecution {
  return scope.definition.middleware.reduceRight<ToolExecution>((next, { tool: wrap }) => {
    return wrap === undefined ? next : (call) => wrap(call, next, middlewareScope(scope, { turn, aside }));
  }, inner);
}
