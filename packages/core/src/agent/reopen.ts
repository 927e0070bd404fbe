import { DurableError } from '../base/errors.ts';
import { canonicalJson } from '../base/json.ts';
import { History } from '../chat/history.ts';
import type { Message } from '../chat/message.ts';
import type { Outcome } from '../event/outcome.ts';
import type { DurableHost, OpenedRun, RunRecord } from '../host/host.ts';
import type { ResumeOptions, RunOptions } from './agent-options.ts';
import { attach } from './attach.ts';
import type { Blueprint } from './blueprint.ts';
import { checkConversation } from './check-conversation.ts';
import { type Contextual, conduct, told } from './conduct.ts';
import { changesSince } from './digest.ts';
import { endIn } from './end-in.ts';
import type { RunPorts } from './run.ts';
import { versionMismatch } from './version-mismatch.ts';

export interface Reopening {
  readonly host: DurableHost;
  readonly options: (RunOptions | ResumeOptions) & Contextual;
  readonly ports: RunPorts;
  /** The input, where it has to be the same run as one that was about to start. */
  readonly said?: readonly Message[];
}

/** Goes on with a run that the host has: as its worker, as one who looks on, or with the outcome that it had. */
export async function reopen<Output>(
  blueprint: Blueprint,
  runId: string,
  { host, options, ports, said }: Reopening,
): Promise<Outcome<Output>> {
  const now = blueprint.digest();
  const goesOn = 'onVersionMismatch' in options && options.onVersionMismatch === 'go-on';
  const accept = (record: RunRecord): void => {
    checkAgent(record, blueprint.definition.name);
    checkConversation(record, options.conversation);
    if (said !== undefined) checkSame(record, said);
    const mismatch = goesOn ? undefined : versionMismatch(record, now);
    if (mismatch !== undefined) throw mismatch;
  };
  for (const heard = new Set<string>(); ; ) {
    const opened = await host.open(runId, { accept });
    if (opened.type === 'held') {
      const changes = goesOn ? new Map<string, string>() : changesSince(opened.record.definition, now);
      const held = { host, durable: opened.durable, record: opened.record, options, changes };
      return conduct<Output>(blueprint, { ...held, ports: unheard(ports, { heard, has: 'replayed' }) });
    }
    const outcome = await ended(opened, { host, ports, blueprint, heard });
    if (outcome === undefined) continue;
    // Who worked on it may be gone before it could say that the conversation is without it.
    const { conversation } = options;
    return told<Output>(blueprint, await endIn(opened.record, { conversation, outcome }));
  }
}

interface Looking {
  readonly host: DurableHost;
  readonly ports: RunPorts;
  readonly blueprint: Blueprint;
  readonly heard: Set<string>;
}

/** `undefined`: whoever worked on it is gone. */
async function ended(
  opened: Exclude<OpenedRun, { type: 'held' }>,
  { host, ports, blueprint, heard }: Looking,
): Promise<Outcome<unknown> | undefined> {
  const { clock } = blueprint;
  const { record } = opened;
  const outcome =
    opened.type === 'ended'
      ? opened.outcome
      : await attach(record.runId, { host, clock, ports: unheard(ports, { heard, has: 'every' }) });
  if (outcome === undefined) return undefined;
  const times = { at: clock.now(), activeMs: outcome.durationMs };
  ports.tellAt('').fact({ type: 'run.finished', outcome, ...times }, { replayed: opened.type === 'ended' });
  return outcome;
}

interface Hearing {
  readonly heard: Set<string>;
  /** Which events may have come before: those of an earlier attempt, or every one while it follows another worker. */
  readonly has: 'replayed' | 'every';
}

/** Emits each journal event once, also where the same run is followed here, read from its journal, and then taken over. */
function unheard(ports: RunPorts, { heard, has }: Hearing): RunPorts {
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
  throw new DurableError(`Run "${runId}" is one of agent "${agent}", not of "${name}". Resume it with that agent.`, {
    code: 'run.agent',
  });
}

/** What was said is the end of what the run began with: a conversation may have come before it. */
function checkSame({ runId, messages: known }: RunRecord, said: readonly Message[]): void {
  const before = known.slice(0, Math.max(0, known.length - said.length));
  if (canonicalJson(known) === canonicalJson(History.from([...before, ...said]).messages)) return;
  throw new DurableError(
    `Run "${runId}" exists already, and was given another input. Pass another runId, or use agent.resume.`,
    { code: 'run.conflict' },
  );
}
