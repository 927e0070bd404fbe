import { untilAborted } from '../base/abort.ts';
import { ConfigError, DurableError } from '../base/errors.ts';
import { closest } from '../base/text.ts';
import { callArguments, callName } from '../chat/message.ts';
import { messageOf, toErrorData } from '../event/error-data.ts';
import type { CallClosed, Fact, ToolFailed } from '../event/fact.ts';
import { readArguments } from '../tool/arguments.ts';
import { AbortRun, ToolError } from '../tool/errors.ts';
import { execute, ToolTimeoutError } from '../tool/execute.ts';
import { bounded, type ToolResult } from '../tool/result.ts';
import type { Tool } from '../tool/tool.ts';
import type { RunCalls } from './action.ts';
import type { ToolExecution } from './middleware.ts';
import { middlewareScope } from './plan-turn.ts';
import { factStep, type Scope, stamp } from './scope.ts';
import type { CallState } from './state.ts';
import { stepName } from './step-name.ts';

/** Runs a batch of calls side by side, each a durable step that always gives an answer. */
export function runCalls({ turn, calls, tools }: RunCalls, scope: Scope): Promise<readonly Fact[]> {
  const steps = calls.map((state) => {
    const tool =
      tools?.includes(callName(state.call)) === false ? undefined : scope.definition.tools.get(callName(state.call));
    const at: At = { turn, state, scope, startedAt: scope.clock.now() };
    return factStep<Fact>(scope, {
      name: stepName(scope, { turn, ...state }),
      effect: tool?.effect ?? 'read',
      exclusive: tool?.exclusive ?? false,
      work: () => runCall(tool, { ...at, startedAt: scope.clock.now() }),
      inDoubt: () => runInDoubt(tool, { ...at, startedAt: scope.clock.now() }),
    });
  });
  return scope.durable.all(steps, { width: scope.parallelToolCalls });
}

const IN_DOUBT =
  'The outcome of this call is unknown: the process stopped while it ran. It may or may not have had its effect. Check before you repeat it.';

interface At {
  readonly turn: number;
  readonly state: CallState;
  readonly scope: Scope;
  readonly startedAt: number;
}

/** The tool may know; otherwise the model has to find out. */
async function runInDoubt(tool: Tool | undefined, at: At): Promise<CallClosed> {
  const { inDoubt } = tool ?? {};
  if (tool !== undefined && inDoubt !== undefined) return runCall({ ...tool, execute: inDoubt }, at);
  return failed(new Error(IN_DOUBT), { ...at, reason: 'in_doubt', content: IN_DOUBT });
}

async function runCall(tool: Tool | undefined, at: At): Promise<CallClosed> {
  const { scope, state } = at;
  if (scope.signal.aborted) return cancelled(at);
  if (tool === undefined) return unknown(at);
  try {
    const read = await untilAborted(scope.signal, () => readArguments(tool, state.call));
    if (!read.ok) return failed(new ToolError(read.issues), { ...at, reason: 'invalid', content: read.issues });
    const result = await untilAborted(scope.signal, () => called(tool, { ...at, input: read.value }));
    if (typeof result?.content !== 'string') throw new ConfigError(NO_RESULT);
    return finished(result, at);
  } catch (error) {
    return thrown(error, at);
  }
}

/** The call's way through the middleware, the first one outermost. */
function called(tool: Tool, { input, ...at }: At & { readonly input: unknown }): Promise<ToolResult> {
  const { turn, scope, state } = at;
  const { index, call } = state;
  void scope.tell.notice({ type: 'tool.started', turn, index, call }); // Tools do not wait for readers.
  const inner: ToolExecution = ({ tool, input }) =>
    execute(tool, input, {
      clock: scope.clock,
      context: toolContext(at),
      late: (settled) => {
        const error = settled.status === 'rejected' ? { error: toErrorData(settled.reason) } : {};
        void scope.tell.notice({ type: 'tool.late', turn, index, call, ...error }); // As above.
      },
    });
  const chain = scope.definition.middleware.reduceRight<ToolExecution>((next, { tool: wrap }) => {
    return wrap === undefined ? next : (validated) => wrap(validated, next, middlewareScope(scope, turn));
  }, inner);
  return chain({ call, tool, input });
}

function toolContext({ turn, scope, state }: At): Parameters<typeof execute>[2]['context'] {
  const { index, call } = state;
  const { signal, context, runId, path, traceparent, tell } = scope;
  return {
    signal,
    context,
    callId: call.id,
    idempotencyKey: `${runId}/${path}${stepName(scope, { turn, index, call })}`,
    runId,
    path,
    traceparent,
    progress: (progress) => {
      void tell.notice({ type: 'tool.progress', turn, index, call, progress }); // Tools do not wait for readers.
    },
  };
}

function finished({ content, ...rest }: ToolResult, at: At): CallClosed {
  const { isEdited, call } = at.state;
  // The model has to know that what ran is not what it asked for.
  const edited = isEdited ? `A person approved this call with other arguments: ${callArguments(call)}\n` : '';
  return { type: 'tool.finished', ...answered(at), content: edited + content, ...rest };
}

const NO_RESULT = 'A tool middleware gave no result. Return what next(call) gave, or { content: "…" }.';

/** What the model is told of an error: short, never a stack. The fact has the error itself. */
function thrown(error: unknown, at: At): CallClosed {
  const { scope } = at;
  if (error instanceof DurableError) throw error;
  // First: after a tool has thrown AbortRun, that is also what its siblings are given up with.
  if (scope.signal.aborted && error === scope.signal.reason) return cancelled(at);
  if (error instanceof AbortRun) {
    scope.abort(error);
    return failed(error, { ...at, reason: 'aborted', content: 'Cancelled: this call ended the run.' });
  }
  if (scope.signal.aborted) return cancelled(at);
  if (error instanceof ToolTimeoutError) {
    const content = `Timed out after ${error.timeoutMs / 1000} s. It may still have had its effect.`;
    return failed(error, { ...at, reason: 'timeout', content });
  }
  const content = error instanceof ToolError ? error.message : JSON.stringify({ error: messageOf(error) });
  return failed(error, { ...at, reason: 'threw', content });
}

function cancelled(at: At): CallClosed {
  const content = 'Cancelled: the run was ended before this call gave a result. It may still have had its effect.';
  const { durationMs: _, ...position } = answered(at);
  return { type: 'tool.skipped', ...position, reason: 'cancelled', content };
}

function unknown(at: At): CallClosed {
  const name = callName(at.state.call);
  const names = [...at.scope.definition.tools.keys()];
  const meant = closest(name, names);
  const hint = meant === undefined ? '' : ` Did you mean "${meant}"?`;
  const content = `There is no tool "${name}".${hint} The tools are: ${names.join(', ') || 'none'}.`;
  return failed(new ToolError(content), { ...at, reason: 'unknown', content });
}

interface Failure extends At {
  readonly reason: ToolFailed['reason'];
  readonly content: string;
}

/** Bounded like a result: an error may quote a whole page. */
function failed(error: unknown, { reason, content, ...at }: Failure): ToolFailed {
  const maxLength = at.scope.definition.tools.get(callName(at.state.call))?.maxResultLength ?? Number.POSITIVE_INFINITY;
  const { content: told } = bounded(content, maxLength);
  return { type: 'tool.failed', ...answered(at), content: told, reason, error: toErrorData(error) };
}

type Answered = Pick<ToolFailed, 'turn' | 'index' | 'call' | 'durationMs' | 'at' | 'activeMs'>;

function answered({ turn, state: { index, call }, scope, startedAt }: At): Answered {
  return { turn, index, call, durationMs: scope.clock.now() - startedAt, ...stamp(scope) };
}
