import { callName } from '../chat/message.ts';
import type { Child, Durable, Step } from '../durable/durable.ts';
import type { CallClosed, Fact } from '../event/fact.ts';
import type { Outcome } from '../event/outcome.ts';
import { NO_USAGE, type Usage } from '../event/usage.ts';
import type { CallState } from '../loop/state.ts';
import { readArguments } from '../tool/arguments.ts';
import { ToolError } from '../tool/errors.ts';
import { toResult } from '../tool/result.ts';
import type { Tool } from '../tool/tool.ts';
import { type At, cancelled, failed, finished, invalid } from './close-call.ts';
import { factStep, type Scope, stamp } from './scope.ts';
import { fromOutside, stepName } from './step-name.ts';

/** What a run inside a run is given of the one around it. */
export interface Around {
  readonly scope: Scope;
  /** Keeps the steps of the run inside. */
  readonly durable: Durable;
  readonly path: string;
}

/** Runs an agent inside a run. Never rejects but with a `DurableError`. */
export type Delegate = (input: unknown, around: Around) => Promise<Delegated>;

export interface Delegated {
  readonly outcome: Outcome<unknown>;
  /** Tells of the run inside that it has finished. */
  readonly tellFinished: (how: { readonly replayed: boolean }) => void;
}

interface Where {
  readonly turn: number;
  readonly state: CallState;
  readonly scope: Scope;
}

/**
 * A call that is a run of its own. Its steps are kept inside this one's; what came of it is the step that every call has,
 * which is found where the agent is no tool any more.
 */
export function delegated(tool: Tool, { turn, state, scope }: Where): Child<Fact> {
  const name = `tool:${turn}.${state.index}`;
  const at: At = { turn, state, scope, startedAt: scope.clock.now() };
  return {
    type: 'child',
    name,
    body: (durable) => runWithin(tool, { ...at, durable, path: fromOutside(scope, name) }),
  };
}

interface Within extends At {
  readonly durable: Durable;
  readonly path: string;
}

async function runWithin(tool: Tool, { durable, path, ...at }: Within): Promise<Fact> {
  const { turn, state, scope } = at;
  const { index, call } = state;
  const result = (work: () => CallClosed): Step<Fact> =>
    factStep<Fact>(scope, { name: stepName({ turn, ...state }), effect: 'read', work: async () => work() });
  const read = await readArguments(tool, call);
  if (!read.ok) return scope.durable.step(result(() => invalid(read.issues, at)));
  const delegate = tool.delegate as Delegate; // Made by `agent.asTool` only.
  // What an aborted run has begun inside is still read again, for what it has cost. Nobody waits for readers here.
  if (!scope.signal.aborted) void scope.tell.notice({ type: 'tool.started', turn, index, call });
  const { outcome, tellFinished } = await delegate(read.value, { scope, durable, path });
  if (outcome.status !== 'suspended') {
    const step = result(() => closedBy(outcome, { ...at, tool }));
    const told: typeof step.told = (fact, how) => {
      tellFinished(how);
      step.told(fact, how);
    };
    return scope.durable.step({ ...step, told });
  }
  tellFinished({ replayed: false });
  const { pending } = outcome;
  const suspended: Fact = { type: 'tool.suspended', turn, index, pending, ...spentBy(outcome), ...stamp(scope) };
  scope.tell.fact(suspended, { replayed: false });
  return suspended;
}

type Ended = Exclude<Outcome<unknown>, { status: 'suspended' }>;

/** Anything but an answer is told as what it is. */
function closedBy(outcome: Ended, { tool, ...at }: At & { readonly tool: Tool }): CallClosed {
  const spent = spentBy(outcome);
  if (outcome.status === 'completed') {
    return { ...finished(toResult(outcome.output, { maxLength: tool.maxResultLength }), at), ...spent };
  }
  if (outcome.status === 'aborted' && at.scope.signal.aborted) return { ...cancelled(at), ...spent };
  const content = `The agent "${callName(at.state.call)}" gave no answer. ${reasonOf(outcome)}`;
  return { ...failed(new ToolError(content), { ...at, reason: 'ended', content }), ...spent };
}

function spentBy({ usage }: Outcome<unknown>): { readonly spent?: Usage } {
  return usage === NO_USAGE ? {} : { spent: usage };
}

function reasonOf(outcome: Exclude<Ended, { status: 'completed' }>): string {
  switch (outcome.status) {
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
      return `It failed: ${outcome.error.message}`;
  }
}

function quoted(text: string | undefined): string {
  return text === undefined || text.trim() === '' ? '' : ` What it had so far:\n${text}`;
}
