import type { z } from 'zod';

export interface OfferedTool {
  readonly name: string;
  readonly description: string;
  /** Creates the schema with the framework's own zod. */
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
  /** The finish reason, if the framework exposes it. */
  readonly finish?: string;
}

/** A framework, used as in its documentation, with its defaults. Rejects with the framework's error. */
export interface Framework {
  readonly ask: (question: FrameworkQuestion) => Promise<FrameworkAnswer>;
}
