import { runUntilCancelled } from '../base/cancellation.ts';
import { callName } from '../chat/message.ts';
import { describeForModel } from '../event/describe-for-model.ts';
import { toError } from '../event/error-data.ts';
import type { JournalEvent, ToolCallClosedEvent } from '../event/journal-event.ts';
import type { Outcome } from '../event/outcome.ts';
import { formatCallStep } from '../event/step-name.ts';
import { NO_USAGE, type Usage } from '../event/usage.ts';
import type { ChildRun, Step, StepRunner } from '../host/step-runner.ts';
import { readArguments } from '../tool/arguments.ts';
import { ToolError } from '../tool/errors.ts';
import type { Tool } from '../tool/tool.ts';
import { type ToolResult, toResult } from '../tool/tool-result.ts';
import type { ToolExecution } from './middleware.ts';
import { MiddlewareRequests } from './middleware-scope.ts';
import type { Scope } from './scope.ts';
import { factStep, fromOutside, stamp, stepName } from './step.ts';
import {
  closeWithError,
  closeWithResult,
  failCall,
  rejectInput,
  type ToolCallRun,
  type ToolCallScope,
  wrapExecution,
} from './tool-call.ts';

/** What a run inside a run is given of the one around it. */
export interface OuterRun {
  readonly scope: Scope;
  /** Keeps the steps of the run inside. */
  readonly stepRunner: StepRunner;
  readonly path: string;
}

/** Runs an agent inside a run. Never rejects but with a `HostError`. */
export type Delegate = (input: unknown, outer: OuterRun) => Promise<Delegated>;

export interface Delegated {
  readonly outcome: Outcome<unknown>;
  /** Tells of the run inside that it has finished. */
  readonly tellFinished: (how: { readonly replayed: boolean }) => void;
}

/**
 * A call that is a run of its own. Its steps are kept inside this one's; its result is the step that every call has,
 * which is found even if the agent is no tool any more.
 */
export function delegateCall(tool: Tool, { turn, state, scope }: ToolCallScope): ChildRun<JournalEvent> {
  const name = formatCallStep('tool', { turn, index: state.index });
  const requests = new MiddlewareRequests(scope, turn);
  const run: ToolCallRun = { turn, state, scope, requests, startedAt: scope.clock.now() };
  return {
    type: 'child',
    name,
    async body(stepRunner) {
      const endCall = scope.budget.beginCall();
      try {
        return await runInside(tool, { ...run, stepRunner, path: fromOutside(scope, name) });
      } finally {
        endCall();
      }
    },
  };
}

interface DelegatedCall extends ToolCallRun {
  readonly stepRunner: StepRunner;
  readonly path: string;
}

async function runInside(tool: Tool, { stepRunner, path, ...run }: DelegatedCall): Promise<JournalEvent> {
  const { turn, state, scope, requests } = run;
  const { index, call } = state;
  const resultStep = (work: () => ToolCallClosedEvent): Step<JournalEvent> =>
    factStep<JournalEvent>(scope, { name: stepName({ turn, ...state }), effect: 'read', work: async () => work() });
  const read = await readArguments(tool, call);
  if (!read.ok) return scope.stepRunner.step(resultStep(() => rejectInput(read.issues, run)));
  // What an aborted run has begun inside is still read again, for what it has cost. Nobody waits for readers here.
  if (!scope.cancellation.isCancelled) void scope.tell.notice({ type: 'tool.started', turn, index, call });
  const outer = { scope, stepRunner, path };
  const { settled, inside } = await delegateThroughMiddleware(tool, { ...run, input: read.value, outer });
  const spent = countUsage(inside?.outcome);
  if (inside?.outcome.status !== 'suspended') {
    const step = resultStep(() => ({ ...closeDelegated(settled, run), ...spent }));
    const told: typeof step.onRecorded = (fact, how) => {
      inside?.tellFinished(how);
      step.onRecorded(fact, how);
      requests.end();
    };
    return scope.stepRunner.step({ ...step, onRecorded: told });
  }
  inside.tellFinished({ replayed: false });
  const { pending } = inside.outcome;
  const suspended: JournalEvent = {
    type: 'tool.suspended',
    turn,
    index,
    pending,
    ...spent,
    ...requests.counted,
    ...stamp(scope),
  };
  scope.tell.fact(suspended, { replayed: false });
  requests.end();
  return suspended;
}

interface DelegatedResult {
  readonly settled: PromiseSettledResult<ToolResult>;
  /** Absent where middleware did not let it begin. */
  readonly inside: Delegated | undefined;
}

/**
 * Middleware is around an agent as around any tool. It does its part again where a run is resumed that had not come to the
 * result: only that is remembered.
 */
async function delegateThroughMiddleware(
  tool: Tool,
  { input, outer, ...run }: ToolCallRun & { readonly input: unknown; readonly outer: OuterRun },
): Promise<DelegatedResult> {
  const { scope, state } = run;
  const delegate = tool.delegate as Delegate; // Made by `agent.asTool` only.
  let inside: Promise<Delegated> | undefined;
  const inner: ToolExecution = async ({ input }) => {
    inside ??= delegate(input, outer);
    const { outcome } = await inside;
    if (outcome.status !== 'completed') throw new NoAnswer(outcome, callName(state.call));
    return toResult(outcome.output, { maxLength: tool.maxResultLength });
  };
  const call = { call: state.call, tool, input };
  const { cancellation } = scope;
  const work = cancellation.isCancelled
    ? inner(call)
    : runUntilCancelled(cancellation, () => wrapExecution(inner, run)(call));
  const [settled] = await Promise.allSettled([work]);
  // An abort ends the run inside by itself, and what it has used has to be known.
  return { settled, inside: await inside };
}

/** A run inside that gave none. What suspends it is no error: it passes by whatever middleware makes of it. */
class NoAnswer extends ToolError {
  readonly outcome: IncompleteOutcome;

  constructor(outcome: IncompleteOutcome, tool: string) {
    super(`The agent "${tool}" gave no answer. ${reasonOf(outcome)}`);
    this.outcome = outcome;
  }
}

type IncompleteOutcome = Exclude<Outcome<unknown>, { status: 'completed' }>;

/** The model is told why there is no answer. */
function closeDelegated(settled: DelegatedResult['settled'], run: ToolCallRun): ToolCallClosedEvent {
  if (settled.status === 'fulfilled') return closeWithResult(settled.value, run);
  const { reason } = settled;
  if (!(reason instanceof NoAnswer) || (reason.outcome.status === 'aborted' && run.scope.cancellation.isCancelled)) {
    return closeWithError(reason, run);
  }
  return failCall(reason, { ...run, reason: 'ended', content: reason.message });
}

function countUsage(outcome: Outcome<unknown> | undefined): {
  readonly spent?: Usage;
  readonly nestedToolCallCount?: number;
} {
  const { usage = NO_USAGE, toolCallCount: toolCalls = 0 } = outcome ?? {};
  return { ...(usage !== NO_USAGE && { spent: usage }), ...(toolCalls > 0 && { nestedToolCallCount: toolCalls }) };
}

function reasonOf(outcome: IncompleteOutcome): string {
  switch (outcome.status) {
    case 'suspended':
      return 'It waits for somebody.';
    case 'limited':
      return `It reached its limit: ${outcome.limit}.${quoted(outcome.text)}`;
    case 'truncated':
      return `Its reply was cut off by the token limit.${quoted(outcome.text)}`;
    case 'filtered':
      return "Its reply was stopped by the server's filter.";
    case 'refused':
      return `It refused: ${outcome.refusal}`;
    case 'aborted':
      return `It was aborted: ${outcome.reason}`;
    case 'failed':
      return `It failed: ${describeForModel(toError(outcome.error))}`;
  }
}

function quoted(text: string | undefined): string {
  return text === undefined || text.trim() === '' ? '' : ` What it had so far:\n${text}`;
}
