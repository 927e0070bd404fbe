import { DurableError } from '../base/errors.ts';
import type { History } from '../chat/history.ts';
import { readInput } from '../chat/read-input.ts';
import type { Durable } from '../durable/durable.ts';
import type { DurableHost, RunRecord } from '../durable/host.ts';
import { ownMemory } from '../durable/memory.ts';
import { runIdOf } from '../durable/run-id.ts';
import type { Outcome } from '../event/outcome.ts';
import type { Conclusion } from '../loop/action.ts';
import { initialState } from '../loop/state.ts';
import { outcomeOf } from '../loop/transcript.ts';
import { reasonText } from '../perform/scope.ts';
import type { Input, ResumeOptions, RunOptions } from './agent-options.ts';
import { beginIn } from './begin-in.ts';
import type { Blueprint } from './blueprint.ts';
import { readResumeOptions, readRunOptions } from './check-options.ts';
import { type Contextual, conduct, limitsOf } from './conduct.ts';
import { whole } from './define.ts';
import { reopen } from './reopen.ts';
import { resolveInstructions } from './resolve-instructions.ts';
import { Run, type RunPorts } from './run.ts';

/** How a run begins. */
export type Beginning =
  | { readonly type: 'start'; readonly input: Input; readonly options: RunOptions & Contextual }
  | { readonly type: 'resume'; readonly runId: string; readonly options: ResumeOptions & Contextual };

/** Makes the `Run`. What can be refused before anything is done is thrown here, at once. */
export function launch<Output>(blueprint: Blueprint, given: Beginning): Run<Output> {
  const { definition, clock } = blueprint;
  const beginning = checked(given, definition.name);
  const { options } = beginning;
  if (options.parallelToolCalls !== undefined) {
    whole(options.parallelToolCalls, { agent: definition.name, field: 'parallelToolCalls', least: 1 });
  }
  limitsOf(blueprint, options.limits ?? {});
  definition.speakers(); // Agents that are given by a function are known only now.
  const body =
    beginning.type === 'start' ? starting<Output>(blueprint, beginning) : resuming<Output>(blueprint, beginning);
  const { signal, durable } = options;
  const hasHost = durable !== undefined && durable !== null;
  return new Run<Output>({ ...body, agent: definition.name, clock, signal, hasHost });
}

function checked(given: Beginning, agent: string): Beginning {
  if (given.type === 'start') return { ...given, options: readRunOptions(given.options, agent) };
  return { ...given, options: readResumeOptions(given.options, agent) };
}

interface Prepared<Output> {
  readonly id: string;
  readonly body: (ports: RunPorts) => Promise<Outcome<Output>>;
}

function resuming<Output>(
  blueprint: Blueprint,
  { runId, options }: Extract<Beginning, { type: 'resume' }>,
): Prepared<Output> {
  return { id: runId, body: (ports) => reopen<Output>(blueprint, runId, { host: options.durable, options, ports }) };
}

function starting<Output>(
  blueprint: Blueprint,
  { input, options }: Extract<Beginning, { type: 'start' }>,
): Prepared<Output> {
  const { definition, clock, limits } = blueprint;
  const id = runIdOf(options.runId);
  const host = options.durable ?? ownMemory(clock);
  const said = readInput(input);
  const { durationMs } = limitsOf(blueprint, options.limits ?? {});
  const body = async (ports: RunPorts): Promise<Outcome<Output>> => {
    const { context } = options;
    const begun = await beginIn(options.conversation, { said, signal: ports.signal });
    const { history, recorded } = begun;
    const ended = { runId: id, blueprint, host, history, ports };
    if (begun.isGivenUp) return endedEarly<Output>({ conclusion: abortedBy(ports.signal), activeMs: 0 }, ended);
    const resolved = await resolveInstructions(blueprint.instructions, { ...ports, context, clock, durationMs });
    if (resolved.type === 'ended') return endedEarly<Output>(resolved, ended);
    const { text: instructions } = resolved;
    const { messages } = history;
    const record: RunRecord = {
      runId: id,
      agent: definition.name,
      messages,
      ...(instructions === undefined ? {} : { instructions }),
      limits: { ...limits, ...options.limits },
      metadata: options.metadata ?? {},
      at: clock.now(),
      ...recorded,
      // Nobody can resume a run whose host nobody holds.
      ...(options.durable === undefined ? {} : { definition: blueprint.digest() }),
    };
    const durable = await started(record, { host, onExisting: options.onExisting ?? 'refuse' });
    if (durable === undefined) return reopen<Output>(blueprint, id, { host, options, ports, said: said.messages });
    return conduct<Output>(blueprint, { host, durable, record, options, ports, replayed: false, changes: NONE });
  };
  return { id, body };
}

interface Early {
  readonly runId: string;
  readonly blueprint: Blueprint;
  readonly host: DurableHost;
  readonly history: History;
  readonly ports: RunPorts;
}

/** A run that ended before its host knew of it. */
function endedEarly<Output>(
  { conclusion, activeMs }: { readonly conclusion: Conclusion; readonly activeMs: number },
  { runId, blueprint, host, history, ports }: Early,
): Outcome<Output> {
  const { definition, clock, listeners } = blueprint;
  const outcome = outcomeOf({ ...initialState(history), activeMs }, { conclusion, runId, agent: definition.name });
  ports.inherit([host.listeners, listeners]);
  ports.tellAt('').fact({ type: 'run.finished', outcome, at: clock.now(), activeMs }, { replayed: false });
  return outcome as Outcome<Output>; // None of these endings has an output.
}

function abortedBy({ reason }: AbortSignal): Conclusion {
  return { status: 'aborted', reason: reasonText(reason) };
}

const NONE: ReadonlyMap<string, string> = new Map();

interface Starting {
  readonly host: DurableHost;
  readonly onExisting: 'refuse' | 'attach';
}

/** `undefined`: the run exists, and is to be attached to. */
async function started(record: RunRecord, { host, onExisting }: Starting): Promise<Durable | undefined> {
  try {
    return await host.start(record);
  } catch (error) {
    if (onExisting === 'attach' && DurableError.is(error) && error.code === 'run.exists') return undefined;
    throw error;
  }
}
