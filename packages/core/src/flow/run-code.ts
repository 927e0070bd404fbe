import type { BegunRun, Blueprint } from '../agent/blueprint.ts';
import { RunError } from '../agent/run-error.ts';
import { runUntilCancelled } from '../base/cancellation.ts';
import { copyJson } from '../base/copy-json.ts';
import { ConfigError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import { checkOptions } from '../base/options.ts';
import { toErrorData } from '../event/error-data.ts';
import type { JournalEvent } from '../event/journal-event.ts';
import type { CompletedOutcome, Conclusion, Outcome } from '../event/outcome.ts';
import { END_STEP } from '../event/step-name.ts';
import { apply } from '../loop/apply.ts';
import { InvalidOutputError } from '../loop/errors.ts';
import { createOutcome } from '../loop/transcript.ts';
import { replayCode } from '../perform/replay-runs.ts';
import type { Scope } from '../perform/scope.ts';
import { createEventStep, stamp, toInterruption } from '../perform/step.ts';
import { StepCode } from '../perform/step-code.ts';
import type { CompiledSchema } from '../schema/schema.ts';
import { isRunEndError } from '../tool/errors.ts';
import type { RunChild } from '../tool/runnable.ts';
import type { Tool } from '../tool/tool.ts';
import { compileAnswer, createAskTool, readAnswer } from './ask.ts';
import { callTool } from './call-tool.ts';
import { ASK, type AskOptions, CALL, type FlowScope, type PlainStepOptions, STEP } from './flow-options.ts';

/** The code of a flow, with the schemas of its input and output. */
export interface FlowCode {
  readonly run: (input: never, scope: FlowScope<never>) => unknown;
  readonly input: CompiledSchema | undefined;
  readonly output: CompiledSchema | undefined;
  readonly blueprint: () => Blueprint;
}

/** Brings a run of a flow from its first step to its outcome: the code takes the place of the loop. */
export async function runCode(
  code: FlowCode,
  { scope: begun, state: start, input = null }: BegunRun,
): Promise<Outcome<unknown>> {
  let state = start;
  const { events } = begun;
  const scope: Scope = {
    ...begun,
    getState: () => state,
    events: {
      ...events,
      emitJournalEvent(event, how) {
        state = apply(state, event);
        events.emitJournalEvent(event, how);
      },
    },
  };
  const finish = (conclusion: Conclusion): Outcome<unknown> =>
    createOutcome(state, { conclusion, runId: scope.runId, agent: scope.definition.name });
  if (state.runEnd !== undefined) return finish(state.runEnd);
  const end = (await findRecordedEnd(scope)) ?? (await runToEnd(code, { scope, input }));
  return finish(end);
}

/** If the end is recorded, nothing of the code runs again: all of its events are replayed. */
async function findRecordedEnd(scope: Scope): Promise<Conclusion | undefined> {
  const recorded = scope.stepRunner.listRecorded?.() ?? [];
  if (!recorded.some(({ name }) => name === END_STEP)) return undefined;
  replayCode(scope);
  return recordEnd(scope, { status: 'completed', output: null, text: '' }); // The recorded end takes its place.
}

async function recordEnd(scope: Scope, end: Conclusion): Promise<Conclusion> {
  const work = async (): Promise<JournalEvent> => ({ type: 'flow.ended', end, ...stamp(scope) });
  const event = await scope.stepRunner.step(
    createEventStep<JournalEvent>(scope, { name: END_STEP, effect: 'read', work }),
  );
  return event.type === 'flow.ended' ? event.end : end;
}

interface CodeRun {
  readonly scope: Scope;
  readonly input: Json;
}

async function runToEnd(code: FlowCode, { scope, input }: CodeRun): Promise<Conclusion> {
  const { cancellation, definition } = scope;
  const where = `Flow "${definition.name}"`;
  const steps = new StepCode(scope, { where, prefix: '', onOtherStep: 'fail', isCall: false });
  const work = async (): Promise<Conclusion> => {
    const given = await readInput(input, { where, schema: code.input });
    const value: unknown = await code.run(
      given as never,
      createFlowScope(code, { scope, steps, where }) as FlowScope<never>,
    );
    return concludeValue(value, { where, schema: code.output });
  };
  const [settled] = await Promise.allSettled([runUntilCancelled(cancellation, work)]);
  await steps.finish();
  if (cancellation.isCancelled) return recordEnd(scope, concludeInterruption(scope, cancellation.reason));
  if (steps.pending.length > 0) return suspend(scope, steps);
  const unused = steps.listUnused();
  if (unused.length > 0) throw steps.createDivergence(unused, 'it has ended without them');
  const end = settled.status === 'fulfilled' ? settled.value : concludeError(settled.reason, scope);
  return recordEnd(scope, end);
}

/** @throws ConfigError if the input does not match the schema */
async function readInput(input: Json, { where, schema }: CheckedValue): Promise<unknown> {
  if (schema === undefined) return input;
  const read = await schema.validate(input);
  if (read.ok) return read.value;
  throw new ConfigError(`${where}: the input does not match its schema: ${read.issues}`);
}

interface CheckedValue {
  readonly where: string;
  readonly schema: CompiledSchema | undefined;
}

/** Checks the output and keeps its JSON. The schema is applied again where the outcome is read, as with an agent. */
async function concludeValue(value: unknown, { where, schema }: CheckedValue): Promise<Conclusion> {
  const output = copyJson((value ?? null) as Json, { where, name: 'the output', ignoresUndefined: true }); // `copyJson` checks it.
  const text = typeof output === 'string' ? output : JSON.stringify(output);
  const read = await schema?.validate(output);
  if (read?.ok !== false) return { status: 'completed', output, text };
  throw new InvalidOutputError(`${where}: the output does not match its schema: ${read.issues}`, {
    text,
    issues: read.issues,
  });
}

/** An end that the code did not catch is that of the flow: it says why as the run inside does. */
function concludeError(error: unknown, scope: Scope): Conclusion {
  if (isRunEndError(error)) return concludeInterruption(scope, error);
  if (!RunError.isInstance(error)) return { status: 'failed', error: toErrorData(error), attempts: [] };
  const { outcome } = error;
  switch (outcome.status) {
    case 'limited': {
      const { limit, max, spent } = outcome;
      return { status: 'limited', limit, max, spent };
    }
    case 'refused':
      return {
        status: 'refused',
        refusal: outcome.refusal,
        ...(outcome.guard !== undefined && { guard: outcome.guard }),
      };
    case 'aborted':
      return { status: 'aborted', reason: outcome.reason };
    case 'truncated':
    case 'filtered':
      return { status: outcome.status, text: outcome.text };
    case 'failed':
      return { status: 'failed', error: outcome.error, attempts: outcome.attempts };
    case 'suspended':
      return { status: 'failed', error: toErrorData(error), attempts: [] }; // The error of another run: nothing waits in this one.
  }
}

function concludeInterruption(scope: Scope, reason: unknown): Conclusion {
  const event = toInterruption(scope, { turn: 0, reason });
  return apply(scope.getState(), event).runEnd ?? { status: 'aborted', reason: 'aborted' };
}

/** Ends the attempt. The steps that wait have no result yet, so what they have spent is added here. */
function suspend(scope: Scope, { pending, waitingFields }: StepCode): Conclusion {
  const ids = pending.map(({ id }) => id);
  const event: JournalEvent = { type: 'run.suspended', turn: 0, pending: ids, ...waitingFields, ...stamp(scope) };
  scope.events.emitJournalEvent(event, { replayed: false });
  return { status: 'suspended', pending };
}

interface FlowSteps {
  readonly scope: Scope;
  readonly steps: StepCode;
  readonly where: string;
}

function createFlowScope(code: FlowCode, { scope, steps, where }: FlowSteps): FlowScope {
  const { context, runId, path, cancellation } = scope;
  const run: RunChild<never> = (agent, input, options) =>
    steps.run(agent as never, input, { options }) as ReturnType<RunChild<never>> as never; // The types are those of the agent.
  const callAs = (tool: Tool, { input, step, kind }: NamedCall): Promise<CompletedOutcome<unknown>> =>
    steps.begin(step, {
      kind,
      ...(kind === 'call' && { target: tool?.name }),
      begin: (outer) => callTool(code.blueprint(), { tool, input, step }, outer),
    });
  const call = async (tool: Tool, input: unknown, options: { readonly step: string }): Promise<unknown> => {
    const { step } = checkOptions(options, CALL, `${where}, call`);
    return (await callAs(tool, { input, step, kind: 'call' })).output;
  };
  const ask = async (question: Json, options: AskOptions<unknown>): Promise<unknown> => {
    const { step, answer, timeoutMs } = checkOptions(options, ASK, `${where}, ask`);
    const schema = compileAnswer(answer, `${where}, ask`);
    const { output } = await callAs(createAskTool(timeoutMs), { input: { question }, step, kind: 'answer' });
    return readAnswer(output, schema);
  };
  const step = async <T>(
    name: string,
    work: (signal: AbortSignal) => T | Promise<T>,
    options: PlainStepOptions = {},
  ): Promise<T> => {
    const { effect = 'idempotent' } = checkOptions(options, STEP, `${where}, step`);
    return steps.remember(name, { work, effect });
  };
  const typed = { run, call, ask, step } as Pick<FlowScope, 'run' | 'call' | 'ask' | 'step'>; // `FlowScope` checks the types.
  return { context, runId, path, signal: cancellation.signal, ...typed };
}

interface NamedCall {
  readonly input: unknown;
  readonly step: string;
  readonly kind: 'call' | 'answer';
}
