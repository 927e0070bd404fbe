import type { ChatModel, OpenAIOptions } from '@pawl/core';

/** One thing that is true of core, wherever it runs. */
export interface SuiteCase {
  readonly name: string;
  /** Rejects where it is not true. */
  readonly run: (surroundings: CaseScope) => Promise<void>;
}

export interface CaseScope {
  /** Of the case's own server, which plays the script of its name in scripts.ts. */
  readonly baseURL: string;
  readonly model: (options?: OpenAIOptions) => ChatModel;
}

/** @throws Error with both values, where they are not the same JSON. */
export function assertSame(actual: unknown, expected: unknown): void {
  const [is, wanted] = [actual, expected].map((value) => JSON.stringify(value));
  if (is !== wanted) throw new Error(`It is ${is}, and not ${wanted}.`);
}
