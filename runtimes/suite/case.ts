import type { ChatModel, OpenAIOptions } from '@pawl/core';

/** A test of core for every runtime. */
export interface SuiteCase {
  readonly name: string;
  /** Rejects if the test fails. */
  readonly run: (surroundings: CaseScope) => Promise<void>;
}

export interface CaseScope {
  /** The address of the case's server, which plays its script of scripts.ts. */
  readonly baseURL: string;
  readonly model: (options?: OpenAIOptions) => ChatModel;
}

/** @throws Error with both values if their JSON differs. */
export function assertSame(actual: unknown, expected: unknown): void {
  const [actualJson, expectedJson] = [actual, expected].map((value) => JSON.stringify(value));
  if (actualJson !== expectedJson) throw new Error(`The value is ${actualJson}; expected ${expectedJson}.`);
}
