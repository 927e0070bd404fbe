import { ConfigError } from '../base/errors.ts';
import { checkLimits } from '../event/limit-options.ts';
import type { LimitName } from '../event/outcome.ts';
import type { ChatModel } from '../model/chat-model.ts';
import { chainOf } from '../model/price.ts';

/** The caps of a run. Checked before each request and each batch of calls; shared by retries. */
export interface Limits {
  /** Model requests of this agent, not of those inside it, which have turns of their own; the last one goes without tools. @defaultValue 20 */
  readonly turns?: number;
  /** Tool calls, those of agents inside included. A batch that would pass it does not start. @defaultValue no cap */
  readonly toolCalls?: number;
  /** How often the conversation may go over to another agent. One more is refused, and the run ends soon. @defaultValue 10 */
  readonly handoffs?: number;
  /** Prompt and completion tokens together. @defaultValue no cap */
  readonly tokens?: number;
  /** In US dollars; the model needs a `price`. @defaultValue no cap */
  readonly cost?: number;
  /** Time at work in milliseconds; time suspended does not count. @defaultValue no cap */
  readonly durationMs?: number;
}

export type ResolvedLimits = Readonly<Record<LimitName, number>>;

/** @throws ConfigError for a cap that is no positive number, or a cost without a price. */
export function resolveLimits(
  limits: Limits,
  { agent, model }: { readonly agent: string; readonly model: ChatModel },
): ResolvedLimits {
  checkLimits(limits, `Agent "${agent}"`);
  if (limits.cost !== undefined) checkPrices(model, agent);
  const none = Number.POSITIVE_INFINITY;
  return {
    turns: limits.turns ?? 20,
    toolCalls: limits.toolCalls ?? none,
    handoffs: limits.handoffs ?? 10,
    tokens: limits.tokens ?? none,
    cost: limits.cost ?? none,
    durationMs: limits.durationMs ?? none,
  };
}

/** @throws ConfigError where what a request costs would not be known. */
export function checkPrices(model: ChatModel, agent: string): void {
  const unpriced = chainOf(model).find(({ price }) => price === undefined);
  if (unpriced === undefined) return;
  throw new ConfigError(
    `Agent "${agent}": limits.cost needs a price, and model "${unpriced.name}" has none. Pass openai("${unpriced.name}", { price: { input, output } }), in US dollars a million tokens.`,
  );
}

/** Aborts what is at work when the run's time is over. Inside the loop only: outside, the outcome says it. */
export class DurationReached extends Error {
  override readonly name = 'DurationReached';
  /** The cap of the run whose time it is: of this one, or of one around it. */
  readonly maxMs: number;

  constructor(maxMs: number) {
    super('The time of the run is over.');
    this.maxMs = maxMs;
  }
}
