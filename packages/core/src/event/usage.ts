/** The usage of a run so far, including all attempts and sub-runs. */
export interface Usage {
  /** The number of model requests, without repeated attempts. */
  readonly requests: number;
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  /** Input and output tokens. */
  readonly totalTokens: number;
  /** In US dollars; 0 if the model has no price. */
  readonly cost: number;
  /** Whether any part is an estimate, because a server sent no count. */
  readonly estimated: boolean;
}

export const NO_USAGE: Usage = {
  requests: 0,
  inputTokens: 0,
  cachedInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  totalTokens: 0,
  cost: 0,
  estimated: false,
};

/** Whether anything was used. */
export function hasUsage({ requests, totalTokens, cost }: Usage): boolean {
  return requests > 0 || totalTokens > 0 || cost > 0;
}

/** What a run has used. */
export interface RunTotals {
  readonly usage: Usage;
  /** The number of model requests of the run itself, without repeated attempts. */
  readonly turnCount: number;
  /** Includes the calls of nested runs. */
  readonly toolCallCount: number;
}

/** Adds up two usages, for example of two runs. The sum is estimated if one of them is. */
export function addUsage(a: Usage, b: Usage): Usage {
  return {
    requests: a.requests + b.requests,
    inputTokens: a.inputTokens + b.inputTokens,
    cachedInputTokens: a.cachedInputTokens + b.cachedInputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    reasoningTokens: a.reasoningTokens + b.reasoningTokens,
    totalTokens: a.totalTokens + b.totalTokens,
    cost: a.cost + b.cost,
    estimated: a.estimated || b.estimated,
  };
}
