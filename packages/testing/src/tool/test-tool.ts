import {
  Agent,
  type Answer,
  type Clock,
  checkOptions,
  type JsonObject,
  memoryHost,
  type OptionTable,
  type Outcome,
  type PendingCall,
  type Run,
  type RunEvent,
  type Tool,
} from '@pawl/core';
import type { Json } from '@pawl/core/chat';
import type { ErrorData, ToolFailedEvent, ToolSkippedEvent } from '@pawl/core/events';
import type { Middleware } from '@pawl/core/middleware';
import { scriptedModel } from '../model/scripted-model.ts';
import { respond } from '../script/respond.ts';
import { findToolWarnings } from './tool-warnings.ts';

export interface TestToolOptions<Context> {
  readonly context?: Context;
  /** Middleware around the call, as in an agent. */
  readonly middleware?: readonly Middleware<Context>[];
  /** For deadlines and pauses of the tool. @defaultValue the system clock */
  readonly clock?: Clock;
  /** Answers a pending call. Without it, the call stays `pending`. */
  readonly answer?: (pending: PendingCall) => Answer;
}

interface TestedCallBase {
  /** The text that the model reads. */
  readonly content: string;
  /** The progress that the tool reported. */
  readonly progress: readonly Json[];
}

/** The result of one call. */
export type TestedCall =
  | (TestedCallBase & {
      readonly status: 'finished';
      /** The whole text if `content` is truncated. */
      readonly fullContent?: string;
      /** The paths in the value that have no exact JSON form. */
      readonly lossyPaths: readonly string[];
      /** Images and files. */
      readonly parts: readonly unknown[];
    })
  | (TestedCallBase & {
      readonly status: 'failed';
      readonly reason: ToolFailedEvent['reason'];
      readonly error: ErrorData;
    })
  | (TestedCallBase & { readonly status: 'skipped'; readonly reason: ToolSkippedEvent['reason'] })
  /** The call waits for an answer. */
  | { readonly status: 'pending'; readonly pending: PendingCall; readonly progress: readonly Json[] };

export interface ToolUnderTest {
  /**
   * Calls the tool as an agent does: parses and validates the arguments, checks approval, runs the middleware and the
   * tool under its deadline, and converts the value to the text for the model. A string is used as the raw arguments,
   * JSON or not.
   */
  call(given?: JsonObject | string): Promise<TestedCall>;
  /** What makes the tool hard to use for models or servers; empty if nothing is known. */
  readonly warnings: readonly string[];
}

/** Runs one tool with the whole pipeline of an agent. */
export function testTool<Context>(tool: Tool<Context>, given: TestToolOptions<Context> = {}): ToolUnderTest {
  const options = checkOptions(given, TEST_TOOL, 'testTool');
  return { call: (args = {}) => callTool(tool, args, options), warnings: findToolWarnings(tool) };
}

const TEST_TOOL: OptionTable<TestToolOptions<never>> = {
  keys: { context: 'any', middleware: 'list', clock: 'clock', answer: 'function' },
  hints: { approve: 'The option is "answer".', approval: 'The option is "answer".' },
};

async function callTool<Context>(
  tool: Tool<Context>,
  given: JsonObject | string,
  { context, middleware = [], clock, answer }: TestToolOptions<Context>,
): Promise<TestedCall> {
  const call = tool.customObject === undefined ? { arguments: given } : { input: String(given) };
  const model = scriptedModel([respond.calls([{ name: tool.name, ...call }]), respond.text('Done.')]);
  const agent = new Agent<Context>({ model, tools: [tool], middleware, ...(clock !== undefined && { clock }) });
  const events: RunEvent[] = [];
  const host = memoryHost();
  // The caller's types check whether the context is needed.
  const surroundings = { host, context } as never;
  const listenTo = (run: Run<string>): Promise<Outcome<string>> => run.on('*', (event) => events.push(event)).outcome();
  let outcome = await listenTo(agent.run('Go.', surroundings));
  const [waiting] = outcome.status === 'suspended' ? outcome.pending : [];
  if (waiting !== undefined && answer !== undefined) {
    await host.answer(outcome.runId, waiting.id, answer(waiting));
    outcome = await listenTo(agent.resume(outcome.runId, surroundings));
  }
  const progress = events.flatMap((event) => (event.type === 'tool.progress' ? [event.progress] : []));
  const [closed] = events.flatMap((event) => (event.path === '' ? (readResult(event) ?? []) : []));
  if (closed !== undefined) return { ...closed, progress };
  const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
  if (pending !== undefined) return { status: 'pending', pending, progress };
  throw new Error(`The call of tool "${tool.name}" has no result: its run ended as ${outcome.status}.`);
}

function readResult(event: RunEvent) {
  switch (event.type) {
    case 'tool.finished': {
      const { content, fullContent, lossyPaths = [], parts = [] } = event;
      return {
        status: 'finished' as const,
        content,
        lossyPaths,
        parts,
        ...(fullContent === undefined ? {} : { fullContent }),
      };
    }
    case 'tool.failed':
      return { status: 'failed' as const, content: event.content, reason: event.reason, error: event.error };
    case 'tool.skipped':
      return { status: 'skipped' as const, content: event.content, reason: event.reason };
    default:
      return undefined;
  }
}
