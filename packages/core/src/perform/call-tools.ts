import { untilAborted } from '../base/abort.ts';
import { ConfigError } from '../base/errors.ts';
import { callName } from '../chat/message.ts';
import { toErrorData } from '../event/error-data.ts';
import type { ApprovalRequested, CallClosed, Fact } from '../event/fact.ts';
import type { Task } from '../host/durable.ts';
import type { RunCalls } from '../loop/action.ts';
import type { CallState } from '../loop/state.ts';
import { readArguments } from '../tool/arguments.ts';
import { SuspendRun } from '../tool/errors.ts';
import { execute } from '../tool/execute.ts';
import type { ToolResult } from '../tool/result.ts';
import type { Tool } from '../tool/tool.ts';
import { Aside } from './aside.ts';
import { CallContext } from './call-context.ts';
import { pendingFor } from './check-calls.ts';
import { type At, cancelled, failed, finished, invalid, refused, thrown, unknown } from './close-call.ts';
import { delegated } from './delegate.ts';
import type { ToolExecution } from './middleware.ts';
import { factStep, type Scope, stamp } from './scope.ts';
import { stepName } from './step-name.ts';
import { wrapCall } from './wrap-call.ts';

/** Runs a batch of calls side by side, each a durable step, or a run of its own, that always gives an answer. */
export function runCalls({ turn, calls, tools }: RunCalls, scope: Scope): Promise<readonly Fact[]> {
  const tasks = calls.map((state): Task<Fact> => {
    const name = callName(state.call);
    const tool = tools?.includes(name) === false ? undefined : scope.definition.tools.get(name);
    return tool?.delegate === undefined ? step(tool, { turn, state, scope }) : delegated(tool, { turn, state, scope });
  });
  return scope.durable.all(tasks, { width: scope.parallelToolCalls });
}

interface Where {
  readonly turn: number;
  readonly state: CallState;
  readonly scope: Scope;
}

function step(tool: Tool | undefined, { turn, state, scope }: Where): Task<Fact> {
  const aside = new Aside(scope, turn);
  const at = (): At => ({ turn, state, scope, aside, startedAt: scope.clock.now() });
  let end: (() => void) | undefined;
  const step = factStep<Fact>(scope, {
    name: stepName({ turn, ...state }),
    effect: tool?.effect ?? 'read',
    exclusive: tool?.exclusive ?? false,
    work: () => {
      const { callsRefused } = scope.budget;
      if (callsRefused !== undefined) return Promise.resolve(refused(callsRefused, at()));
      end = scope.budget.beginCall();
      return runCall(tool, at());
    },
    inDoubt: () => runInDoubt(tool, at()),
  });
  const told: typeof step.told = (fact, how) => {
    step.told(fact, how);
    end?.(); // Only now: the fact has charged it.
    aside.end();
  };
  return { ...step, told };
}

const IN_DOUBT =
  'The outcome of this call is unknown: the process stopped while it ran. It may or may not have had its effect. Check before you repeat it.';

/** The tool may know, or a person; otherwise the model has to find out. */
async function runInDoubt(tool: Tool | undefined, at: At): Promise<CallClosed | ApprovalRequested> {
  const { inDoubt } = tool ?? {};
  if (tool === undefined || inDoubt === undefined) return leftOpen(at);
  return inDoubt === 'ask' ? askPerson(tool, at) : runCall({ ...tool, execute: inDoubt }, at);
}

function leftOpen(at: At): CallClosed {
  return failed(new Error(IN_DOUBT), { ...at, reason: 'in_doubt', content: IN_DOUBT });
}

async function askPerson(tool: Tool, at: At): Promise<CallClosed | ApprovalRequested> {
  const { state, scope } = at;
  if (scope.signal.aborted) return cancelled(at);
  const validated = await readArguments(tool, state.call);
  if (!validated.ok) return invalid(validated.issues, at);
  return requested(tool, { ...at, reason: 'in_doubt', validated });
}

type Requesting = At & Pick<Parameters<typeof pendingFor>[1], 'reason' | 'validated' | 'shown'>;

async function requested(tool: Tool, requesting: Requesting): Promise<ApprovalRequested> {
  const { turn, state, scope } = requesting;
  const pending = await pendingFor(tool, requesting);
  const { counted } = requesting.aside;
  return { type: 'approval.requested', turn, index: state.index, pending, ...counted, ...stamp(scope) };
}

async function runCall(tool: Tool | undefined, at: At): Promise<CallClosed | ApprovalRequested> {
  const { scope } = at;
  if (scope.signal.aborted) return cancelled(at);
  if (tool === undefined) return unknown(at);
  try {
    return await untilAborted(scope.signal, () => answered(tool, at));
  } catch (error) {
    return thrown(error, at);
  }
}

async function answered(tool: Tool, at: At): Promise<CallClosed | ApprovalRequested> {
  const validated = await readArguments(tool, at.state.call);
  at.scope.signal.throwIfAborted(); // Whoever waits for this has been told.
  if (!validated.ok) return invalid(validated.issues, at);
  try {
    const result = await called(tool, { ...at, input: validated.value });
    if (typeof result?.content !== 'string') throw new ConfigError(NO_RESULT);
    return finished(result, at);
  } catch (error) {
    if (!SuspendRun.isInstance(error) || at.scope.signal.aborted) throw error;
    return requested(tool, { ...at, reason: 'suspended', validated, shown: error.preview });
  }
}

const NO_RESULT = 'A tool middleware gave no result. Return what next(call) gave, or { content: "…" }.';

function called(tool: Tool, { input, ...at }: At & { readonly input: unknown }): Promise<ToolResult> {
  const { turn, scope, state } = at;
  const { index, call } = state;
  void scope.tell.notice({ type: 'tool.started', turn, index, call }); // Tools do not wait for readers.
  const inner: ToolExecution = ({ tool, input }) =>
    execute(tool, input, {
      clock: scope.clock,
      signal: scope.signal,
      contextWithin: (within) => new CallContext(at, within),
      late: (settled) => {
        const error = settled.status === 'rejected' ? { error: toErrorData(settled.reason) } : {};
        void scope.tell.notice({ type: 'tool.late', turn, index, call, ...error }); // As above.
      },
    });
  return wrapCall(inner, at)({ call, tool, input });
}
