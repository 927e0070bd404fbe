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
import { reasonText } from '../perform/step.ts';
import type { ResumeOptions, RunOptions } from './agent-options.ts';
import { type Blueprint, findChanges, versionMismatch } from './blueprint.ts';
import { type Contextual, conduct, giveOutcome } from './conduct.ts';
import { checkConversation, saveConversation } from './conversation-run.ts';
import type { RunPorts } from './run.ts';

interface ReopenOptions {
  readonly host: Host;
  readonly options: (RunOptions | ResumeOptions) & Contextual;
  readonly ports: RunPorts;
  /** The input, if it has to be the run that was about to start. */
  readonly said?: readonly Message[];
}

/** Goes on with a run that the host has: as its worker, as a follower, or with the outcome that it had. */
export async function reopen<Output>(
  blueprint: Blueprint,
  runId: string,
  { host, options, ports, said }: ReopenOptions,
): Promise<Outcome<Output>> {
  const now = blueprint.digest();
  const goesOn = 'onVersionMismatch' in options && options.onVersionMismatch === 'continue';
  const accept = (record: RunRecord): void => {
    checkAgent(record, blueprint.definition.name);
    checkConversation(record, options.conversation);
    if (said !== undefined) checkSame(record, said);
    const mismatch = goesOn ? undefined : versionMismatch(record, now);
    if (mismatch !== undefined) throw mismatch;
  };
  for (const heard = new Set<string>(); ; ) {
    const opened = await host.claim(runId, { accept });
    if (opened.type === 'claimed') {
      const changes = goesOn ? new Map<string, string>() : findChanges(opened.record.definition, now);
      const held = { host, stepRunner: opened.stepRunner, record: opened.record, options, changes };
      return conduct<Output>(blueprint, { ...held, ports: deduplicate(ports, { heard, has: 'replayed' }) });
    }
    const outcome = await awaitEnd(opened, { host, ports, blueprint, heard });
    if (outcome === undefined) continue;
    // Its worker may have ended before it could report that the conversation is without the run.
    const { conversation } = options;
    return giveOutcome<Output>(blueprint, await saveConversation(opened.record, { conversation, outcome }));
  }
}

interface EndingScope {
  readonly host: Host;
  readonly ports: RunPorts;
  readonly blueprint: Blueprint;
  readonly heard: Set<string>;
}

/** `undefined`: its worker is gone. */
async function awaitEnd(
  opened: Exclude<ClaimResult, { type: 'claimed' }>,
  { host, ports, blueprint, heard }: EndingScope,
): Promise<Outcome<unknown> | undefined> {
  const { clock } = blueprint;
  const { record } = opened;
  const outcome =
    opened.type === 'finished'
      ? opened.outcome
      : await attach(record.runId, { host, clock, ports: deduplicate(ports, { heard, has: 'every' }) });
  if (outcome === undefined) return undefined;
  const times = { at: clock.now(), activeMs: outcome.durationMs };
  ports.tellAt('').fact({ type: 'run.finished', outcome, ...times }, { replayed: opened.type === 'finished' });
  return outcome;
}

interface Deduplication {
  readonly heard: Set<string>;
  /** Which events may have come before: those of an earlier attempt, or every one while it follows another worker. */
  readonly has: 'replayed' | 'every';
}

/** Emits each journal event once, also where the same run is followed here, read from its journal, and then taken over. */
function deduplicate(ports: RunPorts, { heard, has }: Deduplication): RunPorts {
  return {
    ...ports,
    tellAt: (path) => {
      const teller = ports.tellAt(path);
      return {
        ...teller,
        fact(fact, how) {
          if (!how.replayed && has === 'replayed') return teller.fact(fact, how);
          const { at: _, activeMs: __, ...known } = fact;
          const key = `${path} ${JSON.stringify(known)}`;
          if (heard.has(key)) return;
          heard.add(key);
          teller.fact(fact, how);
        },
      };
    },
  };
}

function checkAgent({ runId, agent }: RunRecord, name: string): void {
  if (agent === name) return;
  throw new HostError(`Run "${runId}" is one of agent "${agent}", not of "${name}". Resume it with that agent.`, {
    code: 'run.agent',
  });
}

/** What was said is the end of what the run began with: a conversation may have come before it. */
function checkSame({ runId, messages: known }: RunRecord, said: readonly Message[]): void {
  const before = known.slice(0, Math.max(0, known.length - said.length));
  if (stringifyCanonical(known) === stringifyCanonical(History.from([...before, ...said]).messages)) return;
  throw new HostError(
    `Run "${runId}" exists already, and was given another input. Pass another runId, or use agent.resume.`,
    { code: 'run.conflict' },
  );
}

interface Attachment {
  readonly host: Host;
  readonly clock: Clock;
  readonly ports: RunPorts;
}

/**
 * Follows a run that is at work elsewhere, and gives its outcome. An abort here cancels it there. `undefined`: the worker is gone.
 *
 * Within the process the follower gets live events too, from what is under way on. From another process it gets the journal.
 */
async function attach(runId: string, attachment: Attachment): Promise<Outcome<unknown> | undefined> {
  const { host, ports } = attachment;
  const cancelling = cancelOnAbort(runId, { host, cancellation: ports.cancellation });
  try {
    return await Promise.race([followElsewhere(runId, attachment), cancelling.failure]);
  } finally {
    cancelling.end();
  }
}

async function followElsewhere(runId: string, attachment: Attachment): Promise<Outcome<unknown> | undefined> {
  const { host, clock, ports } = attachment;
  await followHere(runId, attachment);
  let replayed = true;
  for await (const { status, events: facts, outcome } of pollRun(host, runId, { clock })) {
    for (const { path, event: fact } of facts) ports.tellAt(path).fact(fact, { replayed });
    replayed = false; // What comes from now on happens while this run follows.
    if (status === 'interrupted') return undefined;
    if (status !== 'running' && status !== 'queued') return outcome;
    await followHere(runId, attachment); // A worker of this process may have begun with it meanwhile.
  }
  return undefined;
}

/** Until the run is over in this process; at once where it is not at work here. */
async function followHere(runId: string, { host, ports }: Attachment): Promise<void> {
  const run = findLiveRun(host, runId);
  if (run === undefined) return;
  await new Promise<void>((resolve) => {
    run.follow({ isHeard: ports.isHeard, onEvent: (event) => emitFollowed(event, ports), onEnd: resolve });
  });
}

function emitFollowed({ path, event, replayed }: FollowedEvent, ports: RunPorts): Promise<void> | undefined {
  // The outcome is emitted once the host has it.
  if (event.type === 'run.finished' && path === '') return undefined;
  if (!('activeMs' in event)) return ports.tellAt(path).notice(event);
  ports.tellAt(path).fact(event, { replayed });
  return undefined;
}

interface RemoteCancellation {
  /** Rejects where the host could not be told to cancel. Never resolves. */
  readonly failure: Promise<never>;
  readonly end: () => void;
}

function cancelOnAbort(
  runId: string,
  { host, cancellation }: { readonly host: Host; readonly cancellation: Cancellation },
): RemoteCancellation {
  const { promise: failure, reject } = Promise.withResolvers<never>();
  failure.catch(() => undefined); // It is part of a race, which may be over.
  const cancel = (): void => void host.cancel(runId, { reason: reasonText(cancellation.reason) }).catch(reject);
  return { failure, end: cancellation.onCancel(cancel) };
}
