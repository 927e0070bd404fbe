import { DurableError } from '../base/errors.ts';
import type { DefinitionRecord } from '../event/fact.ts';
import type { RunRecord } from '../host/host.ts';
import { firstDifference } from './digest.ts';

/** Why a run that another version of the agent began does not go on with this one: `run.version`. */
export function versionMismatch(
  { runId, agent, definition }: Pick<RunRecord, 'runId' | 'agent' | 'definition'>,
  now: DefinitionRecord,
): DurableError | undefined {
  if (definition === undefined || definition.version === now.version) return undefined;
  const shown = (version: string | undefined): string => (version === undefined ? 'none' : `"${version}"`);
  return new DurableError(
    `Run "${runId}" was begun by version ${shown(definition.version)} of agent "${agent}", and this is ${shown(now.version)}; first difference: ${firstDifference(definition, now)}. Resume it with that version, or pass onVersionMismatch: "go-on".`,
    { code: 'run.version' },
  );
}
