import { ConfigError } from '../base/errors.ts';
import { checkLimits, DEFAULT_LIMITS } from '../event/limit-options.ts';
import type { LimitName } from '../event/outcome.ts';
import type { ChatModel } from '../model/chat-model.ts';
import { listModelChain } from '../model/price.ts';

/** The limits of a run. Checked before each model request and each batch of tool calls. Retries count against the same limits. */
export interface Limits {
  /** Turns of this agent. Nested agents have their own. The last turn has no tools. @defaultValue 20 */
  readonly turns?: number;
  /** Tool calls, including those of nested agents. A batch that would exceed the limit does not start. @defaultValue no limit */
  readonly toolCalls?: number;
  /** Handoffs to another agent. A further one is refused, and the run ends soon after. @defaultValue 10 */
  readonly handoffs?: number;
  /**
   * Model requests, including those of nested agents and of middleware; a repeated attempt does not count. No request starts that would
   * exceed it, and the last one has no tools. @defaultValue no limit
   */
  readonly requests?: number;
  /** Input and output tokens together. @defaultValue no limit */
  readonly tokens?: number;
  /** In US dollars. The model needs a `price`. @defaultValue no limit */
  readonly cost?: number;
  /** Active time in milliseconds. Suspended time does not count. @defaultValue no limit */
  readonly durationMs?: number;
}

export type ResolvedLimits = Readonly<Record<LimitName, number>>;

/** @throws ConfigError if a limit is not a positive number, or if there is a cost limit and a model has no price. */
export function resolveLimits(
  limits: Limits,
  { agent, model }: { readonly agent: string; readonly model: ChatModel },
): ResolvedLimits {
  checkLimits(limits, `Agent "${agent}"`);
  if (limits.cost !== undefined) checkPrices(model, agent);
  const unlimited = Number.POSITIVE_INFINITY;
  return {
    turns: limits.turns ?? DEFAULT_LIMITS.turns,
    toolCalls: limits.toolCalls ?? unlimited,
    handoffs: limits.handoffs ?? DEFAULT_LIMITS.handoffs,
    requests: limits.requests ?? unlimited,
    tokens: limits.tokens ?? unlimited,
    cost: limits.cost ?? unlimited,
    durationMs: limits.durationMs ?? unlimited,
  };
}

/** @throws ConfigError if the model, or one of its fallbacks, has no price. */
export function checkPrices(model: ChatModel, agent: string): void {
  const unpriced = listModelChain(model).find(({ price }) => price === undefined);
  if (unpriced === undefined) return;
  throw new ConfigError(
    `Agent "${agent}": limits.cost needs a price, and model "${unpriced.name}" has none. Pass openai("${unpriced.name}", { price: { input, output } }), in US dollars per million tokens.`,
  );
}

/** Aborts the active work when `durationMs` is reached. Used inside the loop only: the caller gets a `limited` outcome. */
export class DurationExceededError extends Error {
  override readonly name = 'DurationExceededError';
  /** The limit that was reached: the run's own, or an outer run's. */
  readonly maxMs: number;

  constructor(maxMs: number) {
    super('The durationMs limit of the run is reached.');
    this.maxMs = maxMs;
  }
}
