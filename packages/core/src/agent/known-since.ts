import type { RunStarted } from '../event/fact.ts';
import type { Scope } from '../perform/scope.ts';
import type { Blueprint } from './blueprint.ts';
import { changesSince } from './digest.ts';
import { versionMismatch } from './version-mismatch.ts';

export interface Since {
  readonly blueprint: Blueprint;
  readonly scope: Pick<Scope, 'runId' | 'onVersionMismatch' | 'mismatch'>;
}

/** What became of the agent since it began. One that has finished is only read again, whatever became of it. */
export function knownSince(
  { agent, definition }: Pick<RunStarted, 'agent' | 'definition'>,
  { blueprint, scope }: Since,
): Pick<Scope, 'changes' | 'mismatch'> {
  const { runId, onVersionMismatch, mismatch } = scope;
  if (onVersionMismatch === 'go-on') return { changes: new Map(), mismatch };
  const now = blueprint.digest();
  return {
    changes: changesSince(definition, now),
    mismatch: mismatch ?? versionMismatch({ runId, agent, ...(definition && { definition }) }, now),
  };
}
