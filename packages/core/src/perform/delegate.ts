import { untilAborted } from '../base/abort.ts';
import { callName } from '../chat/message.ts';
import { describeForModel } from '../event/describe-for-model.ts';
import { toError } from '../event/error-data.ts';
import type { CallClosed, Fact } from '../event/fact.ts';
import type { Outcome } from '../event/outcome.ts';
import { NO_USAGE, type Usage } from '../event/usage.ts';
import type { Child, Durable, Step } from '../host/durable.ts';
import type { CallState } from '../loop/state.ts';
import { readArguments } from '../tool/arguments.ts';
import { ToolError } from '../tool/errors.ts';
import { type ToolResult, toResult } from '../tool/result.ts';
import type { Tool } from '../tool/tool.ts';
import { Aside } from './aside.ts';
import { type At, failed, finished, invalid, thrown } from './close-call.ts';
import type { ToolExecution } from './middleware.ts';
import { factStep, type Scope, stamp } from './scope.ts';
import { fromOutside, stepName } from './step-name.ts';
import { wrapCall } from './wrap-call.ts';

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
  const at: At = { turn, state, scope, aside: new Aside(scope, turn), startedAt: scope.clock.now() };
  return {
    type: 'child',
    name,
    async body(durable) {
      const end = scope.budget.beginCall();
      try {
        return await runWithin(tool, { ...at, durable, path: fromOutside(scope, name) });
      } finally {
        end();
      }
    },
  };
}

interface Within extends At {
  readonly durable: Durable;
  readonly path: string;
}

async function runWithin(tool: Tool, { durable, path, ...at }: Within): Promise<Fact> {
  const { turn, state, scope, aside } = at;
  const { index, call } = state;
  const result = (work: () => CallClosed): Step<Fact> =>
    factStep<Fact>(scope, { name: stepName({ turn, ...state }), effect: 'read', work: async () => work() });
  const read = await readArguments(tool, call);
  if (!read.ok) return scope.durable.step(result(() => invalid(read.issues, at)));
  // What an aborted run has begun inside is still read again, for what it has cost. Nobody waits for readers here.
  if (!scope.signal.aborted) void scope.tell.notice({ type: 'tool.started', turn, index, call });
  const { settled, inside } = await wrapped(tool, { ...at, input: read.value, around: { scope, durable, path } });
  const spent = spentBy(inside?.outcome);
  if (inside?.outcome.status !== 'suspended') {
    const step = result(() => ({ ...closedBy(settled, at), ...spent }));
    const told: typeof step.told = (fact, how) => {
      inside?.tellFinished(how);
      step.told(fact, how);
      aside.end();
    };
    return scope.durable.step({ ...step, told });
  }
  inside.tellFinished({ replayed: false });
  const { pending } = inside.outcome;
  const suspended: Fact = { type: 'tool.suspended', turn, index, pending, ...spent, ...aside.counted, ...stamp(scope) };
  scope.tell.fact(suspended, { replayed: false });
  aside.end();
  return suspended;
}

interface Wrapped {
  readonly settled: PromiseSettledResult<ToolResult>;
  /** Absent where middleware did not let it begin. */
  readonly inside: Delegated | undefined;
}

/**
 * Middleware is around an agent as around any tool. It does its part again where a run is resumed that had not come to the
 * result: only that is remembered.
 */
async function wrapped(
  tool: Tool,
  { input, around, ...at }: At & { readonly input: unknown; readonly around: Around },
): Promise<Wrapped> {
  const { scope, state } = at;
  const delegate = tool.delegate as Delegate; // Made by `agent.asTool` only.
  let inside: Promise<Delegated> | undefined;
  const inner: ToolExecution = async ({ input }) => {
    inside ??= delegate(input, around);
    const { outcome } = await inside;
    if (outcome.status !== 'completed') throw new NoAnswer(outcome, callName(state.call));
    return toResult(outcome.output, { maxLength: tool.maxResultLength });
  };
  const call = { call: state.call, tool, input };
  const work = scope.signal.aborted ? inner(call) : untilAborted(scope.signal, () => wrapCall(inner, at)(call));
  const [settled] = await Promise.allSettled([work]);
  // An abort ends the run inside by itself, and what it has used has to be known.
  return { settled, inside: await inside };
}

/** A run inside that gave none. What suspends it is no error: it passes by whatever middleware makes of it. */
class NoAnswer extends ToolError {
  readonly outcome: Incomplete;

  constructor(outcome: Incomplete, tool: string) {
    super(`The agent "${tool}" gave no answer. ${reasonOf(outcome)}`);
    this.outcome = outcome;
  }
}

type Incomplete = Exclude<Outcome<unknown>, { status: 'completed' }>;

/** Anything but an answer is told as what it is. */
function closedBy(settled: Wrapped['settled'], at: At): CallClosed {
  if (settled.status === 'fulfilled') return finished(settled.value, at);
  const { reason } = settled;
  if (!(reason instanceof NoAnswer) || (reason.outcome.status === 'aborted' && at.scope.signal.aborted)) {
    return thrown(reason, at);
  }
  return failed(reason, { ...at, reason: 'ended', content: reason.message });
}

function spentBy(outcome: Outcome<unknown> | undefined): { readonly spent?: Usage; readonly spentCalls?: number } {
  const { usage = NO_USAGE, toolCalls = 0 } = outcome ?? {};
  return { ...(usage !== NO_USAGE && { spent: usage }), ...(toolCalls > 0 && { spentCalls: toolCalls }) };
}

function reasonOf(outcome: Incomplete): string {
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
