import type { z } from 'zod';

export interface OfferedTool {
  readonly name: string;
  readonly description: string;
  /** Made with the framework's own zod. */
  readonly input: (zod: typeof z) => z.ZodType<Readonly<Record<string, unknown>>>;
  readonly execute: (input: Readonly<Record<string, unknown>>) => unknown;
}

export interface FrameworkQuestion {
  readonly baseURL: string;
  readonly prompt: string;
  readonly isStreamed: boolean;
  readonly tools: readonly OfferedTool[];
  readonly signal: AbortSignal;
}

export interface FrameworkAnswer {
  readonly text: string;
  /** What the framework says of how the model ended, where it says so. */
  readonly finish?: string;
}

/** A framework as its documentation uses it, with its defaults. Rejects with what the framework throws. */
export interface Framework {
  readonly ask: (question: FrameworkQuestion) => Promise<FrameworkAnswer>;
}
