import { type Cancellation, LazySignal } from '../base/cancellation.ts';
import { ConfigError, HostError } from '../base/errors.ts';
import { findClosest, pluralize } from '../base/text.ts';
import { stringifyWellFormed } from '../base/well-formed.ts';
import { getCallArguments, getCallName } from '../chat/message.ts';
import { describeForModel, isCodeMistake } from '../event/describe-for-model.ts';
import { toErrorData } from '../event/error-data.ts';
import type { ToolCallClosedEvent, ToolFailedEvent } from '../event/journal-event.ts';
import { formatCallSegment } from '../event/step-name.ts';
import type { ExceededCallLimit } from '../limits/budget.ts';
import type { CallState } from '../loop/state.ts';
import type { ValidationResult } from '../schema/schema.ts';
import { isRunEndError, RefuseRun, ToolError, UnknownOutcomeError } from '../tool/errors.ts';
import { ToolTimeoutError } from '../tool/execute-tool.ts';
import type { Tool } from '../tool/tool.ts';
import type { ToolContext } from '../tool/tool-context.ts';
import { type ToolResult, truncateResult } from '../tool/tool-result.ts';
import { linkToolCall } from './instrument-mcp-call.ts';
import { getTraceparent, getTracestate, type ToolCallSpan } from './instrumentation.ts';
import type { ToolExecution } from './middleware.ts';
import { createMiddlewareScope, type MiddlewareRequests } from './middleware-scope.ts';
import type { Scope } from './scope.ts';
import { createReadOnlyState, type StateDraft } from './state-draft.ts';
import { addPath, formatToolStep, stamp } from './step.ts';

/** A tool call and its run. */
export interface ToolCallScope {
  readonly turn: number;
  readonly state: CallState;
  readonly scope: Scope;
}

/** A call whose input is valid. */
export interface ValidatedScope extends ToolCallScope {
  readonly validated: Extract<ValidationResult, { ok: true }>;
}

/** A tool call that has started. */
export interface ToolCallRun extends ToolCallScope {
  readonly startedAt: number;
  /** The requests of middleware around the call. */
  readonly requests: MiddlewareRequests;
  /** Absent if nothing instruments the call. */
  readonly callSpan?: ToolCallSpan | undefined;
  /** The state, with what the call changes; absent for an agent that is a tool. */
  readonly draft?: StateDraft;
}

/** Describes a call for instrumentation. */
export function describeCall(
  tool: Tool | undefined,
  { turn, state: { index, call }, kind }: Pick<ToolCallScope, 'turn' | 'state'> & Pick<ToolCallSpan, 'kind'>,
): Omit<ToolCallSpan, 'run' | 'agent'> {
  return { turn, index, call, kind, ...(tool !== undefined && { tool }) };
}

/** The context that a tool gets with a call. */
export class ToolCallContext extends LazySignal implements ToolContext<never> {
  readonly context: never;
  readonly toolCallId: string;
  readonly idempotencyKey: string;
  readonly runId: string;
  readonly path: string;
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
  readonly resumeData: ToolContext<never>['resumeData'];
  readonly state: ToolContext<never>['state'];
  readonly reportProgress: ToolContext<never>['reportProgress'];
  readonly onRunEnd: ToolContext<never>['onRunEnd'];
  readonly run: ToolContext<never>['run'];

  /** @param cancellation By default that of the run: a call has no deadline before it starts. */
  constructor(
    {
      turn,
      scope,
      state,
      requests,
      callSpan,
      draft,
    }: ToolCallScope & Partial<Pick<ToolCallRun, 'requests' | 'callSpan' | 'draft'>>,
    cancellation: Cancellation = scope.cancellation,
  ) {
    super(cancellation);
    const { index, call } = state;
    this.context = scope.context;
    this.toolCallId = call.id;
    this.idempotencyKey = `${scope.runId}/${addPath(scope, formatToolStep({ turn, index, call }))}`;
    this.runId = scope.runId;
    this.path = scope.path;
    this.traceparent = getTraceparent(scope);
    this.tracestate = getTracestate(scope);
    this.resumeData = state.resumeData;
    this.state = draft ?? createReadOnlyState(scope.getState().remembered);
    const emitProgress: ToolContext<never>['reportProgress'] = (progress) => {
      void scope.events.emitLiveEvent({ type: 'tool.progress', turn, index, call, progress }); // Tools do not wait for slow readers.
    };
    this.reportProgress = emitProgress; // An own property: see `LazySignal`.
    const addCallback: ToolContext<never>['onRunEnd'] = (callback) => scope.endCallbacks.add(callback);
    this.onRunEnd = addCallback;
    const where = `Tool "${getCallName(call)}"`;
    this.run =
      requests?.createRunChild(formatCallSegment('tool', { turn, index }), { where, cancellation, isCall: true }) ??
      rejectRun(where);
    if (callSpan !== undefined) linkToolCall(this, scope, callSpan);
  }
}

function rejectRun(where: string): ToolContext<never>['run'] {
  const message = `${where}: needsApproval and preview run no agents, because they run while the call is checked. Use run in execute, or in a guard.`;
  return () => Promise.reject(new ConfigError(message));
}

/** Wraps the execution of a tool in the middleware, the first one outermost. */
export function wrapExecution(inner: ToolExecution, { turn, scope, state, requests }: ToolCallRun): ToolExecution {
  const segment = formatCallSegment('wrap', { turn, index: state.index });
  return scope.definition.middleware.reduceRight<ToolExecution>((next, { wrapToolCall: wrap }) => {
    return wrap === undefined
      ? next
      : (call) => wrap(call, next, createMiddlewareScope(scope, { turn, requests, segment }));
  }, inner);
}

export function closeWithResult({ content, ...rest }: ToolResult, run: ToolCallRun): ToolCallClosedEvent {
  const { isEdited, call } = run.state;
  // The model must know that the tool ran with other arguments.
  const edited = isEdited ? `A person approved this call with other arguments: ${getCallArguments(call)}\n` : '';
  const { handoffTo } = run.scope.definition.tools.get(getCallName(call)) ?? {};
  const over = handoffTo === undefined ? {} : { handoffTo };
  const full = isEdited ? { fullContent: content } : {};
  return {
    type: 'tool.finished',
    ...toCallPosition(run),
    ...over,
    content: edited + content,
    ...full,
    ...rest,
    ...run.draft?.fields,
  };
}

/** The model gets a short text without a stack. The event has the error itself. */
export function closeWithError(error: unknown, run: ToolCallRun): ToolCallClosedEvent {
  const { scope } = run;
  const { cancellation } = scope;
  if (HostError.isInstance(error)) throw error;
  // Checked first: the `AbortRun` of one tool is also the reason with which its siblings are cancelled.
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
  if (UnknownOutcomeError.isInstance(error)) {
    return failCall(error, { ...run, reason: 'unknown_outcome', content: `${error.message}\n${OUTCOME_UNKNOWN}` });
  }
  const content = ToolError.isInstance(error) ? error.message : stringifyWellFormed({ error: describeForModel(error) });
  return failCall(addContextHint(error, run), { ...run, reason: 'threw', content });
}

const OUTCOME_UNKNOWN = 'The outcome of this call is unknown. It may have had its effect. Check before you repeat it.';

/** JavaScript code or a host may run an agent without the context that its tools read. */
function addContextHint(error: unknown, { state, scope }: ToolCallRun): unknown {
  const name = getCallName(state.call);
  // A function with one parameter does not read the context.
  const readsContext = (scope.definition.tools.get(name)?.execute.length ?? 0) > 1;
  if (scope.context !== undefined || !readsContext || !isCodeMistake(error)) return error;
  return new ConfigError(
    `Tool "${name}" failed in a run without a context: ${error.message}. If it reads one, pass it: agent.run(input, { context }).`,
    { cause: error },
  );
}

export function cancelCall(run: ToolCallRun): ToolCallClosedEvent {
  const content = 'Cancelled: the run ended before this call returned a result. It may still have had its effect.';
  const { durationMs: _, ...position } = toCallPosition(run);
  return { type: 'tool.skipped', ...position, reason: 'cancelled', content };
}

/** Skips a call because of a limit of this run or an outer one. Parallel calls may have used the limit up meanwhile. */
export function refuseCall({ max, spent }: ExceededCallLimit, run: ToolCallRun): ToolCallClosedEvent {
  const content = `Not run: 1 call would exceed the limit of ${pluralize(max, 'tool call')}. ${spent} are used.`;
  const { durationMs: _, ...position } = toCallPosition(run);
  const limit = { limit: 'toolCalls', outerLimit: { max, spent } } as const;
  return { type: 'tool.skipped', ...position, reason: 'limit', ...limit, content };
}

/** Gives the model the tools of this turn. */
export function rejectUnknownTool(run: ToolCallRun): ToolCallClosedEvent {
  checkUnchanged(run);
  const name = getCallName(run.state.call);
  const names = run.scope.getState().tools ?? [...run.scope.definition.tools.keys()];
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
 * If the definition of a tool changed since the model made the call, the model made no mistake. The run stays resumable with the old tool.
 *
 * @throws HostError `run.changed`
 */
function checkUnchanged(call: ToolCallScope): void {
  const change = findChange(call);
  if (change === undefined) return;
  throw createChangeError(call, `cannot run any more: ${change}`, 'return an error to the model');
}

function findChange({ turn, state: { call }, scope }: ToolCallScope): string | undefined {
  return scope.isFromEarlierAttempt(turn) ? scope.changedTools.get(getCallName(call)) : undefined;
}

/**
 * Returns a `HostError` `run.changed` for a call of a tool that is defined outside the application and was rewritten since the model made
 * the call. The arguments may still match, and mean something else. A call that was approved since then runs.
 */
export function findRewriteError(tool: Tool | undefined, call: ToolCallScope): HostError | undefined {
  if (tool?.definitionHash === undefined || call.state.status === 'approved') return undefined;
  if (findChange(call) === undefined) return undefined;
  return createChangeError(call, 'must not run: the definition of the tool has changed', 'run the new tool');
}

function createChangeError({ state: { call }, scope }: ToolCallScope, problem: string, otherwise: string): HostError {
  return new HostError(
    `Run "${scope.runId}" has an open call of tool "${getCallName(call)}" that agent "${scope.definition.name}" ${problem}. Resume it with the old tool, or pass onVersionMismatch: "continue" to ${otherwise}.`,
    { code: 'run.changed' },
  );
}

export interface CallFailure extends ToolCallRun {
  readonly reason: ToolFailedEvent['reason'];
  readonly content: string;
}

/** Shortens the text like a result: an error may quote a whole page. */
export function failCall(error: unknown, { reason, content, ...run }: CallFailure): ToolFailedEvent {
  const maxLength =
    run.scope.definition.tools.get(getCallName(run.state.call))?.maxResultLength ?? Number.POSITIVE_INFINITY;
  const { content: shown } = truncateResult(content, maxLength);
  const guard = RefuseRun.isInstance(error) ? error.guard : undefined;
  const data = { content: shown, reason, error: toErrorData(error) };
  return { type: 'tool.failed', ...toCallPosition(run), ...data, ...(guard === undefined ? {} : { guard }) };
}

type CallPosition = Pick<
  ToolFailedEvent,
  'turn' | 'index' | 'call' | 'durationMs' | 'middlewareUsage' | 'at' | 'activeMs'
>;

function toCallPosition({ turn, state: { index, call }, scope, startedAt, requests }: ToolCallRun): CallPosition {
  return { turn, index, call, durationMs: scope.clock.now() - startedAt, ...requests.usageFields, ...stamp(scope) };
}
