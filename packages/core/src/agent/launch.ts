import { runUntilCancelled } from '../base/cancellation.ts';
import { ConfigError, HostError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import type { History } from '../chat/history.ts';
import type { UserMessage } from '../chat/message.ts';
import { readInput } from '../chat/read-input.ts';
import type { Conclusion, Outcome } from '../event/outcome.ts';
import type { Host, RunRecord } from '../host/host.ts';
import { createSingleRunHost } from '../host/memory-host.ts';
import { readRunId } from '../host/read-run-id.ts';
import { SCHEMA_VERSION } from '../host/schema-version.ts';
import type { StepRunner } from '../host/step-runner.ts';
import { createState } from '../loop/state.ts';
import { createOutcome } from '../loop/transcript.ts';
import { createRecordedTrace, type InstrumentedRun, instrumentRun } from '../perform/instrumentation.ts';
import { describeReason } from '../perform/step.ts';
import type { ContinueOptions, Input, ResumeOptions, RunOptions } from './agent-options.ts';
import { checkDeclaresState } from './begin.ts';
import type { Blueprint } from './blueprint.ts';
import { checkWholeNumber, readContinueOptions, readResumeOptions, readRunOptions } from './check-options.ts';
import { continueConversation, loadConversation, runSerially, waitForOpenRun } from './conversation-run.ts';
import { reopen } from './reopen.ts';
import { Run, type RunPorts } from './run.ts';
import { type Contextual, createInstrumentedRun, resolveRunLimits, runAttempt } from './run-attempt.ts';

/** How a run starts. */
export type RunRequest =
  | {
      readonly type: 'start';
      readonly input: Input;
      /** The input of a flow. */
      readonly value?: Json;
      readonly options: RunOptions & Contextual;
    }
  | { readonly type: 'resume'; readonly runId: string; readonly options: ResumeOptions & Contextual }
  | { readonly type: 'continue'; readonly message: UserMessage; readonly options: ContinueOptions & Contextual };

/** Creates the `Run`. Throws invalid options synchronously. */
export function launch<Output>(blueprint: Blueprint, given: RunRequest): Run<Output> {
  const { definition, clock } = blueprint;
  const beginning = checkRequest(given, definition.name);
  const { options } = beginning;
  if (options.maxParallelToolCalls !== undefined) {
    checkWholeNumber(options.maxParallelToolCalls, { agent: definition.name, field: 'maxParallelToolCalls', least: 1 });
  }
  resolveRunLimits(blueprint, options.limits ?? {});
  if ('state' in options && options.state !== undefined) checkDeclaresState(definition);
  definition.speakers(); // Checks the agents of a handoffs function, which exist only now.
  const { signal, host: stepRunner } = options;
  const hasHost = stepRunner !== undefined && stepRunner !== null;
  return new Run<Output>({
    ...prepareRun<Output>(blueprint, beginning),
    agent: definition.name,
    clock,
    signal,
    hasHost,
  });
}

function checkRequest(given: RunRequest, agent: string): RunRequest {
  switch (given.type) {
    case 'start':
      return { ...given, options: readRunOptions(given.options, agent) };
    case 'resume':
      return { ...given, options: readResumeOptions(given.options, agent) };
    case 'continue':
      return { ...given, options: readContinueOptions(given.options, agent) };
  }
}

function prepareRun<Output>(blueprint: Blueprint, beginning: RunRequest): PreparedRun<Output> {
  switch (beginning.type) {
    case 'start':
      return prepareStart(blueprint, beginning);
    case 'resume':
      return prepareResume(blueprint, beginning);
    case 'continue':
      return prepareContinuation(blueprint, beginning);
  }
}

interface PreparedRun<Output> {
  readonly id: string;
  readonly execute: (ports: RunPorts) => Promise<Outcome<Output>>;
}

function prepareResume<Output>(
  blueprint: Blueprint,
  { runId, options }: Extract<RunRequest, { type: 'resume' }>,
): PreparedRun<Output> {
  return { id: runId, execute: (ports) => reopen<Output>(blueprint, runId, { host: options.host, options, ports }) };
}

function prepareStart<Output>(
  blueprint: Blueprint,
  { input, value, options }: Extract<RunRequest, { type: 'start' }>,
): PreparedRun<Output> {
  const start: NewRun = {
    blueprint,
    id: readRunId(options.runId),
    host: options.host ?? createSingleRunHost(blueprint.clock),
    input: readInput(input),
    ...(value !== undefined && { value }),
    options,
  };
  const { conversation, host } = options;
  const isQueued = conversation?.onConflict === 'queue';
  if (isQueued && host === undefined) throw createQueueError(conversation.id);
  const execute = async (ports: RunPorts): Promise<Outcome<Output>> => {
    if (conversation === undefined || host === undefined || !isQueued)
      return handleStart(await startRun(start, ports), { start, ports });
    const scope = { host, id: conversation.id, clock: blueprint.clock, cancellation: ports.cancellation };
    const first = runSerially(scope, async () => {
      await waitForOpenRun(scope);
      return startRun(start, ports);
    });
    return handleStart(await first.catch((error: unknown) => toAbortedStart(error, { start, ports })), {
      start,
      ports,
    });
  };
  return { id: start.id, execute };
}

function createQueueError(id: string): ConfigError {
  return new ConfigError(
    `Conversation "${id}": onConflict "queue" needs the host of its runs. Pass host: sqliteHost("./runs.db"), or another host.`,
  );
}

/** Prepares a message to the open run of a conversation, or a new run. */
function prepareContinuation<Output>(
  blueprint: Blueprint,
  { message, options }: Extract<RunRequest, { type: 'continue' }>,
): PreparedRun<Output> {
  const { host, conversation } = options;
  const start: NewRun = { blueprint, id: readRunId(options.runId), host, input: readInput([message]), options };
  const execute = async (ports: RunPorts): Promise<Outcome<Output>> => {
    const scope = { host, id: conversation.id, clock: blueprint.clock, cancellation: ports.cancellation };
    const resume = (runId: string): Promise<void> => {
      const run = launch(blueprint, { type: 'resume', runId, options: resumeOptions(options) });
      return runUntilCancelled(ports.cancellation, () => run.outcome()).then(() => undefined);
    };
    const ways = { scope, message, begin: () => startRun(start, ports), resume };
    const way = await continueConversation(ways).catch((error: unknown) => {
      return { type: 'begun' as const, begun: toAbortedStart(error, { start, ports }) };
    });
    if (way.type === 'begun') return handleStart(way.begun, { start, ports });
    ports.identify(way.runId);
    return reopen<Output>(blueprint, way.runId, { host, options, ports });
  };
  return { id: start.id, execute };
}

/** Removes the options of the new run: the run that is resumed first is another one. */
function resumeOptions({
  runId: _,
  metadata: __,
  owner: ___,
  state: ______,
  onExistingRun: ____,
  signal: _____,
  ...options
}: ContinueOptions & Contextual): ResumeOptions & Contextual {
  return options;
}

interface NewRun {
  readonly blueprint: Blueprint;
  readonly id: string;
  readonly host: Host;
  readonly input: History;
  /** The input of a flow. */
  readonly value?: Json;
  readonly options: RunOptions & Contextual;
}

/** The result of starting a run on its host. */
type StartResult =
  | { readonly type: 'started'; readonly finish: () => Promise<Outcome<unknown>> }
  | { readonly type: 'exists' }
  /** The run was aborted before it started. */
  | { readonly type: 'given_up'; readonly history: History };

async function startRun({ blueprint, id, host, input, value, options }: NewRun, ports: RunPorts): Promise<StartResult> {
  const { definition, clock, limits } = blueprint;
  const { history, recordFields, isAborted } = await loadConversation(options.conversation, {
    input,
    cancellation: ports.cancellation,
  });
  if (isAborted) return { type: 'given_up', history };
  const record: RunRecord = {
    schemaVersion: SCHEMA_VERSION,
    runId: id,
    agent: definition.name,
    messages: history.messages,
    ...(value !== undefined && { input: value }),
    limits: { ...limits, ...options.limits },
    metadata: options.metadata ?? {},
    ...(options.state !== undefined && { state: options.state }),
    ...(options.owner !== undefined && { owner: options.owner }),
    at: clock.now(),
    ...recordFields,
    // Without a host option nothing can resume the run, so nothing will compare the definition.
    ...(options.host === undefined ? {} : { definition: blueprint.getDefinitionRecord() }),
  };
  const onExistingRun = options.onExistingRun ?? 'fail';
  const attempt = { host, options, ports, changedTools: NONE };
  const instrumented = createInstrumentedRun(blueprint, options, {
    record,
    isResumed: false,
    attemptId: `${id}#1`,
    suspendedMs: undefined,
    ports,
  });
  if (instrumented === undefined) {
    const stepRunner = await startOnHost(record, { host, onExistingRun });
    if (stepRunner === undefined) return { type: 'exists' };
    return { type: 'started', finish: () => runAttempt(blueprint, { ...attempt, stepRunner, record, instrumented }) };
  }
  return startInstrumented(instrumented, async (onStarted) => {
    const trace = createRecordedTrace(instrumented);
    const traced: RunRecord = trace === undefined ? record : { ...record, trace };
    const stepRunner = await startOnHost(traced, { host, onExistingRun });
    if (stepRunner === undefined) return undefined;
    onStarted();
    return runAttempt(blueprint, { ...attempt, stepRunner, record: traced, instrumented });
  });
}

/** Starts a run inside its span. Resolves when the host has it, so that the next run of its conversation need not wait for its end. */
function startInstrumented(
  instrumented: InstrumentedRun,
  run: (onStarted: () => void) => Promise<Outcome<unknown> | undefined>,
): Promise<StartResult> {
  return new Promise((resolve, reject) => {
    const onStarted = (): void => resolve({ type: 'started', finish: () => finished as Promise<Outcome<unknown>> }); // It has started, so it has an outcome.
    const finished = instrumentRun(instrumented, () => run(onStarted));
    // Has no effect after the start, except that a rejection is handled before `finish` is called.
    finished.then(() => resolve({ type: 'exists' }), reject);
  });
}

interface StartScope {
  readonly start: NewRun;
  readonly ports: RunPorts;
}

function handleStart<Output>(
  begun: StartResult,
  { start, ports }: StartScope,
): Promise<Outcome<Output>> | Outcome<Output> {
  const { blueprint, id, host, input, options } = start;
  switch (begun.type) {
    case 'given_up':
      return createAbortedOutcome<Output>(begun.history, { start, ports });
    case 'exists':
      return reopen<Output>(blueprint, id, { host, options, ports, input: input.messages });
    case 'started':
      return begun.finish() as Promise<Outcome<Output>>; // The blueprint has the output schema.
  }
}

/** Ends the run if it was aborted while it waited. Rethrows other errors. */
function toAbortedStart(
  error: unknown,
  { start: { input: history }, ports: { cancellation } }: StartScope,
): StartResult {
  if (!cancellation.isCancelled) throw error;
  return { type: 'given_up', history };
}

/** Creates the outcome of a run that was aborted before it started. */
function createAbortedOutcome<Output>(history: History, { start, ports }: StartScope): Outcome<Output> {
  const { blueprint, id: runId, host } = start;
  const { definition, clock, listeners } = blueprint;
  const conclusion: Conclusion = { status: 'aborted', reason: describeReason(ports.cancellation.reason) };
  const outcome = createOutcome(createState(history), { conclusion, runId, agent: definition.name });
  ports.inherit([host.listeners, listeners]);
  ports
    .createEventSink('')
    .emitJournalEvent({ type: 'run.finished', outcome, at: clock.now(), activeMs: 0 }, { replayed: false });
  return outcome as Outcome<Output>; // An aborted run has no output.
}

const NONE: ReadonlyMap<string, string> = new Map();

interface StartOptions {
  readonly host: Host;
  readonly onExistingRun: 'fail' | 'attach';
}

/** Returns `undefined` if the run exists and `onExistingRun` is `'attach'`. */
async function startOnHost(record: RunRecord, { host, onExistingRun }: StartOptions): Promise<StepRunner | undefined> {
  try {
    return await host.start(record);
  } catch (error) {
    if (onExistingRun === 'attach' && HostError.isInstance(error) && error.code === 'run.exists') return undefined;
    throw error;
  }
}
