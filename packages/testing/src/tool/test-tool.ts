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
import { respond } from '../script/build-reply.ts';
import { toolWarnings } from './tool-warnings.ts';

export interface TestToolOptions<Context> {
  readonly context?: Context;
  /** Around the call, as in an agent: guards of tools, caches … */
  readonly middleware?: readonly Middleware<Context>[];
  /** For deadlines and pauses of the tool's own. @defaultValue the machine's */
  readonly clock?: Clock;
  /** What a person says to a call that waits for one. Without it, the call stays `pending`. */
  readonly answer?: (pending: PendingCall) => Answer;
}

interface Told {
  /** What the model reads. */
  readonly content: string;
  /** What the tool told of how far it was. */
  readonly progress: readonly Json[];
}

/** What came of one call. */
export type TestedCall =
  | (Told & {
      readonly status: 'finished';
      /** The whole text, where `content` is only its head and tail. */
      readonly full?: string;
      /** The paths in the value that have no exact JSON form. */
      readonly lossy: readonly string[];
      /** Images and files. */
      readonly parts: readonly unknown[];
    })
  | (Told & { readonly status: 'failed'; readonly reason: ToolFailedEvent['reason']; readonly error: ErrorData })
  | (Told & { readonly status: 'skipped'; readonly reason: ToolSkippedEvent['reason'] })
  /** It waits for a person: `pending` is what that one is shown. */
  | { readonly status: 'pending'; readonly pending: PendingCall; readonly progress: readonly Json[] };

export interface ToolUnderTest {
  /**
   * Calls the tool as an agent does: parses and checks the arguments, asks whether somebody has to agree, goes through the
   * middleware, runs it under its deadline, and makes of its value what the model reads. A text is taken as the model wrote it, JSON or not.
   */
  call(given?: JsonObject | string): Promise<TestedCall>;
  /** What makes the tool hard to use for models or servers; empty where nothing is known. */
  readonly warnings: readonly string[];
}

/** One tool, with all that an agent does around it, and no agent. */
export function testTool<Context>(tool: Tool<Context>, given: TestToolOptions<Context> = {}): ToolUnderTest {
  const options = checkOptions(given, TEST_TOOL, 'testTool');
  return { call: (args = {}) => called(tool, args, options), warnings: toolWarnings(tool) };
}

const TEST_TOOL: OptionTable<TestToolOptions<never>> = {
  keys: { context: 'any', middleware: 'list', clock: 'clock', answer: 'function' },
  hints: { approve: 'The option is "answer".', approval: 'The option is "answer".' },
};

async function called<Context>(
  tool: Tool<Context>,
  given: JsonObject | string,
  { context, middleware = [], clock, answer }: TestToolOptions<Context>,
): Promise<TestedCall> {
  const call = tool.customObject === undefined ? { arguments: given } : { input: String(given) };
  const model = scriptedModel([respond.calls([{ name: tool.name, ...call }]), respond.text('Done.')]);
  const agent = new Agent<Context>({ model, tools: [tool], middleware, ...(clock !== undefined && { clock }) });
  const events: RunEvent[] = [];
  const host = memoryHost();
  // Whether a context is needed is known where the options are written, not here.
  const surroundings = { host, context } as never;
  const heard = (run: Run<string>): Promise<Outcome<string>> => run.on('*', (event) => events.push(event)).outcome();
  let outcome = await heard(agent.run('Go.', surroundings));
  const [waiting] = outcome.status === 'suspended' ? outcome.pending : [];
  if (waiting !== undefined && answer !== undefined) {
    await host.answer(outcome.runId, waiting.id, answer(waiting));
    outcome = await heard(agent.resume(outcome.runId, surroundings));
  }
  const progress = events.flatMap((event) => (event.type === 'tool.progress' ? [event.progress] : []));
  const [closed] = events.flatMap((event) => (event.path === '' ? (closedBy(event) ?? []) : []));
  if (closed !== undefined) return { ...closed, progress };
  const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
  if (pending !== undefined) return { status: 'pending', pending, progress };
  throw new Error(`The call of tool "${tool.name}" came to nothing: the run around it ended ${outcome.status}.`);
}

function closedBy(event: RunEvent) {
  switch (event.type) {
    case 'tool.finished': {
      const { content, fullContent: full, lossyPaths: lossy = [], parts = [] } = event;
      return { status: 'finished' as const, content, lossy, parts, ...(full === undefined ? {} : { full }) };
    }
    case 'tool.failed':
      return { status: 'failed' as const, content: event.content, reason: event.reason, error: event.error };
    case 'tool.skipped':
      return { status: 'skipped' as const, content: event.content, reason: event.reason };
    default:
      return undefined;
  }
}
