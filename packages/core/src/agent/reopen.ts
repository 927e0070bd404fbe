import type { Cancellation } from '../base/cancellation.ts';
import type { Clock } from '../base/clock.ts';
import { HostError } from '../base/errors.ts';
import { stringifyCanonical } from '../base/json.ts';
import { History } from '../chat/history.ts';
import type { Message } from '../chat/message.ts';
import type { Outcome } from '../event/outcome.ts';
import { pollRun } from '../host/follow-events.ts';
import type { ClaimResult, Host, RunRecord } from '../host/host.ts';
import { type FollowedEvent, findLiveRun } from '../host/live-runs.ts';
import { instrumentRun } from '../perform/instrumentation.ts';
import { describeReason } from '../perform/step.ts';
import type { ResumeOptions, RunOptions } from './agent-options.ts';
import { type Blueprint, findChangedTools, findVersionMismatch } from './blueprint.ts';
import { checkConversation, saveConversation } from './conversation-run.ts';
import type { RunPorts } from './run.ts';
import { type Contextual, createInstrumentedRun, resolveOutcome, runAttempt } from './run-attempt.ts';

interface ReopenOptions {
  readonly host: Host;
  readonly options: (RunOptions | ResumeOptions) & Contextual;
  readonly ports: RunPorts;
  /** The input of the run that was about to start; the existing run must have the same. */
  readonly input?: readonly Message[];
}

/** Opens an existing run: executes it, follows its worker, or returns its outcome. */
export async function reopen<Output>(
  blueprint: Blueprint,
  runId: string,
  { host, options, ports, input }: ReopenOptions,
): Promise<Outcome<Output>> {
  const now = blueprint.getDefinitionRecord();
  const ignoresVersion = 'onVersionMismatch' in options && options.onVersionMismatch === 'continue';
  const accept = (record: RunRecord): void => {
    checkAgent(record, blueprint.definition.name);
    checkConversation(record, options.conversation);
    if (input !== undefined) {
      checkSameInput(record, input);
      checkSameOwner(record, options);
    }
    const mismatch = ignoresVersion ? undefined : findVersionMismatch(record, now);
    if (mismatch !== undefined) throw mismatch;
  };
  for (const emitted = new Set<string>(); ; ) {
    const opened = await host.claim(runId, { accept });
    if (opened.type === 'claimed') {
      const changedTools = ignoresVersion ? new Map<string, string>() : findChangedTools(opened.record.definition, now);
      const { record, stepRunner, attempt = 2, suspendedAt } = opened;
      const instrumented = createInstrumentedRun(blueprint, options, {
        record,
        isResumed: attempt > 1,
        attemptId: stepRunner.attempt,
        suspendedMs: suspendedAt === undefined ? undefined : blueprint.clock.now() - suspendedAt,
        ports,
      });
      const ownPorts = deduplicate(ports, { emitted, has: 'replayed' });
      const run = (): Promise<Outcome<Output>> =>
        runAttempt(blueprint, { host, stepRunner, record, options, changedTools, ports: ownPorts, instrumented });
      return instrumented === undefined ? run() : (instrumentRun(instrumented, run) as Promise<Outcome<Output>>); // `run` has an outcome.
    }
    const outcome = await awaitEnd(opened, { host, ports, blueprint, emitted });
    if (outcome === undefined) continue;
    // The worker may have ended before it saved the conversation.
    const { conversation } = options;
    return resolveOutcome<Output>(blueprint, await saveConversation(opened.record, { conversation, outcome }));
  }
}

interface FollowScope {
  readonly host: Host;
  readonly ports: RunPorts;
  readonly blueprint: Blueprint;
  readonly emitted: Set<string>;
}

/** Returns `undefined` if the worker is gone. */
async function awaitEnd(
  opened: Exclude<ClaimResult, { type: 'claimed' }>,
  { host, ports, blueprint, emitted }: FollowScope,
): Promise<Outcome<unknown> | undefined> {
  const { clock } = blueprint;
  const { record } = opened;
  const outcome =
    opened.type === 'finished'
      ? opened.outcome
      : await attach(record.runId, { host, clock, ports: deduplicate(ports, { emitted, has: 'every' }) });
  if (outcome === undefined) return undefined;
  const times = { at: clock.now(), activeMs: outcome.durationMs };
  ports
    .createEventSink('')
    .emitJournalEvent({ type: 'run.finished', outcome, ...times }, { replayed: opened.type === 'finished' });
  return outcome;
}

interface Deduplication {
  readonly emitted: Set<string>;
  /** Which events may be duplicates: replayed ones, or every event while the run follows another worker. */
  readonly has: 'replayed' | 'every';
}

/** Emits each journal event once, even if the run is first followed, then read from its journal, and then executed here. */
function deduplicate(ports: RunPorts, { emitted, has }: Deduplication): RunPorts {
  return {
    ...ports,
    createEventSink: (path) => {
      const sink = ports.createEventSink(path);
      return {
        ...sink,
        emitJournalEvent(event, how) {
          if (!how.replayed && has === 'replayed') return sink.emitJournalEvent(event, how);
          const { at: _, activeMs: __, ...known } = event;
          const key = `${path} ${JSON.stringify(known)}`;
          if (emitted.has(key)) return;
          emitted.add(key);
          sink.emitJournalEvent(event, how);
        },
      };
    },
  };
}

function checkAgent({ runId, agent }: RunRecord, name: string): void {
  if (agent === name) return;
  throw new HostError(
    `Run "${runId}" belongs to agent "${agent}", not to "${name}". Resume it with agent "${agent}".`,
    {
      code: 'run.agent',
    },
  );
}

/** Compares the input with the last messages that the run began with: messages of a conversation may precede it. */
function checkSameInput({ runId, messages: known }: RunRecord, input: readonly Message[]): void {
  const before = known.slice(0, Math.max(0, known.length - input.length));
  if (stringifyCanonical(known) === stringifyCanonical(History.from([...before, ...input]).messages)) return;
  throw new HostError(`Run "${runId}" already exists with another input. Pass another runId, or use agent.resume.`, {
    code: 'run.conflict',
  });
}

/** An id that two owners choose must not give one of them the run of the other. */
function checkSameOwner({ runId, owner }: RunRecord, options: RunOptions | ResumeOptions): void {
  const wanted = 'owner' in options ? options.owner : undefined;
  if (wanted === undefined || wanted === owner) return;
  throw new HostError(`Run "${runId}" already exists with another owner. Pass another runId.`, {
    code: 'run.conflict',
  });
}

interface Attachment {
  readonly host: Host;
  readonly clock: Clock;
  readonly ports: RunPorts;
}

/**
 * Follows a run that another worker executes, and returns its outcome; `undefined` if the worker is gone. An abort cancels the run there.
 *
 * From a worker of the same process the follower gets live events too. From another process it gets only journal events.
 */
async function attach(runId: string, attachment: Attachment): Promise<Outcome<unknown> | undefined> {
  const { host, ports } = attachment;
  const remote = cancelOnAbort(runId, { host, cancellation: ports.cancellation });
  try {
    return await Promise.race([followElsewhere(runId, attachment), remote.failure]);
  } finally {
    remote.end();
  }
}

async function followElsewhere(runId: string, attachment: Attachment): Promise<Outcome<unknown> | undefined> {
  const { host, clock, ports } = attachment;
  await followHere(runId, attachment);
  let replayed = true;
  for await (const { status, events, outcome } of pollRun(host, runId, { clock })) {
    for (const { path, event, position, step } of events)
      ports.createEventSink(path).emitJournalEvent(event, { replayed, position, step });
    replayed = false; // Later events are new.
    if (status === 'interrupted') return undefined;
    if (status !== 'running' && status !== 'queued') return outcome;
    await followHere(runId, attachment); // A worker of this process may have claimed the run meanwhile.
  }
  return undefined;
}

/** Follows the run until its worker in this process ends; returns immediately without such a worker. */
async function followHere(runId: string, { host, ports }: Attachment): Promise<void> {
  const run = findLiveRun(host, runId);
  if (run === undefined) return;
  await new Promise<void>((resolve) => {
    run.follow({ isHeard: ports.hasDeltaListener, onEvent: (event) => emitFollowed(event, ports), onEnd: resolve });
  });
}

function emitFollowed({ path, event, ...how }: FollowedEvent, ports: RunPorts): Promise<void> | undefined {
  // `awaitEnd` emits this event after the host has the outcome.
  if (event.type === 'run.finished' && path === '') return undefined;
  if (!('activeMs' in event)) return ports.createEventSink(path).emitLiveEvent(event);
  ports.createEventSink(path).emitJournalEvent(event, how);
  return undefined;
}

interface RemoteCancellation {
  /** Rejects if the cancellation fails on the host. Never resolves. */
  readonly failure: Promise<never>;
  readonly end: () => void;
}

function cancelOnAbort(
  runId: string,
  { host, cancellation }: { readonly host: Host; readonly cancellation: Cancellation },
): RemoteCancellation {
  const { promise: failure, reject } = Promise.withResolvers<never>();
  failure.catch(() => undefined); // Prevents an unhandled rejection after the race.
  const cancel = (): void => void host.cancel(runId, { reason: describeReason(cancellation.reason) }).catch(reject);
  return { failure, end: cancellation.onCancel(cancel) };
}
