import { ConfigError } from '../base/errors.ts';
import { describeValue, type OptionTable } from '../base/options.ts';
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

export const LIMITS: OptionTable<Limits> = {
  keys: {
    turns: 'number',
    toolCalls: 'number',
    handoffs: 'number',
    tokens: 'number',
    cost: 'number',
    durationMs: 'number',
  },
  hints: {
    maxTurns: 'The option is "turns".',
    maxSteps: 'The option is "turns".',
    iterations: 'The option is "turns".',
    maxTokens: 'The option is "tokens"; the longest response is settings: { max_completion_tokens }.',
    maxCost: 'The option is "cost", in US dollars.',
    budget: 'The option is "cost", in US dollars, or "tokens".',
    timeoutMs: 'The option is "durationMs".',
    timeout: 'The option is "durationMs", in milliseconds.',
  },
};

export type ResolvedLimits = Readonly<Record<LimitName, number>>;

/** @throws ConfigError for a cap that is no positive number, or a cost without a price. */
export function resolveLimits(
  limits: Limits,
  { agent, model }: { readonly agent: string; readonly model: ChatModel },
): ResolvedLimits {
  for (const [name, max] of Object.entries(limits)) {
    if (max === undefined || (typeof max === 'number' && max > 0)) continue;
    throw new ConfigError(
      `Agent "${agent}": limits.${name} is ${describeValue(max)}. Pass a number greater than 0, or leave it out.`,
    );
  }
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
