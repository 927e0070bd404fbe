import { canonicalJson } from '../base/json.ts';
import { shortHash } from '../base/short-hash.ts';
import type { DefinitionRecord } from '../event/fact.ts';
import type { Tool } from '../tool/tool.ts';

/** What a run remembers of its agent: the version that it was given, and a hash of each tool's schema and effect. */
export function digestOf(tools: ReadonlyMap<string, Tool>, version: string | undefined): DefinitionRecord {
  const hashes = [...tools].map(([name, tool]): [string, string] => [name, tool.definitionHash ?? hashOf(tool)]);
  const known = { tools: Object.fromEntries(hashes) };
  return version === undefined ? known : { ...known, version };
}

function hashOf({ jsonSchema, effect }: Tool): string {
  return shortHash(canonicalJson([jsonSchema, effect]));
}

/** What became of the tools since, by their names. */
export function changesSince(before: DefinitionRecord | undefined, now: DefinitionRecord): ReadonlyMap<string, string> {
  const changes = Object.entries(before?.tools ?? {}).flatMap(
    ([name, hash]): readonly (readonly [string, string])[] => {
      const current = now.tools[name];
      if (current === hash) return [];
      return [[name, current === undefined ? 'it is gone' : 'its schema or its effect is another']];
    },
  );
  return new Map(changes);
}

/** In words, for whoever wonders why a run is refused. */
export function firstDifference(before: DefinitionRecord, now: DefinitionRecord): string {
  for (const [name, change] of changesSince(before, now)) return `tool "${name}": ${change}`;
  const added = Object.keys(now.tools).find((name) => before.tools[name] === undefined);
  return added === undefined ? 'the tools are the same' : `tool "${added}": it is new`;
}
