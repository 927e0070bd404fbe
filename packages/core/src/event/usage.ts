/** What a run has used so far, all attempts and sub-runs included. */
export interface Usage {
  /** Model requests, repeated attempts not counted. */
  readonly requests: number;
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  /** Prompt and completion. */
  readonly totalTokens: number;
  /** In US dollars; 0 where the model has no price. */
  readonly cost: number;
  /** Whether any of it had to be estimated, since a server gave no count. */
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
