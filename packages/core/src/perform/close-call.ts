import { ConfigError, DurableError } from '../base/errors.ts';
import { closest, plural } from '../base/text.ts';
import { stringifyWellFormed } from '../base/well-formed.ts';
import { callArguments, callName } from '../chat/message.ts';
import { describeForModel, isCodeMistake } from '../event/describe-for-model.ts';
import { toErrorData } from '../event/error-data.ts';
import type { CallClosed, ToolFailed } from '../event/fact.ts';
import type { CallsRefused } from '../limits/budget.ts';
import type { CallState } from '../loop/state.ts';
import { type AbortRun, endsRun, RefuseRun, ToolError } from '../tool/errors.ts';
import { ToolTimeoutError } from '../tool/execute.ts';
import { bounded, type ToolResult } from '../tool/result.ts';
import type { Aside } from './aside.ts';
import { type Scope, stamp } from './scope.ts';

/** A call that is being run. */
export interface At {
  readonly turn: number;
  readonly state: CallState;
  readonly scope: Scope;
  readonly startedAt: number;
  /** What middleware around the call asks. */
  readonly aside: Aside;
}

export function finished({ content, ...rest }: ToolResult, at: At): CallClosed {
  const { isEdited, call } = at.state;
  // The model has to know that what ran is not what it asked for.
  const edited = isEdited ? `A person approved this call with other arguments: ${callArguments(call)}\n` : '';
  const { handsTo } = at.scope.definition.tools.get(callName(call)) ?? {};
  const over = handsTo === undefined ? {} : { handsTo };
  const full = isEdited ? { full: content } : {};
  return { type: 'tool.finished', ...answered(at), ...over, content: edited + content, ...full, ...rest };
}

/** What the model is told of an error: short, never a stack. The fact has the error itself. */
export function thrown(error: unknown, at: At): CallClosed {
  const { scope } = at;
  if (error instanceof DurableError) throw error;
  // First: after a tool has thrown AbortRun, that is also what its siblings are given up with.
  if (scope.signal.aborted && error === scope.signal.reason) return cancelled(at);
  if (endsRun(error)) {
    scope.abort(error);
    return failed(error, { ...at, reason: reasonOf(error), content: 'Cancelled: this call ended the run.' });
  }
  if (scope.signal.aborted) return cancelled(at);
  if (error instanceof ToolTimeoutError) {
    const content = `Timed out after ${error.timeoutMs / 1000} s. It may still have had its effect.`;
    return failed(error, { ...at, reason: 'timeout', content });
  }
  const content = error instanceof ToolError ? error.message : stringifyWellFormed({ error: describeForModel(error) });
  return failed(withContextHint(error, at), { ...at, reason: 'threw', content });
}

/** From JavaScript an agent may be run, or resumed by a host, without the context that its tools read. */
function withContextHint(error: unknown, { state, scope }: At): unknown {
  const name = callName(state.call);
  // A function with one parameter reads none.
  const readsContext = (scope.definition.tools.get(name)?.execute.length ?? 0) > 1;
  if (scope.context !== undefined || !readsContext || !isCodeMistake(error)) return error;
  return new ConfigError(
    `Tool "${name}" failed in a run without a context: ${error.message}. If it reads one, pass it: agent.run(input, { context }).`,
    { cause: error },
  );
}

function reasonOf(error: AbortRun | RefuseRun): ToolFailed['reason'] {
  return error instanceof RefuseRun ? 'refused' : 'aborted';
}

export function cancelled(at: At): CallClosed {
  const content = 'Cancelled: the run was ended before this call gave a result. It may still have had its effect.';
  const { durationMs: _, ...position } = answered(at);
  return { type: 'tool.skipped', ...position, reason: 'cancelled', content };
}

/** A cap of this run, or of one around it, leaves no room for the call: those side by side may have used it meanwhile. */
export function refused({ max, spent }: CallsRefused, at: At): CallClosed {
  const content = `Not run: it would pass the limit of ${plural(max, 'tool call')}, of which ${spent} are used.`;
  const { durationMs: _, ...position } = answered(at);
  const limit = { limit: 'toolCalls', around: { max, spent } } as const;
  return { type: 'tool.skipped', ...position, reason: 'limit', ...limit, content };
}

/** The tools that it is told of are those of this turn. */
export function unknown(at: At): CallClosed {
  refuseChanged(at);
  const name = callName(at.state.call);
  const names = at.scope.known().tools ?? [...at.scope.definition.tools.keys()];
  const meant = closest(name, names);
  const hint = meant === undefined ? '' : ` Did you mean "${meant}"?`;
  const content = `There is no tool "${name}".${hint} The tools are: ${names.join(', ') || 'none'}.`;
  return failed(new ToolError(content), { ...at, reason: 'unknown', content });
}

export function invalid(issues: string, at: At): CallClosed {
  refuseChanged(at);
  return failed(new ToolError(issues), { ...at, reason: 'invalid', content: issues });
}

/** A call that the model made under another definition is not its mistake: the run stays as it is, for whoever can mend that. */
function refuseChanged({ turn, state: { call }, scope }: At): void {
  const change = scope.changes.get(callName(call));
  if (change === undefined || !scope.isFromBefore(turn)) return;
  throw new DurableError(
    `Run "${scope.runId}" has an open call of tool "${callName(call)}" that agent "${scope.definition.name}" can't run any more: ${change}. Resume it where the tool is as it was, or pass onVersionMismatch: "go-on" so that the model is told.`,
    { code: 'run.changed' },
  );
}

export interface Failure extends At {
  readonly reason: ToolFailed['reason'];
  readonly content: string;
}

/** Bounded like a result: an error may quote a whole page. */
export function failed(error: unknown, { reason, content, ...at }: Failure): ToolFailed {
  const maxLength = at.scope.definition.tools.get(callName(at.state.call))?.maxResultLength ?? Number.POSITIVE_INFINITY;
  const { content: told } = bounded(content, maxLength);
  const guard = error instanceof RefuseRun ? error.guard : undefined;
  const data = { content: told, reason, error: toErrorData(error) };
  return { type: 'tool.failed', ...answered(at), ...data, ...(guard === undefined ? {} : { guard }) };
}

type Answered = Pick<ToolFailed, 'turn' | 'index' | 'call' | 'durationMs' | 'aside' | 'at' | 'activeMs'>;

function answered({ turn, state: { index, call }, scope, startedAt, aside }: At): Answered {
  return { turn, index, call, durationMs: scope.clock.now() - startedAt, ...aside.counted, ...stamp(scope) };
}
