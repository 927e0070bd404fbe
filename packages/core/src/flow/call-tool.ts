import { runNested } from '../agent/as-tool.ts';
import { type BegunRun, type Blueprint, createDefinitionRecord } from '../agent/blueprint.ts';
import { copyJson } from '../base/copy-json.ts';
import { ConfigError } from '../base/errors.ts';
import { isRecord, type Json } from '../base/json.ts';
import { describeValue } from '../base/options.ts';
import { History } from '../chat/history.ts';
import { getCallName, type ToolCall } from '../chat/message.ts';
import { toError, toErrorData } from '../event/error-data.ts';
import type { ModelRespondedEvent, ToolCallClosedEvent } from '../event/journal-event.ts';
import type { CompletedOutcome, Conclusion, Outcome } from '../event/outcome.ts';
import { NO_USAGE } from '../event/usage.ts';
import { readOutputField } from '../host/event-subjects.ts';
import { apply } from '../loop/apply.ts';
import type { RunState } from '../loop/state.ts';
import type { NestedRun, OuterRun } from '../perform/nested-run.ts';
import { runInScope } from '../perform/perform.ts';
import type { Scope } from '../perform/scope.ts';
import { stamp } from '../perform/step.ts';
import { isTool, type Tool } from '../tool/tool.ts';
import { CallError } from './errors.ts';

interface CodeCall {
  readonly tool: Tool;
  readonly input: unknown;
  /** The name of the step, which is part of the call's id: two equal calls need two approvals. */
  readonly step: string;
}

/** Calls a tool from the code of a flow: the loop of one turn, with this call in place of a model's response. */
export async function callTool(flow: Blueprint, call: CodeCall, outer: OuterRun): Promise<NestedRun> {
  const blueprint = createCallBlueprint(flow, call);
  const nested = await runNested(blueprint, { input: call.input, outer });
  const { outcome } = nested;
  if (outcome.status !== 'failed') return nested;
  const failure = toError(outcome.error);
  return { ...nested, settle: (): Promise<CompletedOutcome<unknown>> => Promise.reject(failure) };
}

function createCallBlueprint(flow: Blueprint, { tool, step }: CodeCall): Blueprint {
  const { name } = flow;
  if (!isTool(tool)) {
    throw new ConfigError(`Flow "${name}", call: ${describeValue(tool)} is no tool. Pass a result of tool({ … }).`);
  }
  // Each call is a run of its own, so an approval of later calls would cover none.
  const tools = new Map([[tool.name, { ...tool, standingApproval: false }]]);
  return {
    ...flow,
    isCall: true,
    definition: { ...flow.definition, tools, output: undefined },
    limits: {},
    getDefinitionRecord: () => createDefinitionRecord(tools, undefined),
    readInput: (input) => ({
      history: History.createEmpty(),
      input: { tool: tool.name, input: copyInput(input, name) },
    }),
    head: (begun) => runCall(begun, { tool, step }),
  };
}

function copyInput(input: unknown, flow: string): Json {
  return copyJson((input ?? {}) as Json, { where: `Flow "${flow}", call`, name: 'input', ignoresUndefined: true }); // `copyJson` checks it.
}

async function runCall(
  { scope, state, input }: BegunRun,
  { tool, step }: Omit<CodeCall, 'input'>,
): Promise<Outcome<unknown>> {
  let closed: ToolCallClosedEvent | undefined;
  const { events } = scope;
  const watching: Scope['events'] = {
    ...events,
    emitJournalEvent(event, how) {
      if (event.type === 'tool.finished' || event.type === 'tool.failed' || event.type === 'tool.skipped')
        closed = event;
      events.emitJournalEvent(event, how);
    },
  };
  const given = isRecord(input) ? input['input'] : {};
  const calling = state.runEnd === undefined ? addCall(state, { scope, tool, step, given }) : state;
  const policy = { ...scope.policy, applyStopConditions: () => FINISHED };
  const outcome = await runInScope({ ...scope, policy, events: watching }, calling);
  if (closed === undefined || outcome.status !== 'completed') return outcome;
  const { status: _, output: __, text: ___, ...ended } = outcome;
  const conclusion = conclude(closed);
  return conclusion.status === 'limited' ? { ...ended, ...conclusion, spentBy: [] } : { ...ended, ...conclusion };
}

/** The loop ends after the turn; what its call came to is the outcome. */
const FINISHED: Conclusion = { status: 'completed', output: null, text: '' };

interface GivenCall extends Omit<CodeCall, 'input'> {
  readonly scope: Scope;
  readonly given: unknown;
}

/** Puts the call where a model's response would be. Not recorded: the first step of the call has its input. */
function addCall(state: RunState, { scope, tool, step, given }: GivenCall): RunState {
  const written = tool.customObject !== undefined && typeof given === 'string' ? { input: given } : given;
  const body = { name: tool.name, arguments: JSON.stringify(written) };
  const call: ToolCall = { id: `call_${step}`, type: 'function', function: body };
  const event: ModelRespondedEvent = {
    type: 'model.responded',
    turn: 1,
    model: scope.definition.name,
    message: { role: 'assistant', content: null, tool_calls: [call] },
    finishReason: 'tool_calls',
    usage: NO_USAGE,
    failedAttempts: [],
    durationMs: 0,
    ...stamp(scope),
  };
  return apply(state, event);
}

function conclude(closed: ToolCallClosedEvent): Conclusion {
  const { content } = closed;
  if (closed.type === 'tool.finished') return { status: 'completed', output: readOutputField(closed), text: content };
  if (closed.type === 'tool.skipped' && closed.reason === 'limit') {
    const { max, spent } = closed.outerLimit ?? { max: 0, spent: 0 };
    return { status: 'limited', limit: closed.limit ?? 'toolCalls', max, spent };
  }
  const cause = closed.type === 'tool.failed' ? { cause: toError(closed.error) } : {};
  const error = new CallError({ tool: getCallName(closed.call), reason: closed.reason, content, ...cause });
  return { status: 'failed', error: toErrorData(error), attempts: [] };
}
