import { runUntilCancelled } from '../base/cancellation.ts';
import { ConfigError, HostError } from '../base/errors.ts';
import type { History } from '../chat/history.ts';
import type { UserMessage } from '../chat/message.ts';
import { readInput } from '../chat/read-input.ts';
import type { Outcome } from '../event/outcome.ts';
import type { Host, RunRecord } from '../host/host.ts';
import { createSingleRunHost } from '../host/memory-host.ts';
import { readRunId } from '../host/read-run-id.ts';
import { SCHEMA_VERSION } from '../host/schema-version.ts';
import type { StepRunner } from '../host/step-runner.ts';
import type { Conclusion } from '../loop/action.ts';
import { initialState } from '../loop/state.ts';
import { outcomeOf } from '../loop/transcript.ts';
import { reasonText } from '../perform/step.ts';
import type { ContinueOptions, Input, ResumeOptions, RunOptions } from './agent-options.ts';
import type { Blueprint } from './blueprint.ts';
import { checkWholeNumber, readContinueOptions, readResumeOptions, readRunOptions } from './check-options.ts';
import { type Contextual, conduct, limitsOf } from './conduct.ts';
import { continueConversation, loadConversation, takeTurn, waitForOpenRun } from './conversation-run.ts';
import { reopen } from './reopen.ts';
import { Run, type RunPorts } from './run.ts';

/** How a run begins. */
export type Beginning =
  | { readonly type: 'start'; readonly input: Input; readonly options: RunOptions & Contextual }
  | { readonly type: 'resume'; readonly runId: string; readonly options: ResumeOptions & Contextual }
  | { readonly type: 'continue'; readonly message: UserMessage; readonly options: ContinueOptions & Contextual };

/** Makes the `Run`. What can be refused before anything is done is thrown here, at once. */
export function launch<Output>(blueprint: Blueprint, given: Beginning): Run<Output> {
  const { definition, clock } = blueprint;
  const beginning = checked(given, definition.name);
  const { options } = beginning;
  if (options.maxParallelToolCalls !== undefined) {
    checkWholeNumber(options.maxParallelToolCalls, { agent: definition.name, field: 'maxParallelToolCalls', least: 1 });
  }
  limitsOf(blueprint, options.limits ?? {});
  definition.speakers(); // Agents that are given by a function are known only now.
  const { signal, host: stepRunner } = options;
  const hasHost = stepRunner !== undefined && stepRunner !== null;
  return new Run<Output>({ ...prepared<Output>(blueprint, beginning), agent: definition.name, clock, signal, hasHost });
}

function checked(given: Beginning, agent: string): Beginning {
  switch (given.type) {
    case 'start':
      return { ...given, options: readRunOptions(given.options, agent) };
    case 'resume':
      return { ...given, options: readResumeOptions(given.options, agent) };
    case 'continue':
      return { ...given, options: readContinueOptions(given.options, agent) };
  }
}

function prepared<Output>(blueprint: Blueprint, beginning: Beginning): Prepared<Output> {
  switch (beginning.type) {
    case 'start':
      return starting(blueprint, beginning);
    case 'resume':
      return resuming(blueprint, beginning);
    case 'continue':
      return continuing(blueprint, beginning);
  }
}

interface Prepared<Output> {
  readonly id: string;
  readonly body: (ports: RunPorts) => Promise<Outcome<Output>>;
}

function resuming<Output>(
  blueprint: Blueprint,
  { runId, options }: Extract<Beginning, { type: 'resume' }>,
): Prepared<Output> {
  return { id: runId, body: (ports) => reopen<Output>(blueprint, runId, { host: options.host, options, ports }) };
}

function starting<Output>(
  blueprint: Blueprint,
  { input, options }: Extract<Beginning, { type: 'start' }>,
): Prepared<Output> {
  const start: Start = {
    blueprint,
    id: readRunId(options.runId),
    host: options.host ?? createSingleRunHost(blueprint.clock),
    said: readInput(input),
    options,
  };
  const { conversation, host } = options;
  const isQueued = conversation?.onConflict === 'queue';
  if (isQueued && host === undefined) throw queueWithoutHost(conversation.id);
  const body = async (ports: RunPorts): Promise<Outcome<Output>> => {
    if (conversation === undefined || host === undefined || !isQueued)
      return goOn(await begun(start, ports), { start, ports });
    const place = { host, id: conversation.id, clock: blueprint.clock, cancellation: ports.cancellation };
    const first = takeTurn(place, async () => {
      await waitForOpenRun(place);
      return begun(start, ports);
    });
    return goOn(await first.catch((error: unknown) => givenUp(error, { start, ports })), { start, ports });
  };
  return { id: start.id, body };
}

function queueWithoutHost(id: string): ConfigError {
  return new ConfigError(
    `Conversation "${id}": onConflict "queue" needs the host that its runs are on. Pass host: sqliteHost("./runs.db"), or another host.`,
  );
}

/** A run of the conversation that is open, or else a new one. */
function continuing<Output>(
  blueprint: Blueprint,
  { message, options }: Extract<Beginning, { type: 'continue' }>,
): Prepared<Output> {
  const { host, conversation } = options;
  const start: Start = { blueprint, id: readRunId(options.runId), host, said: readInput([message]), options };
  const body = async (ports: RunPorts): Promise<Outcome<Output>> => {
    const place = { host, id: conversation.id, clock: blueprint.clock, cancellation: ports.cancellation };
    const resume = (runId: string): Promise<void> => {
      const run = launch(blueprint, { type: 'resume', runId, options: resumeOptions(options) });
      return runUntilCancelled(ports.cancellation, () => run.outcome()).then(() => undefined);
    };
    const ways = { place, message, begin: () => begun(start, ports), resume };
    const way = await continueConversation(ways).catch((error: unknown) => {
      return { type: 'begun' as const, begun: givenUp(error, { start, ports }) };
    });
    if (way.type === 'begun') return goOn(way.begun, { start, ports });
    ports.identify(way.runId);
    return reopen<Output>(blueprint, way.runId, { host, options, ports });
  };
  return { id: start.id, body };
}

/** The run that is resumed first is another one: neither the new run's id nor its signal is for it. */
function resumeOptions({
  runId: _,
  metadata: __,
  onExistingRun: ___,
  signal: ____,
  ...options
}: ContinueOptions & Contextual): ResumeOptions & Contextual {
  return options;
}

interface Start {
  readonly blueprint: Blueprint;
  readonly id: string;
  readonly host: Host;
  readonly said: History;
  readonly options: RunOptions & Contextual;
}

/** A run that its host knows, or why it does not. */
type Begun =
  | { readonly type: 'started'; readonly stepRunner: StepRunner; readonly record: RunRecord }
  | { readonly type: 'exists' }
  /** It was aborted before. */
  | { readonly type: 'given_up'; readonly history: History };

async function begun({ blueprint, id, host, said, options }: Start, ports: RunPorts): Promise<Begun> {
  const { definition, clock, limits } = blueprint;
  const { history, recorded, isGivenUp } = await loadConversation(options.conversation, {
    said,
    cancellation: ports.cancellation,
  });
  if (isGivenUp) return { type: 'given_up', history };
  const record: RunRecord = {
    schemaVersion: SCHEMA_VERSION,
    runId: id,
    agent: definition.name,
    messages: history.messages,
    limits: { ...limits, ...options.limits },
    metadata: options.metadata ?? {},
    at: clock.now(),
    ...recorded,
    // Nobody can resume a run whose host nobody holds.
    ...(options.host === undefined ? {} : { definition: blueprint.digest() }),
  };
  const stepRunner = await started(record, { host, onExistingRun: options.onExistingRun ?? 'fail' });
  return stepRunner === undefined ? { type: 'exists' } : { type: 'started', stepRunner, record };
}

interface Going {
  readonly start: Start;
  readonly ports: RunPorts;
}

function goOn<Output>(begun: Begun, { start, ports }: Going): Promise<Outcome<Output>> | Outcome<Output> {
  const { blueprint, id, host, said, options } = start;
  switch (begun.type) {
    case 'given_up':
      return abortedEarly<Output>(begun.history, { start, ports });
    case 'exists':
      return reopen<Output>(blueprint, id, { host, options, ports, said: said.messages });
    case 'started': {
      const { stepRunner, record } = begun;
      return conduct<Output>(blueprint, { host, stepRunner, record, options, ports, changes: NONE });
    }
  }
}

/** An abort while the run waits for its turn ends it; any other error is the host's. */
function givenUp(error: unknown, { start: { said: history }, ports: { cancellation } }: Going): Begun {
  if (!cancellation.isCancelled) throw error;
  return { type: 'given_up', history };
}

/** A run that was aborted before its host knew of it. */
function abortedEarly<Output>(history: History, { start, ports }: Going): Outcome<Output> {
  const { blueprint, id: runId, host } = start;
  const { definition, clock, listeners } = blueprint;
  const conclusion: Conclusion = { status: 'aborted', reason: reasonText(ports.cancellation.reason) };
  const outcome = outcomeOf(initialState(history), { conclusion, runId, agent: definition.name });
  ports.inherit([host.listeners, listeners]);
  ports.tellAt('').fact({ type: 'run.finished', outcome, at: clock.now(), activeMs: 0 }, { replayed: false });
  return outcome as Outcome<Output>; // An aborted run has no output.
}

const NONE: ReadonlyMap<string, string> = new Map();

interface Starting {
  readonly host: Host;
  readonly onExistingRun: 'fail' | 'attach';
}

/** `undefined`: the run exists, and is to be attached to. */
async function started(record: RunRecord, { host, onExistingRun }: Starting): Promise<StepRunner | undefined> {
  try {
    return await host.start(record);
  } catch (error) {
    if (onExistingRun === 'attach' && HostError.isInstance(error) && error.code === 'run.exists') return undefined;
    throw error;
  }
}
