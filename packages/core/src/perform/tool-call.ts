import { type Cancellation, LazySignal } from '../base/cancellation.ts';
import { ConfigError, HostError } from '../base/errors.ts';
import { findClosest, pluralize } from '../base/text.ts';
import { stringifyWellFormed } from '../base/well-formed.ts';
import { callArguments, callName } from '../chat/message.ts';
import { describeForModel, isCodeMistake } from '../event/describe-for-model.ts';
import { toErrorData } from '../event/error-data.ts';
import type { ToolCallClosedEvent, ToolFailedEvent } from '../event/journal-event.ts';
import type { ExceededCallLimit } from '../limits/budget.ts';
import type { CallState } from '../loop/state.ts';
import { isRunEndError, RefuseRun, ToolError } from '../tool/errors.ts';
import { ToolTimeoutError } from '../tool/execute-tool.ts';
import type { ToolContext } from '../tool/tool.ts';
import { type ToolResult, truncateResult } from '../tool/tool-result.ts';
import type { ToolExecution } from './middleware.ts';
import { type MiddlewareRequests, middlewareScope } from './middleware-scope.ts';
import type { Scope } from './scope.ts';
import { callStep, fromOutside, stamp } from './step.ts';

/** A call of a tool, in a run at work. */
export interface ToolCallScope {
  readonly turn: number;
  readonly state: CallState;
  readonly scope: Scope;
}

/** A call that has begun. */
export interface ToolCallRun extends ToolCallScope {
  readonly startedAt: number;
  /** What middleware around the call asks. */
  readonly requests: MiddlewareRequests;
}

/** What a tool is told about a call. */
export class ToolCallContext extends LazySignal implements ToolContext<never> {
  readonly context: never;
  readonly toolCallId: string;
  readonly idempotencyKey: string;
  readonly runId: string;
  readonly path: string;
  readonly traceparent: string | undefined;
  readonly progress: ToolContext<never>['progress'];

  /** @param cancellation By default the run's: before a call begins it has no deadline. */
  constructor({ turn, scope, state }: ToolCallScope, cancellation: Cancellation = scope.cancellation) {
    super(cancellation);
    const { index, call } = state;
    this.context = scope.context;
    this.toolCallId = call.id;
    this.idempotencyKey = `${scope.runId}/${fromOutside(scope, callStep({ turn, index, call }))}`;
    this.runId = scope.runId;
    this.path = scope.path;
    this.traceparent = scope.traceparent;
    const emitProgress: ToolContext<never>['progress'] = (progress) => {
      void scope.tell.notice({ type: 'tool.progress', turn, index, call, progress }); // Tools do not wait for readers.
    };
    this.progress = emitProgress; // By name: see `LazySignal`.
  }
}

/** A call's way through the middleware, the first one outermost. */
export function wrapExecution(inner: ToolExecution, { turn, scope, requests }: ToolCallRun): ToolExecution {
  return scope.definition.middleware.reduceRight<ToolExecution>((next, { wrapToolCall: wrap }) => {
    return wrap === undefined ? next : (call) => wrap(call, next, middlewareScope(scope, { turn, requests }));
  }, inner);
}

export function closeWithResult({ content, ...rest }: ToolResult, run: ToolCallRun): ToolCallClosedEvent {
  const { isEdited, call } = run.state;
  // The model has to know that what ran is not what it asked for.
  const edited = isEdited ? `A person approved this call with other arguments: ${callArguments(call)}\n` : '';
  const { handoffTo } = run.scope.definition.tools.get(callName(call)) ?? {};
  const over = handoffTo === undefined ? {} : { handoffTo };
  const full = isEdited ? { fullContent: content } : {};
  return { type: 'tool.finished', ...positionOf(run), ...over, content: edited + content, ...full, ...rest };
}

/** The model is told of an error in short, never with a stack. The fact has the error itself. */
export function closeWithError(error: unknown, run: ToolCallRun): ToolCallClosedEvent {
  const { scope } = run;
  const { cancellation } = scope;
  if (HostError.isInstance(error)) throw error;
  // First: after a tool has thrown AbortRun, that is also what its siblings are given up with.
  if (cancellation.isCancelled && error === cancellation.reason) return cancelCall(run);
  if (isRunEndError(error)) {
    cancellation.cancel(error);
    const reason = RefuseRun.isInstance(error) ? 'refused' : 'aborted';
    return failCall(error, { ...run, reason, content: 'Cancelled: this call ended the run.' });
  }
  if (cancellation.isCancelled) return cancelCall(run);
  if (ToolTimeoutError.isInstance(error)) {
    const content = `Timed out after ${error.timeoutMs / 1000} s. It may still have had its effect.`;
    return failCall(error, { ...run, reason: 'timeout', content });
  }
  const content = ToolError.isInstance(error) ? error.message : stringifyWellFormed({ error: describeForModel(error) });
  return failCall(addContextHint(error, run), { ...run, reason: 'threw', content });
}

/** From JavaScript an agent may be run, or resumed by a host, without the context that its tools read. */
function addContextHint(error: unknown, { state, scope }: ToolCallRun): unknown {
  const name = callName(state.call);
  // A function with one parameter reads none.
  const readsContext = (scope.definition.tools.get(name)?.execute.length ?? 0) > 1;
  if (scope.context !== undefined || !readsContext || !isCodeMistake(error)) return error;
  return new ConfigError(
    `Tool "${name}" failed in a run without a context: ${error.message}. If it reads one, pass it: agent.run(input, { context }).`,
    { cause: error },
  );
}

export function cancelCall(run: ToolCallRun): ToolCallClosedEvent {
  const content = 'Cancelled: the run was ended before this call gave a result. It may still have had its effect.';
  const { durationMs: _, ...position } = positionOf(run);
  return { type: 'tool.skipped', ...position, reason: 'cancelled', content };
}

/** A cap of this run, or of one around it, leaves no room for the call: parallel calls may have used it meanwhile. */
export function refuseCall({ max, spent }: ExceededCallLimit, run: ToolCallRun): ToolCallClosedEvent {
  const content = `Not run: it would pass the limit of ${pluralize(max, 'tool call')}, of which ${spent} are used.`;
  const { durationMs: _, ...position } = positionOf(run);
  const limit = { limit: 'toolCalls', outerLimit: { max, spent } } as const;
  return { type: 'tool.skipped', ...position, reason: 'limit', ...limit, content };
}

/** The model is told the tools of this turn. */
export function rejectUnknownTool(run: ToolCallRun): ToolCallClosedEvent {
  checkUnchanged(run);
  const name = callName(run.state.call);
  const names = run.scope.known().tools ?? [...run.scope.definition.tools.keys()];
  const meant = findClosest(name, names);
  const hint = meant === undefined ? '' : ` Did you mean "${meant}"?`;
  const content = `There is no tool "${name}".${hint} The tools are: ${names.join(', ') || 'none'}.`;
  return failCall(new ToolError(content), { ...run, reason: 'unknown', content });
}

export function rejectInput(issues: string, run: ToolCallRun): ToolCallClosedEvent {
  checkUnchanged(run);
  return failCall(new ToolError(issues), { ...run, reason: 'invalid', content: issues });
}

/**
 * A call that the model made under another definition is not its mistake: the run stays as it is, and can be resumed where the tool is.
 *
 * @throws HostError `run.changed`
 */
function checkUnchanged({ turn, state: { call }, scope }: ToolCallRun): void {
  const change = scope.changes.get(callName(call));
  if (change === undefined || !scope.isFromBefore(turn)) return;
  throw new HostError(
    `Run "${scope.runId}" has an open call of tool "${callName(call)}" that agent "${scope.definition.name}" can't run any more: ${change}. Resume it where the tool is as it was, or pass onVersionMismatch: "continue" so that the model is told.`,
    { code: 'run.changed' },
  );
}

export interface CallFailure extends ToolCallRun {
  readonly reason: ToolFailedEvent['reason'];
  readonly content: string;
}

/** Bounded like a result: an error may quote a whole page. */
export function failCall(error: unknown, { reason, content, ...run }: CallFailure): ToolFailedEvent {
  const maxLength =
    run.scope.definition.tools.get(callName(run.state.call))?.maxResultLength ?? Number.POSITIVE_INFINITY;
  const { content: shown } = truncateResult(content, maxLength);
  const guard = RefuseRun.isInstance(error) ? error.guard : undefined;
  const data = { content: shown, reason, error: toErrorData(error) };
  return { type: 'tool.failed', ...positionOf(run), ...data, ...(guard === undefined ? {} : { guard }) };
}

type CallPosition = Pick<
  ToolFailedEvent,
  'turn' | 'index' | 'call' | 'durationMs' | 'middlewareUsage' | 'at' | 'activeMs'
>;

function positionOf({ turn, state: { index, call }, scope, startedAt, requests }: ToolCallRun): CallPosition {
  return { turn, index, call, durationMs: scope.clock.now() - startedAt, ...requests.counted, ...stamp(scope) };
}
