import { DurableError } from '../base/errors.ts';
import { canonicalJson } from '../base/json.ts';
import { shortHash } from '../base/short-hash.ts';
import type { DefinitionRecord, RunStarted } from '../event/fact.ts';
import type { RunRecord } from '../host/host.ts';
import type { Scope } from '../perform/scope.ts';
import type { Tool } from '../tool/tool.ts';
import type { Blueprint } from './blueprint.ts';

/** What a run records of its agent: the version that it was given, and a hash of each tool's schema and effect. */
export function digestDefinition(tools: ReadonlyMap<string, Tool>, version: string | undefined): DefinitionRecord {
  const hashes = [...tools].map(([name, tool]): [string, string] => [name, tool.definitionHash ?? hashOf(tool)]);
  const known = { tools: Object.fromEntries(hashes) };
  return version === undefined ? known : { ...known, version };
}

function hashOf({ jsonSchema, effect }: Tool): string {
  return shortHash(canonicalJson([jsonSchema, effect]));
}

/** What became of the tools since, by their names. */
export function findChanges(before: DefinitionRecord | undefined, now: DefinitionRecord): ReadonlyMap<string, string> {
  const changes = Object.entries(before?.tools ?? {}).flatMap(
    ([name, hash]): readonly (readonly [string, string])[] => {
      const current = now.tools[name];
      if (current === hash) return [];
      return [[name, current === undefined ? 'it is gone' : 'its schema or its effect is another']];
    },
  );
  return new Map(changes);
}

/** In words, for the error that refuses a run. */
function describeDifference(before: DefinitionRecord, now: DefinitionRecord): string {
  for (const [name, change] of findChanges(before, now)) return `tool "${name}": ${change}`;
  const added = Object.keys(now.tools).find((name) => before.tools[name] === undefined);
  return added === undefined ? 'the tools are the same' : `tool "${added}": it is new`;
}

interface ComparisonScope {
  readonly blueprint: Blueprint;
  readonly scope: Pick<Scope, 'runId' | 'onVersionMismatch' | 'mismatch'>;
}

/** Compares the agent with what a run recorded of it. */
export function compareDefinition(
  { agent, definition }: Pick<RunStarted, 'agent' | 'definition'>,
  { blueprint, scope }: ComparisonScope,
): Pick<Scope, 'changes' | 'mismatch'> {
  const { runId, onVersionMismatch, mismatch } = scope;
  if (onVersionMismatch === 'go-on') return { changes: new Map(), mismatch };
  const now = blueprint.digest();
  return {
    changes: findChanges(definition, now),
    mismatch: mismatch ?? versionMismatch({ runId, agent, ...(definition && { definition }) }, now),
  };
}

/** Why a run that another version of the agent began does not go on with this one: `run.version`. */
export function versionMismatch(
  { runId, agent, definition }: Pick<RunRecord, 'runId' | 'agent' | 'definition'>,
  now: DefinitionRecord,
): DurableError | undefined {
  if (definition === undefined || definition.version === now.version) return undefined;
  const shown = (version: string | undefined): string => (version === undefined ? 'none' : `"${version}"`);
  return new DurableError(
    `Run "${runId}" was begun by version ${shown(definition.version)} of agent "${agent}", and this is ${shown(now.version)}; first difference: ${describeDifference(definition, now)}. Resume it with that version, or pass onVersionMismatch: "go-on".`,
    { code: 'run.version' },
  );
}
